"""`realcount verify` on the log that was sealed: as a process of its own, as anybody would run it."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from realcount.domain.log.notes import read_key
from realcount.verify.findings import Findings
from realcount.verify.proof import check_proof


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check took: wall clock, processor time of all its processes, peak of the largest of them."""

    state: Path
    seconds: float
    cpu_seconds: float
    peak_mib: int

    def document(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if name != "state"}


def check_log(folder: Path, key: str, state: Path | None = None) -> Checked:
    """Raises `SystemExit` if anything is found, or could not be read."""
    state = state or folder.parent / "state"
    command = [str(Path(sys.executable).parent / "realcount"), "verify", "log", str(folder), "--key", key]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--state", str(state), "--json"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the log does not hold: {said.decode()[:2_000]}")
    return Checked(
        state, round(time.monotonic() - began, 1), round(used.ru_utime + used.ru_stime, 1), round(used.ru_maxrss / 1024)
    )


def check_proofs(key: str, stations: Sequence[str], made: Callable[[str], bytes]) -> dict[str, object]:
    """Make and check the proof of each station. Raises `SystemExit` if one does not hold."""
    log_key, findings = read_key(key), Findings()
    sizes, took = [], []
    for station in stations:
        began = time.perf_counter()
        data = made(station)
        if check_proof(data, log_key, findings, station) is None or findings:
            raise SystemExit(f"the proof of {station} does not hold: {[str(one) for one in findings.kept()]}")
        took.append((time.perf_counter() - began) * 1000)
        sizes.append(len(data))
    return {
        "stations": len(stations),
        "median": round(statistics.median(sizes)),
        "largest": max(sizes),
        "median_ms": round(statistics.median(took), 1),
        "slowest_ms": round(max(took), 1),
    }
