"""The people: they write down forms, upload them, approve and return, correct and withdraw, repeat themselves, lose keys.

Officials act on what the ledger shows: a form that came in is looked at by a second official (or two at once, or none),
a decided one is sometimes corrected or withdrawn, and now and then a form is overtaken before anybody looked.
"""

from __future__ import annotations

from realcount.domain.canonical import sha256_hex
from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Forbidden, NotFound, Rejected, Unavailable
from realcount.domain.form import ScanRef
from realcount.domain.ledger import APPROVE, RECEIVED, RETURN, Review
from realcount.domain.statements import FORM_MEDIA
from realcount.domain.tally import StationChange
from realcount.local.memory import MemoryElections, MemoryForms, MemoryKeys, MemoryUploadBucket, MemoryUploads
from realcount.ports import Upload, UploadFile
from realcount.usecases import review_form
from tests.simulation.lines import LineToForms, LineToKeys
from tests.simulation.recount import MAX_VERSION, marked_votes
from tests.simulation.scheduler import Scheduler
from tests.simulation.streams import Stream
from tests.simulation.weather import Clock, Weather
from tests.small_election import (
    SCAN,
    SCAN_REF,
    PreVerified,
    approver,
    brief,
    contest,
    file_entry,
    form_statement,
    review_statement,
    signed,
    submitter,
)

SUBMITTERS = ("sub-1", "sub-2")
APPROVERS = ("app-1", "app-2", "app-3")
"""`app-3` is another key of the person who holds `sub-1`."""


def registered_keys() -> MemoryKeys:
    keys = MemoryKeys()
    for key in (submitter("sub-1", "ani"), submitter("sub-2", "budi"), approver("app-1", "citra"),
                approver("app-2", "dewi"), approver("app-3", "ani")):  # fmt: skip
        keys.register(key)
    return keys


class Officials:
    def __init__(
        self,
        scheduler: Scheduler,
        weather: Weather,
        clock: Clock,
        *,
        elections: MemoryElections,
        keys: LineToKeys,
        forms: LineToForms,
        ledger: MemoryForms,
        uploads: MemoryUploads,
        bucket: MemoryUploadBucket,
        arrivals: Stream[str],
    ) -> None:
        self._scheduler, self._rng, self._weather, self._clock = scheduler, scheduler.rng, weather, clock
        self._elections, self._keys, self._forms, self._ledger = elections, keys, forms, ledger
        self._uploads, self._bucket, self._arrivals = uploads, bucket, arrivals
        self._nonce = 0
        self._said: list[bytes] = []
        self._budget = self._rng.choice((0, 0, 1, 1, 2, 3, 5, 7))
        self._revocations = [self._rng.randint(1, 10) for _ in range(weather.revocations)]
        self.events = 0
        self.submitted: dict[str, str] = {}
        """The hash of the form by the upload that brought it."""
        self.acknowledged: list[Review] = []

    # -- what they do ----------------------------------------------------------------------------------------------

    def begin(self, key: ContestKey, station: str) -> None:
        """The polls have closed: the station's form is sent in, sometimes by two officials who know nothing of each other."""
        for _ in range(self._rng.choice((1, 1, 1, 2))):
            self._scheduler.spawn("submit", lambda: self._submit(key, station))

    def react(self, change: StationChange) -> None:
        """Something happened to a form, for everyone to see."""
        self.events += 1
        random = self._rng.random
        if self.events in self._revocations:
            self._scheduler.spawn("revoke", self._revoke)
        head = self._ledger.head(*change)
        assert head is not None
        if head.latest_state == RECEIVED:
            for _ in range(self._rng.choice((0, 1, 1, 1, 1, 1, 1, 2))):
                self._scheduler.spawn("review", lambda: self._review(change))
        if self._budget and random() < (0.15 if head.latest_state == RECEIVED else 0.6):
            self._budget -= 1
            self._scheduler.spawn("submit", lambda: self._submit(*change))

    # -- how they do it --------------------------------------------------------------------------------------------

    def _submit(self, key: ContestKey, station: str) -> None:
        head = self._ledger.head(key, station)
        version = head.latest + 1 if head else 1
        if version > MAX_VERSION:
            return
        signer, machine = self._rng.choice(SUBMITTERS), self._rng.randrange(5)
        statement = self._paper(key, station, version, "prev" if head is None else head.latest_hash)
        document = signed(
            statement | {"key": signer, "nonce": self._new_nonce(), "signed_at": self._clock.now(machine)}
        )
        files = (
            UploadFile("form", ScanRef(sha256_hex(document), len(document), FORM_MEDIA)),
            UploadFile("scan-1", SCAN_REF),
        )
        name = sha256_hex(document)[:32]
        self._uploads.grant(Upload(name, key, station, signer, files, self._clock.now(machine)))
        self.submitted[name] = sha256_hex(document.split(b"\n")[0])
        order = [("form", document), ("scan-1", SCAN)]
        if self._rng.random() < 0.5:
            order.reverse()
        for file, content in order:
            self._scheduler.pause(f"uploads {file} of {station} {version}")
            self._bucket.put(name, file, content)
            self._arrivals.send(name)

    def _paper(self, key: ContestKey, station: str, version: int, head: str) -> dict[str, object]:
        """A form whose votes carry their origin; a third are odd: sums wrong, or figures missing."""
        frame = contest(key)
        if version > 1 and self._rng.random() < 0.2:
            kind, figures, votes = "withdrawal", {}, {}
        else:
            kind = "form" if version == 1 else "correction"
            others = [self._rng.randint(0, 90) for _ in frame.options[1:]]
            votes = dict(zip(frame.option_ids(), [marked_votes(station, version), *others], strict=True))
            figures = brief(sum(votes.values()), self._rng.randint(0, 9))
            oddity = self._rng.randrange(6)
            if oddity == 0:
                figures["valid"] += 1
            elif oddity == 1:
                del figures[self._rng.choice(tuple(figures))]
        later = {"version": version, "prev": head, "reason": "as on the paper"} if version > 1 else {}
        return form_statement(
            key, station, kind=kind, figures=figures, votes=votes, scans=[file_entry(SCAN_REF)], **later
        )

    def _review(self, change: StationChange) -> None:
        self._scheduler.pause(f"looks at {change.station}")
        head = self._ledger.head(*change)
        if head is None or head.latest_state != RECEIVED:
            return
        decision = APPROVE if self._rng.random() < 0.85 else RETURN
        machine = self._rng.randrange(5)
        document = signed(
            review_statement(
                head.latest,
                head.latest_hash,
                *change,
                decision=decision,
                reason=None if decision == APPROVE else "cannot be read",
                key=self._rng.choice(APPROVERS),
                nonce=self._new_nonce(),
                signed_at=self._clock.now(machine),
            )
        )
        self._said.append(document)
        self._send(document, machine, change)
        if self._rng.random() < self._weather.replayed:
            old = self._rng.choice(self._said)
            self._send(old, machine, None)

    def _send(self, document: bytes, machine: int, again: StationChange | None) -> None:
        """Ask until there is an answer. `again`: what to look at anew if this official may not decide."""
        for _ in range(4):
            try:
                review = review_form.review_form(
                    document,
                    self._clock.now(machine),
                    elections=self._elections,
                    keys=self._keys,
                    verifier=PreVerified(),
                    forms=self._forms,
                )
            except Unavailable:
                continue
            except (Conflict, NotFound, Rejected):
                return
            except Forbidden:
                if again is not None and self._rng.random() < 0.8:
                    self._scheduler.spawn("review", lambda: self._review(again))
                return
            self.acknowledged.append(review)
            return

    def _revoke(self) -> None:
        key = self._rng.choice((*SUBMITTERS, *APPROVERS))
        for _ in range(4):
            try:
                self._keys.revoke(key, self._clock.now(0))
            except Unavailable:
                continue
            return

    def _new_nonce(self) -> str:
        self._nonce += 1
        return f"nonce-{self._nonce:010d}"
