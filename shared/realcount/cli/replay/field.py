"""The officials of a replayed province, at work over HTTP: nothing here knows more than an official's own program would.

Each region directly below the province has a submitter and an approver with keys for that region alone. A form is asked
for, uploaded with its scan, watched until the system has settled it, and then approved by the second official.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from realcount.cli.replay.scans import picture
from realcount.cli.situng2019 import SourceStation
from realcount.cli.situng2019_election import CONTEST
from realcount.domain.errors import Unavailable
from realcount.domain.instants import to_instant
from realcount.domain.ledger import APPROVE
from realcount.domain.official import APPROVER, ROLES, SUBMITTER, OfficialKey
from realcount.officials.official import Official, form_hash, new_official
from realcount.officials.sending import Sender, SendError

LOOK_SECONDS = 0.4
"""How often an official asks what became of an upload."""

PATIENCE = 120.0
"""Seconds until an upload that is neither accepted nor rejected is taken for a fault."""

AT_ONCE = 8
"""Officials at work at the same time. More only wait for each other: two cores are busy with five."""


def appoint(regions: Sequence[str]) -> dict[tuple[str, str], Official]:
    """A submitter and an approver for each region, by (region, role). Their keys follow from their names: they protect
    nothing."""
    officials: dict[tuple[str, str], Official] = {}
    for region in regions:
        for role in ROLES:
            name = f"{role}:{region}"
            officials[region, role] = new_official(name, hashlib.sha256(f"replay {name}".encode()).digest())
    return officials


def key_records(officials: dict[tuple[str, str], Official]) -> Iterator[OfficialKey]:
    """What the registry has to know of them: each is another person."""
    for (region, role), official in officials.items():
        yield official.key(
            holder=f"person-{official.key_id}",
            election=CONTEST.election,
            role=role,
            regions=(region,),
            valid_from="2019-04-01T00:00:00.000Z",
            valid_until="2119-04-01T00:00:00.000Z",
        )


@dataclass(slots=True)
class Field:
    """`region_of` names the region of a village whose officials speak for it."""

    sender: Sender
    officials: dict[tuple[str, str], Official]
    region_of: Callable[[str], str]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(
        self, stations: Sequence[SourceStation], due: Callable[[SourceStation], float], filed: Callable[[], None]
    ) -> None:
        """File the forms of these stations in this order; `filed` is told of each that is approved.

        `due` is the time (of `time.monotonic`) before which a form is not begun. Raises `Unavailable` at the first form
        that does not get through; forms under way are finished, the others are not begun.
        """
        places = threading.BoundedSemaphore(AT_ONCE)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="official") as pool:
            work: list[Future[None]] = []
            try:
                for station in stations:
                    while not self.stopping.is_set() and (early := due(station) - time.monotonic()) > 0:
                        self.stopping.wait(early)
                    places.acquire()
                    if self.stopping.is_set():
                        break
                    task = pool.submit(self._file, station, filed)
                    task.add_done_callback(lambda task: self._done(task, places))
                    work.append(task)
            except BaseException:  # A fault, or Ctrl-C: nobody begins anything more.
                self.stopping.set()
                raise
        for task in work:
            task.result()

    def _done(self, task: Future[None], places: threading.BoundedSemaphore) -> None:
        if task.cancelled() or task.exception() is not None:
            self.stopping.set()
        places.release()

    def _file(self, station: SourceStation, filed: Callable[[], None]) -> None:
        region = self.region_of(station.village)
        try:
            form = self._submit(station, self.officials[region, SUBMITTER])
            self._approve(station, form, self.officials[region, APPROVER])
        except (SendError, httpx.TransportError) as error:
            raise Unavailable(f"the form of station {station.id} did not get through: {error}") from error
        filed()

    def _submit(self, station: SourceStation, official: Official) -> bytes:
        paper = station.form
        assert paper is not None, "stations without a form never arrive"
        figures = {"voters.total": paper.voters, "valid": paper.valid, "invalid": paper.invalid}
        votes = {"21": paper.votes_21, "22": paper.votes_22}
        scans = [picture(station.id, {**votes, **figures})]
        form = official.form(CONTEST, station.id, figures=figures, votes=votes, scans=scans, now=_now(), nonce=_nonce())
        request = official.upload_request(CONTEST, station.id, form=form, scans=scans, now=_now(), nonce=_nonce())
        outcome = self._settled(self.sender.submit(request, form, scans))
        if outcome["state"] != "accepted":
            raise Unavailable(f"the form of station {station.id} was {outcome['state']}: {outcome['refusals']}")
        return form

    def _settled(self, upload: str) -> dict[str, Any]:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            outcome = self.sender.upload(upload)
            if outcome["state"] != "granted":
                return outcome
            time.sleep(LOOK_SECONDS)
        raise Unavailable(f"upload {upload} was not settled within {PATIENCE:.0f} s")

    def _approve(self, station: SourceStation, form: bytes, official: Official) -> None:
        review = official.review(
            CONTEST, station.id, version=1, form_hash=form_hash(form), decision=APPROVE, now=_now(), nonce=_nonce()
        )
        self.sender.review(review)


def _now() -> str:
    return to_instant(datetime.now(UTC))


def _nonce() -> str:
    return uuid.uuid4().hex
