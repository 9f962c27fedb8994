"""How the replay grows: a tenth, a third and all of the forms of 2019 through the same use cases, in two processes.

Reading and loading are the same every time; what must stay level is the time per form, and what must fall is the number
of writes per form, because more forms share a region's row in every window.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from realcount.cli.replay.nation import replay_nation
from realcount.cli.situng2019 import Situng2019

Row = dict[str, object]


def grow(data: Path, shares: tuple[float, ...]) -> list[Row]:
    """One row for the replay of each share. Raises `SystemExit` if any region of any of them is wrong."""
    total = Situng2019(data).regions()["0"].totals.approved
    rows = []
    for share in shares:
        limit = None if share == 1.0 else int(total * share)
        outcome = replay_nation(data, limit=limit, workers=2, on_stage=lambda text, done, of: None)
        if not outcome.good:
            raise SystemExit(f"{outcome.regions_wrong} regions are wrong at {share:.0%} of the forms")
        rows.append({"share": share, **json.loads(outcome.to_json()), "cpu_seconds": outcome.cpu_seconds})
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows for a person, as Markdown."""
    lines = [
        "| forms | forms/s | writes per form | seconds in all | processor seconds | peak MiB | regions equal |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['stations_in']:,} | {row['forms_per_second']} | {row['writes_per_form']} | {row['seconds']} "
        f"| {row['cpu_seconds']} | {row['peak_rss_mib']} | {row['regions_checked']:,} |"
        for row in rows
    ]
    return "\n".join(lines)
