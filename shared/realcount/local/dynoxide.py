"""DynamoDB and its streams as a process of their own: dynoxide, over one file.

MiniStack has a DynamoDB too, which needs nothing more than Python; but it writes its state when it stops. What dynoxide
acknowledged is on disk, streams included, so it may be killed at any moment and started again: as AWS's may be out of
reach and come back. It checks no signatures; whoever is on this machine is trusted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from realcount.local.places import LOOPBACK, LocalError, Places, free_port

PROGRAM = Path("infra/tools/dynoxide/node_modules/@dynoxide/linux-x64/dynoxide")
START_SECONDS = 10.0
STOP_SECONDS = 10.0


@dataclass(slots=True)
class Dynoxide:
    """A running dynoxide. `stop` or `kill` it, or it ends with this process."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def stop(self) -> None:
        """Let it finish what it is at."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once. What it acknowledged is kept."""
        self.process.kill()
        self.process.wait()


def start_dynoxide(places: Places, port: int = 0) -> Dynoxide:
    """Start it over the file of this data directory and wait until it answers. Port 0 takes any free one.

    Raises `LocalError` with one line if it is not installed, the port is taken, or it does not come up.
    """
    program = places.root / PROGRAM
    if not program.exists():
        raise LocalError(
            "dynoxide is not installed: run `npm ci --prefix infra/tools/dynoxide` in the checkout (x86-64 Linux only)"
        )
    port = free_port(port, "another port")
    home = places.data / "engine"
    home.mkdir(parents=True, exist_ok=True)
    places.logs.mkdir(parents=True, exist_ok=True)
    log = places.logs / "dynoxide.log"
    serve = [str(program), "--host", LOOPBACK, "--port", str(port), "--db-path", str(home / "dynamodb.sqlite")]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", Path(__file__).with_name("tether.py"), str(os.getpid()), *serve],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal reaches us alone, and we stop it when the rest has stopped.
        )
    running = Dynoxide(port, process, log)
    try:
        _await_ready(running)
    except BaseException:  # Ctrl-C too: nobody else knows of the process yet.
        running.kill()
        raise
    return running


def _await_ready(running: Dynoxide) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if running.process.poll() is not None:
            raise LocalError(f"dynoxide ended while starting; see {running.log}")
        try:
            httpx.get(running.url, timeout=2.0)
            return
        except httpx.TransportError:
            time.sleep(0.02)  # Not listening yet.
    raise LocalError(f"dynoxide did not answer within {START_SECONDS:.0f} s; see {running.log}")
