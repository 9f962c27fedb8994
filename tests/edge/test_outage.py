"""The essential night: DynamoDB dies, then API, functions and triggers die, while people read and forms come in.

Nobody who reads a published page sees a failure, seen before or not, and no approved form is lost. `bench outage` is the
same at length and with a crowd.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from realcount.local.dynoxide import start_dynoxide
from realcount.local.edge.copies_origin import serving_copies
from realcount.local.edge.varnish import Edge, running_edge
from realcount.local.engine import Engine, start_engine
from realcount.local.machine_process import MachineProcess, start_machine
from realcount.local.places import Places, checkout
from realcount.local.provision import provision
from realcount.local.stores import open_stores
from realcount.local.template import read_stack
from realcount.rendering.paths import region_path, station_path
from realcount.usecases.load_election import load_election
from tests.journeys.conftest import Night, appoint, until
from tests.small_election import ELECTION, PPWP, election, units

pytestmark = pytest.mark.edge

NATION = region_path(PPWP, "N")


@dataclass
class Readers:
    """Two pages, read all the time; `failures` is what did not come back as a page."""

    base_url: str
    failures: list[str] = field(default_factory=list)
    reads: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Readers:
        self._thread = threading.Thread(target=self._run, name="readers")
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(base_url=self.base_url, timeout=10.0) as http:
            while not self._over.wait(0.05):
                for path in (NATION, region_path(PPWP, "V1")):
                    try:
                        status = http.get(path).status_code
                    except httpx.TransportError as error:
                        self.failures.append(f"{path}: {error!r}")
                    else:
                        self.reads += 1
                        if status != 200:
                            self.failures.append(f"{path}: {status}")


@dataclass
class System:
    """Stores and edge, which live through the test, and the machine between them, which does not."""

    stores: Places
    at: Places
    engine: Engine
    machine: MachineProcess
    edge: Edge

    def restart_machine(self) -> None:
        self.machine = start_machine(self.at, self.engine, port=int(self.machine.base_url.rpartition(":")[2]))

    def restart_dynamodb(self) -> None:
        self.engine.dynoxide = start_dynoxide(self.stores, self.engine.dynamodb_port or 0)

    def page(self, path: str) -> httpx.Response:
        """A page as the public gets it."""
        return httpx.get(self.edge.base_url + path, timeout=10.0)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    stores, at = Places(checkout().root, tmp_path / "stores"), Places(checkout().root, tmp_path / "machine")
    engine = start_engine(stores, dynamodb="dynoxide")
    try:
        stack = read_stack(at.template)
        provision(engine, stack)
        machine = start_machine(at, engine)
        with (
            serving_copies(engine, stack.environment()["BUCKET_PUBLISHED"]) as copies,
            running_edge(at, api=machine.base_url, copies=copies) as edge,
        ):
            running = System(stores, at, engine, machine, edge)
            try:
                yield running
            finally:
                running.machine.stop()
    finally:
        engine.stop()


def test_nobody_notices_and_nothing_is_lost(system: System) -> None:
    stack = read_stack(system.at.template)
    held = open_stores(system.engine, stack)
    load_election(
        election(),
        units(),
        elections=held.elections,
        editions=held.editions,
        copies=held.copies,
        pages=held.pages,
        log=held.logs.of(ELECTION),
    )
    night = Night(system.machine.base_url, *appoint(held.keys))

    def nation_is(first: int, second: int) -> None:
        votes = {"01": first, "02": second}
        until(lambda: system.page(NATION).json()["votes"] == votes, f"the nation at the edge says {votes}")

    with Readers(system.edge.base_url) as readers:
        night.decide("S1", night.file("S1", {"01": 150, "02": 120}))
        nation_is(150, 120)
        approved_before = night.file("S2", {"01": 1, "02": 2})

        assert system.engine.dynoxide is not None
        system.engine.dynoxide.kill()
        unseen = system.page(station_path(PPWP, "S5"))
        assert (unseen.status_code, unseen.json()["station"]["id"]) == (200, "S5")
        assert night.get("/v1/uploads/unknown").status_code == 503  # Officials notice, and send again later.
        system.restart_dynamodb()
        night.decide("S2", approved_before)

        system.machine.kill()
        unseen = system.page(station_path(PPWP, "S6"))
        assert (unseen.status_code, unseen.json()["station"]["id"]) == (200, "S6")
        with pytest.raises(httpx.ConnectError):
            httpx.get(system.machine.base_url)
        system.restart_machine()
        nation_is(151, 122)
        night.decide("S3", night.file("S3", {"01": 10, "02": 20}))
        nation_is(161, 142)
    assert readers.failures == []
    assert readers.reads > 100
    assert [len(night.station(station)["versions"]) for station in ("S1", "S2", "S3")] == [1, 1, 1]
    night.sender.http.close()
