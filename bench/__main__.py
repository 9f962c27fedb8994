"""`python -m bench [starts|nation …]`: run the measurements and keep them in bench/results/."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import nation, starts

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("bench", nargs="*", help="starts, nation; all of them if none is named")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/situng2019"), help="the files of 2019")
    parser.add_argument("--share", type=float, nargs="+", default=nation.SHARES, help="shares of the nation's forms")
    arguments = parser.parse_args()
    named = arguments.bench or ["starts", "nation"]
    if unknown := set(named) - {"starts", "nation"}:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    if "nation" in named and not arguments.data.is_dir():
        sys.exit(f"there is no folder {arguments.data}: give the files of 2019 with --data")
    if "starts" in named:
        rows = starts.run()
        keep("starts", rows, starts.table(rows))
    if "nation" in named:
        rows = nation.run(arguments.data, tuple(arguments.share))
        keep("nation", rows, nation.table(rows))


def keep(name: str, rows: list[dict[str, object]], table: str) -> None:
    """Write the result with the machine it was measured on, and show it."""
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }
    RESULTS.mkdir(exist_ok=True)
    result = {"bench": name, "day": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine, "rows": rows}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{table}\n\nkept in {RESULTS / name}.json\n")


if __name__ == "__main__":
    main()
