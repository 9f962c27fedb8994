"""How the nation's count grows: writes per form, live and in a backlog; a tenth, a third and all forms replayed.

Two parts. *Writes* puts the tree of 2019 under the real `count_form` and `roll_up`, with streams that hand over batches as
Lambda would. *Growth* replays the forms themselves, from the grant to the page, and compares every region with 2019's.
"""

from __future__ import annotations

import argparse
import gc

from bench.nation import cascade, growth
from bench.nation.tree import Tree
from bench.options import Options
from bench.records import kept
from realcount.domain.errors import NotFound

NEEDS = "the files of 2019 (--data)"

RATES = ((226, 300), (1_000, 120))
"""Forms a second, for so many seconds: all forms of one contest within an hour, and four times that."""

SHARES = (0.1, 0.3, 1.0)
MOST_LIVE, MOST_IN_BACKLOG = 4.5, 2.7
"""Rows written per change of a station."""

LEVEL = 1.25
"""The most that the last third may cost by the second, per row: processor time on a machine that is never idle."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--part",
        choices=("writes", "growth"),
        help="nation: only this part; the other's figures stay as they were kept",
    )


def run(options: Options) -> dict[str, object]:
    """Raises `SystemExit` if the files are absent, or if any number of any run is wrong."""
    part = options.given.get("part")
    result = dict(kept("nation", options.out) or {}) if part else {}
    try:
        if part != "growth":
            result["writes"] = _writes(options)
        if part != "writes":
            result["rows"] = growth.grow(options.data, (0.01,) if options.quick else SHARES)
    except NotFound as absent:
        raise SystemExit(f"{absent} (--data)") from None
    return result


def table(result: dict[str, list[dict[str, object]]]) -> str:
    parts = ((result.get("writes"), cascade.table), (result.get("rows"), growth.table))
    return "\n\n".join(shown(rows) for rows, shown in parts if rows)


def passed(result: dict[str, list[dict[str, object]]]) -> bool:
    """Whether a change of a station costs no more rows than promised, and not more the more has been counted."""
    # Rows come out of JSON, so nothing is known of what a column holds; the two silenced checks are about that alone.
    most = {"live": MOST_LIVE, "backlog": MOST_IN_BACKLOG}
    cheap = all(row["per_change"] <= most[str(row["kind"])] for row in result.get("writes", ()))  # type: ignore[operator]
    return cheap and all(row.get("growth", 1.0) <= LEVEL for row in result.get("writes", ()))  # type: ignore[operator]


def _writes(options: Options) -> list[dict[str, object]]:
    tree, sizes = Tree(options.data), cascade.batch_sizes()
    forms = len(tree.stations) // (20 if options.quick else 1)
    rates = [(rate, seconds // 10 if options.quick else seconds) for rate, seconds in RATES]
    gc.disable()  # Millions of objects live until the end, and none of them is garbage in a circle.
    try:
        rows = [cascade.live(tree, sizes, rate, seconds) for rate, seconds in rates]
        return rows + [cascade.backlog(tree, sizes, forms, function) for function in ("count_form", "roll_up")]
    finally:
        gc.enable()
