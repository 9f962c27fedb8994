"""Varnish's programs: where they are, and running them so that they end when we do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from realcount.local.places import LocalError

TETHER = Path(__file__).parents[1] / "tether.py"
STOP_SECONDS = 5.0


def program(name: str) -> str:
    """Where it is. Debian puts the server where an ordinary user's PATH does not lead. Raises `LocalError`."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    found = shutil.which(name, path=path)
    if found is None:
        raise LocalError(f"{name} is missing: the edge here is Varnish 7 (Debian: apt-get install varnish)")
    return found


def tethered(command: Sequence[str], output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start it, to be killed with the thread that starts it (`local.tether`) if it is not stopped before."""
    return subprocess.Popen(
        [sys.executable, "-I", str(TETHER), str(os.getpid()), *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in the terminal reaches us alone.
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
