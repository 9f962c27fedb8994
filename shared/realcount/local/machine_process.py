"""A machine in a process of its own, on an engine of somebody else's: it can be killed while the stores live on.

That is what an outage of the API, the functions and the triggers is, and what AWS does to any of them at any time. It is
started with one JSON line of settings, says with one line where it listens, and ends when its starter's end of the pipe
closes: in order, unless it is killed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from realcount.domain.errors import RealcountError
from realcount.local.engine import Engine, attached
from realcount.local.machine import running_machine
from realcount.local.places import LocalError, Places

STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the process is told. `engine` and `dynamodb` are the engine's ports; the rest is as in `running_machine`."""

    root: str
    data: str
    engine: int
    dynamodb: int | None
    port: int = 0
    concurrency: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class MachineProcess:
    """A machine that runs elsewhere. `stop` or `kill` it, or it stops with this process."""

    base_url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """Let it answer what it was asked, and wait for its end. Raises `LocalError` if it had to be killed."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise LocalError(f"the machine did not stop within {STOP_SECONDS:.0f} s and was killed") from None
        self._close()

    def kill(self) -> None:
        """End it at once, in the middle of whatever it is at. Its functions end with it."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def start_machine(
    places: Places,
    engine: Engine,
    *,
    port: int = 0,
    concurrency: Mapping[str, int] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> MachineProcess:
    """Start a machine on this engine and wait until it answers. Raises `LocalError` with its reason if it does not."""
    settings = Settings(
        str(places.root),
        str(places.data),
        engine.port,
        engine.dynamodb_port,
        port,
        dict(concurrency or {}),
        dict(parameters or {}),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "realcount.local.machine_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches us alone; it stops when we close the pipe.
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(asdict(settings)) + "\n")
    process.stdin.flush()
    said = json.loads(process.stdout.readline() or '{"error": "it ended without a word"}')
    machine = MachineProcess(said.get("base_url", ""), process)
    if "error" in said:
        machine.kill()
        raise LocalError(f"the machine did not start: {said['error']}")
    return machine


def main() -> None:
    """Run the machine of the settings on standard input until that ends."""
    settings = Settings(**json.loads(sys.stdin.readline()))
    try:
        with running_machine(
            Places(Path(settings.root), Path(settings.data)),
            port=settings.port,
            attached=attached(settings.engine, settings.dynamodb),
            concurrency=settings.concurrency,
            parameters=settings.parameters,
        ) as machine:
            _say({"base_url": machine.base_url})
            sys.stdin.read()
    except RealcountError as error:
        _say({"error": str(error)})


def _say(what: Mapping[str, str]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
