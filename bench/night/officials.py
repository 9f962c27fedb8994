"""Officials who file forms at a steady rate all night long, and do not give up because something is down for a while.

Each form takes its whole way: grant, upload of scan and form, acceptance, the second official's approval. Whatever is
not answered, or answered with an error that may pass, is sent again as it was: the server makes it one. A form of which
nothing is heard is uploaded again too, as the event that would have it looked at may have died with its function.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from realcount.cli.replay.scans import picture
from realcount.cli.situng2019 import SourceStation
from realcount.cli.situng2019_election import CONTEST
from realcount.domain.instants import to_instant
from realcount.domain.ledger import APPROVE
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.officials.official import Official, form_hash
from realcount.officials.sending import Sender, SendError

AT_ONCE = 4
"""Officials at work at the same time."""

AGAIN_SECONDS = 1.0
LOOK_SECONDS = 0.5
UNHEARD_SECONDS = 8.0
"""How long an upload may stay without an answer before it is sent again."""

PATIENCE_SECONDS = 150.0
"""After that the form is given up, which is a failure of the machine."""

Answer = TypeVar("Answer")


class GivenUp(Exception):
    """A form did not get through however often it was sent."""


@dataclass(frozen=True, slots=True)
class Approval:
    """When (in seconds of `time.monotonic`) an approval was sent first, and when it was answered."""

    sent: float
    answered: float


@dataclass(slots=True)
class Officials:
    """`by_office` holds a submitter and an approver for each office; `office_of` a village's office."""

    base_url: str
    by_office: Mapping[tuple[str, str], Official]
    office_of: Callable[[str], str]
    approvals: list[Approval] = field(default_factory=list)
    filed: list[SourceStation] = field(default_factory=list)
    repeats: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: list[BaseException] = field(default_factory=list)
    _under_way: list[float] = field(default_factory=list)

    def begin(self, stations: Sequence[SourceStation], rate: float) -> threading.Thread:
        """File these stations' forms, `rate` a second, until they are used up or `stopping` is set."""
        thread = threading.Thread(target=self._run, args=(stations, rate), name="officials")
        thread.start()
        return thread

    def end(self, thread: threading.Thread) -> None:
        """Begin no more forms, bring to an end what has begun. Raises `GivenUp` if a form did not get through."""
        self.stopping.set()
        thread.join()
        if self._failed:
            raise GivenUp(f"{len(self._failed)} forms did not get through; the first: {self._failed[0]}")

    def sent_by(self, moment: float) -> int:
        """How many approvals had been sent by then, answered or not."""
        with self._lock:
            return sum(approval.sent <= moment for approval in self.approvals) + sum(
                sent <= moment for sent in self._under_way
            )

    def _run(self, stations: Sequence[SourceStation], rate: float) -> None:
        begun = time.monotonic()
        places = threading.BoundedSemaphore(AT_ONCE)
        with httpx.Client(timeout=15.0) as http, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="official") as pool:
            sender = Sender(self.base_url, http)
            for number, station in enumerate(stations):
                if self.stopping.wait(max(0.0, begun + number / rate - time.monotonic())):
                    break
                places.acquire()
                work = pool.submit(self._file, sender, station)
                work.add_done_callback(lambda done: self._done(done, places))

    def _done(self, work: Future[None], places: threading.BoundedSemaphore) -> None:
        places.release()
        if (error := work.exception()) is not None:
            self._failed.append(error)

    def _file(self, sender: Sender, station: SourceStation) -> None:
        office = self.office_of(station.village)
        submitter, approver = self.by_office[office, SUBMITTER], self.by_office[office, APPROVER]
        form = self._submit(sender, station, submitter)
        review = approver.review(
            CONTEST, station.id, version=1, form_hash=form_hash(form), decision=APPROVE, now=_now(), nonce=_nonce()
        )
        sent = time.monotonic()
        with self._lock:
            self._under_way.append(sent)
        try:
            self._patiently(lambda: sender.review(review))
        finally:
            with self._lock:
                self._under_way.remove(sent)
        with self._lock:
            self.approvals.append(Approval(sent, time.monotonic()))
            self.filed.append(station)

    def _submit(self, sender: Sender, station: SourceStation, submitter: Official) -> bytes:
        """Send the form until it is accepted; returns it."""
        paper = station.form
        assert paper is not None, "stations without a form never arrive"
        figures = {"voters.total": paper.voters, "valid": paper.valid, "invalid": paper.invalid}
        votes = {"21": paper.votes_21, "22": paper.votes_22}
        scans = [picture(station.id, {**votes, **figures})]
        form = submitter.form(
            CONTEST, station.id, figures=figures, votes=votes, scans=scans, now=_now(), nonce=_nonce()
        )
        request = submitter.upload_request(CONTEST, station.id, form=form, scans=scans, now=_now(), nonce=_nonce())
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            upload = self._patiently(lambda: sender.submit(request, form, scans))
            outcome = self._heard_of(sender, upload)
            if outcome["state"] == "accepted":
                return form
            if outcome["state"] == "rejected":
                raise GivenUp(f"the form of station {station.id} was rejected: {outcome['refusals']}")
            self.repeats += 1
        raise GivenUp(f"nothing was heard of the form of station {station.id}")

    def _heard_of(self, sender: Sender, upload: str) -> dict[str, Any]:
        """What became of the upload once it is settled, or `granted` if that takes too long."""
        give_up = time.monotonic() + UNHEARD_SECONDS
        while True:
            outcome = self._patiently(lambda: sender.upload(upload))
            if outcome["state"] != "granted" or time.monotonic() > give_up:
                return outcome
            time.sleep(LOOK_SECONDS)

    def _patiently(self, send: Callable[[], Answer]) -> Answer:
        """The answer, however often it takes. Raises `GivenUp` after all patience, `SendError` if trying is no use."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return send()
            except (httpx.TransportError, SendError) as error:
                passing = isinstance(error, httpx.TransportError) or error.status == 429 or error.status >= 500
                if not passing:
                    raise
                if time.monotonic() > give_up:
                    raise GivenUp(str(error)) from error
            self.repeats += 1
            time.sleep(AGAIN_SECONDS)


def _now() -> str:
    return to_instant(datetime.now(UTC))


def _nonce() -> str:
    return uuid.uuid4().hex
