"""`python -m bench [--data DIR] [--share 0.1 …]`: run the measurements and keep them in bench/results/."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import nation

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/situng2019"), help="the files of 2019")
    parser.add_argument("--share", type=float, nargs="+", default=nation.SHARES, help="shares of the nation's forms")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        sys.exit(f"there is no folder {arguments.data}: give the files of 2019 with --data")

    rows = nation.run(arguments.data, tuple(arguments.share))
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
    }
    RESULTS.mkdir(exist_ok=True)
    result = {"bench": "nation", "day": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine, "rows": rows}
    (RESULTS / "nation.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(nation.table(rows) + f"\n\nkept in {RESULTS / 'nation.json'}\n")


if __name__ == "__main__":
    main()
