"""A whole machine on which forms travel: real HTTP, real files, real functions in processes of their own.

One machine serves the journeys of a run; each story has a station to itself. Stories that tell of stations once more
(`test_reading`) have a machine of their own.
"""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from PIL import Image

from realcount.domain.election import Shape
from realcount.domain.instants import to_instant
from realcount.domain.ledger import APPROVE
from realcount.domain.official import APPROVER, P256, SUBMITTER
from realcount.local.described import describe
from realcount.local.machine import Machine, running_machine
from realcount.local.places import Places, checkout
from realcount.officials.official import Official, Scan, form_hash, new_official
from realcount.officials.sending import Sender
from realcount.rendering.paths import corrections_path, region_path, station_path
from realcount.usecases.load_election import load_election
from tests.small_election import BEFORE, ELECTION, PPWP, election, paper, units

PATIENCE = 60.0
"""Seconds that anything may take on a machine that others are using too. Usually it is a few."""


def now() -> str:
    return to_instant(datetime.now(UTC))


def nonce() -> str:
    return uuid.uuid4().hex


def photograph(text: str) -> Scan:
    """A small picture that is a picture. No two texts give the same bytes."""
    held = io.BytesIO()
    Image.frombytes("L", (len(text.encode()), 1), text.encode()).resize((64, 64)).save(held, "PNG")
    return Scan(held.getvalue(), "image/png")


def until(condition: Callable[[], Any], what: str) -> Any:
    """What the condition gives once it gives something. Fails with `what` when patience is over."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"after {PATIENCE:.0f} s still not: {what}")


@dataclass
class Night:
    """What officials and the public do to a machine at `base_url`."""

    base_url: str
    submitter: Official
    approver: Official
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = Sender(self.base_url, httpx.Client(timeout=30.0))

    def form(self, station: str, votes: Mapping[str, int], **changes: Any) -> bytes:
        figures = paper(votes.get("01", 0), votes.get("02", 0), 5) if votes else {}
        settings: dict[str, Any] = {"figures": figures, "scans": [photograph(station)], **changes}
        return self.submitter.form(PPWP, station, votes=votes, now=now(), nonce=nonce(), **settings)

    def send(self, station: str, form: bytes, scans: list[Scan]) -> dict[str, Any]:
        """Upload and wait for the answer: what the upload came to."""
        request = self.submitter.upload_request(PPWP, station, form=form, scans=scans, now=now(), nonce=nonce())
        upload = self.sender.submit(request, form, scans)

        def settled() -> dict[str, Any] | None:
            outcome = self.sender.upload(upload)
            return outcome if outcome["state"] != "granted" else None

        outcome: dict[str, Any] = until(settled, f"the upload of station {station} is settled")
        return outcome

    def file(self, station: str, votes: Mapping[str, int], **changes: Any) -> bytes:
        """Send a form that must be accepted; returns it."""
        form = self.form(station, votes, **changes)
        outcome = self.send(station, form, changes.get("scans", [photograph(station)]))
        assert outcome["state"] == "accepted", outcome
        assert outcome["form"] == form_hash(form)
        return form

    def decide(
        self, station: str, form: bytes, version: int = 1, decision: str = APPROVE, reason: str | None = None
    ) -> None:
        review = self.approver.review(
            PPWP, station, version=version, form_hash=form_hash(form), decision=decision, reason=reason, now=now(), nonce=nonce()
        )  # fmt: skip
        self.sender.review(review)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.sender.http.get(self.base_url + path, headers=headers)

    def page(self, path: str) -> dict[str, Any]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def region(self, region: str = "N") -> dict[str, Any]:
        return self.page(region_path(PPWP, region))

    def station(self, station: str) -> dict[str, Any]:
        return self.page(station_path(PPWP, station))

    def corrections(self, region: str, station: str) -> list[dict[str, Any]]:
        """Those of one station in a region's list, newest first."""
        lines = self.page(corrections_path(region_path(PPWP, region)))["corrections"]
        return [one for one in lines if one["station"]["id"] == station]

    def until_nation_is(self, station_in: str, votes: Mapping[str, int]) -> dict[str, Any]:
        """Wait until the nation's page, by way of the station's village, gives the station these votes and adds up."""

        def moved() -> dict[str, Any] | None:
            page = self.station(station_in)
            return page if page["votes"] == votes else None

        until(moved, f"the page of station {station_in} says {votes}")
        return until(self._nation_agrees, "the nation's page is the sum of the stations' pages")

    def _nation_agrees(self) -> dict[str, Any] | None:
        nation = self.region()
        stations = [self.station(unit) for unit in ("S1", "S2", "S3", "S4", "S5", "S6")]
        total = {option: sum(station["votes"][option] for station in stations) for option in ("01", "02")}
        return nation if nation["votes"] == total else None


def appoint(machine_keys: Any) -> tuple[Official, Official]:
    """A submitter and an approver for the whole of the small election, registered."""
    submitter = new_official("journey-submitter", b"s" * 32)
    approver = new_official("journey-approver", b"a" * 32, P256)
    for official, holder, role in ((submitter, "person-1", SUBMITTER), (approver, "person-2", APPROVER)):
        machine_keys.register(
            official.key(
                holder=holder, election=ELECTION, role=role, regions=("N",), valid_from=BEFORE, valid_until="2124-01-01T00:00:00.000Z"
            )
        )  # fmt: skip
    return submitter, approver


def open_polls(machine: Machine, *shapes: Shape) -> Night:
    """Load the small election, which claims these shapes, and appoint its officials. A machine that has them already goes on
    with them."""
    stores = machine.stores
    load_election(
        replace(election(), shapes=shapes),
        units(),
        elections=stores.elections,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
        log=stores.logs.of(ELECTION),
    )
    describe(machine.places, copies=stores.copies, pages=stores.pages)
    return Night(machine.base_url, *appoint(machine.stores.keys))


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with running_machine(Places(checkout().root, tmp_path_factory.mktemp("machine"))) as running:
        yield running


@pytest.fixture(scope="session")
def night(machine: Machine) -> Iterator[Night]:
    opened = open_polls(machine)
    yield opened
    opened.sender.http.close()
