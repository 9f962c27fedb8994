"""A machine that stops, however it stops, goes on from there: no approved form is lost, no total stays wrong.

Its own machine each time, since it is stopped; the small election and its officials as in the other journeys.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from realcount.local.machine import running_machine
from realcount.local.places import Places, checkout
from tests.journeys.conftest import Night, open_polls


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(checkout().root, tmp_path / "machine")


@pytest.fixture
def opened() -> Iterator[list[Night]]:
    nights: list[Night] = []
    yield nights
    for night in nights:
        night.sender.http.close()


def test_a_machine_that_stops_in_order_has_nothing_to_repair(places: Places, opened: list[Night]) -> None:
    with running_machine(places) as machine:
        assert not machine.resumed
        opened.append(night := open_polls(machine))
        night.decide("S1", night.file("S1", {"01": 150, "02": 120}))
        machine.drain()
        pages = {region: night.get(f"/v1/elections/e19/contests/ppwp/regions/{region}") for region in ("N", "P1", "V1")}
        assert pages["N"].json()["votes"] == {"01": 150, "02": 120}
    with running_machine(places) as machine:
        assert (machine.resumed, machine.repaired) == (True, 0)
        night = Night(machine.base_url, night.submitter, night.approver)
        opened.append(night)
        for region, page in pages.items():
            again = night.get(f"/v1/elections/e19/contests/ppwp/regions/{region}")
            assert (again.content, again.headers["etag"]) == (page.content, page.headers["etag"])
        night.decide("S2", night.file("S2", {"01": 1, "02": 2}))
        machine.drain()
        assert night.region()["votes"] == {"01": 151, "02": 122}


STARTER = """
import sys
import time
from pathlib import Path
from realcount.local.machine import running_machine
from realcount.local.places import Places
from tests.journeys.conftest import open_polls
with running_machine(Places(Path(sys.argv[1]), Path(sys.argv[2]))) as machine:
    night = open_polls(machine)
    night.decide("S1", night.file("S1", {"01": 150, "02": 120}))
    night.file("S2", {"01": 7, "02": 8})
    print(machine.engine.process.pid, flush=True)
    sys.stdin.read()
"""


def test_a_machine_that_is_killed_before_its_triggers_were_delivered_finds_what_they_left(
    places: Places, opened: list[Night]
) -> None:
    """The form of S1 was approved a moment ago; the windows of the streams are still open. Then everything ends."""
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, places.root, places.data],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=places.root,
    ) as starter:
        assert starter.stdout is not None
        engine = int(starter.stdout.readline())
        os.kill(starter.pid, signal.SIGKILL)
    _await_end(engine)
    with running_machine(places) as machine:
        assert machine.resumed
        assert machine.repaired > 0
        opened.append(night := open_polls(machine))
        assert night.region()["stations"]["received"] == 2
        assert night.station("S1")["versions"][0]["state"] == "approved"
        machine.drain()
        assert night.station("S1")["versions"][0]["sealed"] is not None, "the sealer was told again"
        assert night.region()["votes"] == {"01": 150, "02": 120}


def _await_end(process: int) -> None:
    """The engine notices that its starter is gone, and saves its state."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the engine outlived its starter")
