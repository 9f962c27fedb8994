"""The machine that a bench drives: stores, machine and edge as processes of their own, each of which may be killed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from realcount.local.dynoxide import start_dynoxide
from realcount.local.engine import Engine, start_engine
from realcount.local.machine_process import MachineProcess, start_machine
from realcount.local.places import Places, checkout
from realcount.local.provision import provision
from realcount.local.stores import Stores, open_stores
from realcount.local.template import read_stack


@dataclass(slots=True)
class Stage:
    """`api` is where officials post. Stores and edge outlive the machine that stands between them."""

    engine: Engine
    stores: Stores
    machine: MachineProcess
    concurrency: Mapping[str, int]
    parameters: Mapping[str, str]
    _stores_at: Places
    _machine_at: Places

    @property
    def api(self) -> str:
        return self.machine.base_url

    def kill_dynamodb(self) -> None:
        assert self.engine.dynoxide is not None
        self.engine.dynoxide.kill()

    def start_dynamodb(self) -> None:
        self.engine.dynoxide = start_dynoxide(self._stores_at, self.engine.dynamodb_port or 0)

    def kill_machine(self) -> None:
        """API, functions and triggers at once."""
        self.machine.kill()

    def start_machine(self) -> None:
        port = int(self.api.rpartition(":")[2])
        self.machine = start_machine(
            self._machine_at, self.engine, port=port, concurrency=self.concurrency, parameters=self.parameters
        )


@contextmanager
def raised_stage(
    folder: Path, *, concurrency: Mapping[str, int] | None = None, parameters: Mapping[str, str] | None = None
) -> Iterator[Stage]:
    """Set it up in this folder, and take all of it down again. Raises `LocalError` if something it needs is absent."""
    root = checkout().root
    stores_at, machine_at = Places(root, folder / "stores"), Places(root, folder / "machine")
    with ExitStack() as parts:
        engine = start_engine(stores_at, dynamodb="dynoxide")
        parts.callback(engine.stop)
        stack = read_stack(machine_at.template, parameters)
        provision(engine, stack)
        machine = start_machine(machine_at, engine, concurrency=concurrency, parameters=parameters)
        stage = Stage(
            engine,
            open_stores(engine, stack),
            machine,
            concurrency or {},
            parameters or {},
            stores_at,
            machine_at,
        )
        parts.callback(lambda: stage.machine.stop())
        yield stage
