"""What is kept of a run: the result as JSON, with the machine it was taken on, and its table in docs/performance.md.

The table stands in the document between two comments, `<!-- bench NAME -->` and `<!-- end -->`. Only what lies between
them is replaced, so nobody types a figure, and a test can hold the document to the results.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"


def machine(servers: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, object]:
    """The machine as it is now, and the versions of the servers named. A server that is absent is said to be."""
    described: dict[str, object] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average": round(os.getloadavg()[0], 2),
    }
    if servers:
        described["servers"] = {name: _version(command) for name, command in servers.items()}
    return described


def keep(
    name: str, result: Mapping[str, object], at: datetime, seconds: float, where: Mapping[str, object], out: Path
) -> Path:
    """Write one result file into `out`, whole or not at all, and return its path."""
    record = {
        "bench": name,
        "day": f"{at:%Y-%m-%d}",
        "seconds": round(seconds, 1),
        "machine": where,
        "result": result,
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.json"
    _replace(path, json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    return path


def kept(name: str, out: Path) -> dict[str, object] | None:
    """The result of another bench, if it has been run."""
    path = out / f"{name}.json"
    if not path.is_file():
        return None
    result: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))["result"]
    return result


def show(name: str, table: str, document: Path = DOCUMENT) -> bool:
    """Put the table between its two comments. False if the document has no place for this bench."""
    text = document.read_text(encoding="utf-8")
    changed, places = _place(name).subn(lambda found: f"{found[1]}\n\n{table.strip()}\n\n{found[3]}", text)
    if places and changed != text:
        _replace(document, changed)
    return bool(places)


def shown(name: str, document: Path = DOCUMENT) -> str | None:
    """What stands between the two comments, or None if the document has no place for this bench."""
    found = _place(name).search(document.read_text(encoding="utf-8"))
    return found[2].strip() if found else None


def _place(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- bench {re.escape(name)} -->)(.*?)(<!-- end -->)", re.DOTALL)


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _processor() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]} ({platform.machine()})" if names else platform.machine()


def _version(command: tuple[str, ...]) -> str:
    """The first line of what a command prints that holds a digit; most print their version on standard error."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "absent"
    lines = (done.stdout + done.stderr).splitlines()
    return next((line.strip() for line in lines if re.search(r"\d", line)), "unknown")
