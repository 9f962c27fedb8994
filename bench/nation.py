"""How the nation's replay grows: a tenth, a third and all of the forms of 2019 through the same use cases.

Reading and loading are the same every time; what must stay level is the time per form, and what must fall is the number
of writes per form, because more forms share a region's row in every window.
"""

from __future__ import annotations

import json
from pathlib import Path

from bench.options import Options
from realcount.cli.replay.nation import replay_nation
from realcount.cli.situng2019 import Situng2019

NEEDS = "the files of 2019 (--data)"
SHARES = (0.1, 0.3, 1.0)
QUICK = (0.01,)


def run(options: Options) -> dict[str, object]:
    """One row per share of the forms. Raises `SystemExit` if the files are absent or any region of any run is wrong."""
    if not options.data.is_dir():
        raise SystemExit(f"there is no folder {options.data}: give the files of 2019 with --data")
    return {"rows": grow(options.data, QUICK if options.quick else SHARES)}


def grow(data: Path, shares: tuple[float, ...]) -> list[dict[str, object]]:
    """The replay of each share."""
    total = Situng2019(data).regions()["0"].totals.approved
    rows = []
    for share in shares:
        limit = None if share == 1.0 else int(total * share)
        outcome = replay_nation(data, limit=limit, workers=2, on_stage=lambda text, done, of: None)
        if not outcome.good:
            raise SystemExit(f"{outcome.regions_wrong} regions are wrong at {share:.0%} of the forms")
        rows.append({"share": share, **json.loads(outcome.to_json()), "cpu_seconds": outcome.cpu_seconds})
    return rows


def table(result: dict[str, list[dict[str, object]]]) -> str:
    """The result for a person, as Markdown."""
    lines = [
        "| forms | forms/s | writes per form | seconds in all | processor seconds | peak MiB | regions equal |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['stations_in']:,} | {row['forms_per_second']} | {row['writes_per_form']} | {row['seconds']} "
        f"| {row['cpu_seconds']} | {row['peak_rss_mib']} | {row['regions_checked']:,} |"
        for row in result["rows"]
    ]
    return "\n".join(lines)
