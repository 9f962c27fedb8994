"""An election day on the real use cases: officials and triggers that insist until they get an answer, and a sweep."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import TypeVar

import httpx
from PIL import Image

from realcount.domain.election import ContestKey, Region, Station
from realcount.domain.errors import Conflict, RealcountError, Unavailable
from realcount.domain.ledger import APPROVE, RETURN
from realcount.domain.official import APPROVER, P256, SUBMITTER, OfficialKey
from realcount.domain.tally import RowChange, StationChange
from realcount.evidence.images import PillowInspector
from realcount.evidence.signatures import CryptographyVerifier
from realcount.local.memory import KeptKey, MemoryIntake
from realcount.officials.official import Official, Scan, form_hash, new_official
from realcount.ports import Upload
from realcount.usecases.count_form import count_form
from realcount.usecases.grant_upload import Grant, grant_upload
from realcount.usecases.load_election import load_election
from realcount.usecases.publish_results import publish_results
from realcount.usecases.receive_form import receive_form
from realcount.usecases.review_form import review_form
from realcount.usecases.roll_up import roll_up
from realcount.usecases.seal_forms import Sealed, seal_forms
from realcount.usecases.sweep_tally import sweep_tally
from tests import small_election as stage
from tests.contract.engines import AWSStores

T = TypeVar("T")

LOG_KEY = KeptKey("count.example/small", bytes(range(32)))

BATCH = 5
"""Rows of one invocation. Small, so that a batch has a fair chance to get through bad weather in one piece."""


class ElectionDay:
    """Officials, triggers and the sweep, all of which insist until they get an answer."""

    def __init__(self, stores: AWSStores, contests: Sequence[ContestKey], seed: int) -> None:
        self.stores = stores
        self.contests = contests
        self.chance = random.Random(seed)
        self.unavailable = 0
        self.sent: Counter[tuple[ContestKey, str]] = Counter()
        self.stations: deque[StationChange] = deque()
        self.rows: deque[RowChange] = deque()
        self.submitter, self.approver = new_official("sub-1", b"s" * 32), new_official("app-1", b"a" * 32, P256)
        self.scan = Scan(_jpeg())

    def insist(self, call: Callable[[], T]) -> T:
        for _ in range(200):
            try:
                return call()
            except Unavailable:
                self.unavailable += 1
        raise AssertionError("200 tries in a row were unavailable")

    def open(self) -> None:
        stores = self.stores
        for official, role, holder in ((self.submitter, SUBMITTER, "h1"), (self.approver, APPROVER, "h2")):
            key = _key(official, role, holder)
            self.insist(lambda key=key: stores.keys.register(key))
        self.insist(
            lambda: load_election(
                stage.election(),
                stage.units(),
                elections=stores.elections,
                editions=stores.editions,
                copies=stores.copies,
                pages=stores.pages,
                log=stores.log,
            )
        )

    def send(self, contest: ContestKey, station: str) -> None:
        """The next version of a station's form: signed, granted, uploaded, received."""
        self.sent[contest, station] += 1
        version = self.sent[contest, station]
        previous = self.stores_head(contest, station)
        kind = "form" if version == 1 else "withdrawal" if self.chance.random() < 0.2 else "correction"
        a, b, c = (self.chance.randrange(200) for _ in range(3))
        options = stage.contest(contest).option_ids()
        form = self.submitter.form(
            contest,
            station,
            figures={} if kind == "withdrawal" else stage.brief(a + b, c),
            votes={} if kind == "withdrawal" else dict(zip(options, (a, b, 0), strict=False)),
            scans=[] if kind == "withdrawal" else [self.scan],
            now=stage.NOON,
            nonce=self._nonce(),
            kind=kind,
            version=version,
            prev=previous,
            reason=None if version == 1 else "counted again",
        )
        scans = [] if kind == "withdrawal" else [self.scan]
        request = self.submitter.upload_request(
            contest, station, form=form, scans=scans, now=stage.NOON, nonce=self._nonce()
        )
        grant = self.insist(lambda: self._grant(request))
        for file, post in grant.posts:
            content = form if file.name == "form" else self.scan.content
            answer = httpx.post(
                post.url, data=dict(post.fields), files={"file": (file.name, content, file.content.media)}
            )
            assert answer.is_success, answer.text
        settled = self.insist(lambda: self._receive(grant.upload.id))
        assert (settled.state, settled.version) == ("accepted", version), settled
        self.stations.append(StationChange(contest, station))
        self._review(contest, station, version, form_hash(form))

    def stores_head(self, contest: ContestKey, station: str) -> str | None:
        head = self.insist(lambda: self.stores.forms.head(contest, station))
        return head.latest_hash if head else None

    def _grant(self, request: bytes) -> Grant:
        stores = self.stores
        return grant_upload(
            request,
            stage.NOON,
            elections=stores.elections,
            keys=stores.keys,
            verifier=CryptographyVerifier(),
            uploads=stores.uploads,
            bucket=stores.bucket,
            intake=MemoryIntake(),
        )

    def _receive(self, upload: str) -> Upload:
        stores = self.stores
        return receive_form(
            upload,
            stage.DUSK,
            elections=stores.elections,
            keys=stores.keys,
            verifier=CryptographyVerifier(),
            uploads=stores.uploads,
            bucket=stores.bucket,
            inspector=PillowInspector(),
            evidence=stores.evidence,
            forms=stores.forms,
            receipts=stage.RECEIPTS,
        )

    def _review(self, contest: ContestKey, station: str, version: int, form: str) -> None:
        stores = self.stores
        decision = APPROVE if self.chance.random() < 0.8 else RETURN
        document = self.approver.review(
            contest,
            station,
            version=version,
            form_hash=form,
            decision=decision,
            reason=None if decision == APPROVE else "unreadable",
            now=stage.NOON,
            nonce=self._nonce(),
        )
        self.insist(
            lambda: review_form(
                document,
                stage.NOON,
                elections=stores.elections,
                keys=stores.keys,
                verifier=CryptographyVerifier(),
                forms=stores.forms,
            )
        )
        self.stations.append(StationChange(contest, station))

    def deliver(self) -> None:
        """Deliver every trigger until it succeeds, in batches as a stream does; every eighth is lost for good."""
        stores = self.stores
        while self.stations or self.rows:
            if not self.stations:
                self._roll_up_and_publish()
                continue
            change = self.stations.popleft()
            self._seal(change)
            if self._lost():
                continue
            self.insist(
                lambda change=change: count_form(
                    change, elections=stores.elections, forms=stores.forms, tallies=stores.tallies
                )
            )
            # Rows may have moved in a try whose answer was lost: the stream, unlike us, knows each time.
            self._moved(change.contest, change.station, stage.station(change.station))

    def lose_triggers(self) -> None:
        """What was sent since is sealed, and nothing else hears of it: a sweep is sure to find something behind."""
        while self.stations:
            self._seal(self.stations.popleft())
        self.rows.clear()

    def _seal(self, change: StationChange) -> None:
        """Never lost here: whom a sweep reminds, the simulation shows."""
        stores = self.stores

        def seal() -> Sealed:
            try:
                return seal_forms(
                    stage.ELECTION,
                    [change],
                    stage.DUSK,
                    elections=stores.elections,
                    forms=stores.forms,
                    keys=stores.keys,
                    log=stores.log,
                    signer=LOG_KEY,
                )
            except Conflict as lost:  # To a write of our own, of which we did not hear that it was done.
                raise Unavailable(str(lost)) from lost

        assert not self.insist(seal).failed

    def _roll_up_and_publish(self) -> None:
        stores = self.stores
        batch = [self.rows.popleft() for _ in range(min(BATCH, len(self.rows)))]
        batch = [change for change in batch if not self._lost()]
        rolled = roll_up(batch, elections=stores.elections, tallies=stores.tallies)
        published = publish_results(
            batch,
            elections=stores.elections,
            forms=stores.forms,
            tallies=stores.tallies,
            editions=stores.editions,
            copies=stores.copies,
            pages=stores.pages,
        )
        self._only_unavailable([*rolled.failed.values(), *published.failed.values()])
        if rolled.failed or published.failed:
            self.rows.extend(batch)  # As Lambda does: the whole batch again, also what went well.
        for contest, region in rolled.written:
            self._moved(contest, region, stage.region(region))

    def _moved(self, contest: ContestKey, child: str, unit: Region | Station) -> None:
        for parent in stage.contest(contest).parents_of(unit):
            self.rows.append(RowChange(contest, parent, child))

    def sweep(self) -> tuple[int, int]:
        """Sweep every contest once; how many rows and pages were behind, and how many units could not be looked at."""
        repairs = failures = 0
        stores = self.stores
        for contest in self.contests:
            for root in stage.contest(contest).roots:
                swept = self.insist(
                    lambda contest=contest, root=root: sweep_tally(
                        contest,
                        root,
                        elections=stores.elections,
                        forms=stores.forms,
                        tallies=stores.tallies,
                        editions=stores.editions,
                        copies=stores.copies,
                        pages=stores.pages,
                        overdue=stage.AFTER,
                    )
                )
                self._only_unavailable(swept.failed.values())
                repairs += swept.repairs
                failures += len(swept.failed)
        return repairs, failures

    def _only_unavailable(self, errors: Iterable[RealcountError]) -> None:
        for error in errors:
            assert isinstance(error, Unavailable), repr(error)
            self.unavailable += 1

    def _lost(self) -> bool:
        return self.chance.random() < 0.125

    def _nonce(self) -> str:
        return f"nonce-{self.chance.randrange(10**12):012d}"


def _key(official: Official, role: str, holder: str) -> OfficialKey:
    return official.key(
        holder=holder,
        election=stage.ELECTION,
        role=role,
        regions=("N",),
        valid_from=stage.BEFORE,
        valid_until=stage.AFTER,
    )


def _jpeg() -> bytes:
    out = BytesIO()
    Image.new("L", (32, 32), 200).save(out, "JPEG")
    return out.getvalue()
