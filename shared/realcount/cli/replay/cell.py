"""One cell of the replayed system: its own stores in memory, the real use cases, and triggers that wait for a window.

What a stream does on AWS is a dictionary here: a change waits in it, once however often it happened, until the window
ends. A row whose parent is no region of this cell leaves it: the cell above takes it in as a station's row is taken in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from realcount.cli.replay.desk import Statements
from realcount.cli.replay.stand_ins import (
    LOG_KEY,
    RECEIPT_KEY,
    AnyScan,
    CountedEvidence,
    PassingBucket,
    PassingLog,
    PassingUploads,
    PreVerifiedSignatures,
    SharingForms,
)
from realcount.domain.canonical import sha256_hex
from realcount.domain.election import TOP, ContestKey, Election, Region, Station
from realcount.domain.errors import Rejected
from realcount.domain.instants import EPOCH
from realcount.domain.log.snapshots import contest_entry, opening_entry
from realcount.domain.log.unit_lists import UNITS
from realcount.domain.tally import RowChange, StationChange, Tally
from realcount.local.memory import (
    MemoryCopies,
    MemoryEditions,
    MemoryElections,
    MemoryIntake,
    MemoryKeys,
    MemoryPages,
    MemoryTallies,
)
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.count_form import count_form
from realcount.usecases.grant_upload import grant_upload
from realcount.usecases.load_election import load_election
from realcount.usecases.publish_results import publish_results
from realcount.usecases.receive_form import receive_form
from realcount.usecases.review_form import review_form
from realcount.usecases.roll_up import roll_up
from realcount.usecases.seal_forms import seal_forms
from realcount.usecases.seal_marks import SealMarks
from realcount.usecases.seal_subjects import contest_subject, opening_subject


class Cell:
    """`on_leaving` is told of rows for the cell above: parent, child, and the child's tally."""

    def __init__(
        self, election: Election, contest: ContestKey, on_leaving: Callable[[str, str, Tally], None] | None = None
    ) -> None:
        self._election = election
        self._contest = contest
        self._on_leaving = on_leaving
        self._now = EPOCH
        self._changed_stations: dict[StationChange, None] = {}
        self._changed_rows: dict[RowChange, None] = {}
        self._units_to_publish: dict[str, None] = {}
        self.elections = MemoryElections()
        self.keys = MemoryKeys()
        self.uploads = PassingUploads()
        self.bucket = PassingBucket()
        self.evidence = CountedEvidence()
        self.forms = SharingForms(self.keys, self.elections, self._on_station)
        self.tallies = MemoryTallies(self._on_row)
        self.log = PassingLog()
        self._signer = LOG_KEY.of(election.id)
        self.editions = MemoryEditions()
        self.copies = MemoryCopies()
        self.pages = MemoryPages()
        self._verifier = PreVerifiedSignatures()
        self._inspector = AnyScan()
        self._intake = MemoryIntake()

    def _on_station(self, change: StationChange) -> None:
        self._changed_stations[change] = None

    def _on_row(self, change: RowChange) -> None:
        self._changed_rows[change] = None

    def load(self, units: Sequence[Region | Station]) -> None:
        load_election(
            self._election,
            units,
            elections=self.elections,
            editions=self.editions,
            copies=self.copies,
            pages=self.pages,
            log=self.log,
        )
        append_log(
            self._opening, log=self.log, seals=SealMarks(self._election.id, self.forms, self.log), signer=self._signer
        )

    def _opening(self) -> list[Pending]:
        """What the sealer would begin with, but for the zero report: a cell has no root, and no totals are sealed in it."""
        units = sha256_hex(self.log.file(UNITS))
        contests = self._election.contests
        return [
            Pending(opening_entry(self._election, units, self._now), opening_subject()),
            *(Pending(contest_entry(one, self._now), contest_subject(one.key.contest)) for one in contests),
        ]

    def writes(self) -> dict[str, int]:
        """Items written so far, by table or bucket."""
        return {
            "uploads": self.uploads.writes,
            "evidence": self.evidence.writes,
            "forms": self.forms.writes,
            "tally": self.tallies.writes,
            "published": self.copies.writes,
            "pages": self.pages.writes,
        }

    def take(self, statements: Statements, now: str) -> None:
        """One form's whole way into the ledger: granted, uploaded, received, approved. Raises what the use cases raise."""
        self.receive(statements, now)
        self.approve(statements, now)

    def receive(self, statements: Statements, now: str) -> None:
        """The way of a form until it waits for its second official."""
        self._now = now
        granted = grant_upload(
            statements.request,
            now,
            elections=self.elections,
            keys=self.keys,
            verifier=self._verifier,
            uploads=self.uploads,
            bucket=self.bucket,
            intake=self._intake,
        )
        upload = granted.upload.id
        self.bucket.put(upload, statements.files)
        settled = receive_form(
            upload,
            now,
            elections=self.elections,
            keys=self.keys,
            verifier=self._verifier,
            uploads=self.uploads,
            bucket=self.bucket,
            inspector=self._inspector,
            evidence=self.evidence,
            forms=self.forms,
            receipts=RECEIPT_KEY,
        )
        if settled.state != "accepted":
            raise Rejected(settled.refusals)
        self.bucket.forget(upload)
        self.uploads.forget(upload)

    def approve(self, statements: Statements, now: str) -> None:
        self._now = now
        review_form(
            statements.review,
            now,
            elections=self.elections,
            keys=self.keys,
            verifier=self._verifier,
            forms=self.forms,
        )

    def take_row(self, parent: str, child: str, tally: Tally) -> None:
        """A row that left a cell below. Late and repeated rows change nothing."""
        self.tallies.advance(self._contest, parent, child, tally)

    def roll_up(self) -> None:
        """End of a window: seal and count what changed and climb to the top of the cell. Raises the first failure."""
        changed, self._changed_stations = self._changed_stations, {}
        self._seal(changed)
        self._changed_stations.clear()  # Moved by being sealed, and counted right now.
        for change in changed:
            count_form(change, elections=self.elections, forms=self.forms, tallies=self.tallies)
        while self._changed_rows:
            rows, self._changed_rows = self._changed_rows, {}
            inside = [row for row in rows if self._is_inside(row)]
            for failure in roll_up(inside, elections=self.elections, tallies=self.tallies).failed.values():
                raise failure

    def _seal(self, changed: Iterable[StationChange]) -> None:
        sealed = seal_forms(
            self._election.id,
            changed,
            self._now,
            elections=self.elections,
            forms=self.forms,
            keys=self.keys,
            log=self.log,
            signer=self._signer,
        )
        for failure in sealed.failed.values():
            raise failure

    def _is_inside(self, row: RowChange) -> bool:
        """Note whose pages the row concerns; pass it on if the cell above is the one to add it up."""
        if self._unit(row.child) is not None:
            self._units_to_publish[row.child] = None
        if row.parent == TOP:
            return False
        if self._unit(row.parent) is not None:
            self._units_to_publish[row.parent] = None
            return True
        tally = self.tallies.row(self._contest, row.parent, row.child)
        assert tally is not None, "a row that changed exists"
        if self._on_leaving is not None:
            self._on_leaving(row.parent, row.child, tally)
        return False

    def _unit(self, unit: str) -> Region | Station | None:
        return self.elections.region(self._election.id, unit) or self.elections.station(self._election.id, unit)

    def publish(self) -> None:
        """End of a longer window: render every page concerned, once. Raises the first failure."""
        units, self._units_to_publish = self._units_to_publish, {}
        changes = (RowChange(self._contest, TOP, unit) for unit in units)
        published = publish_results(
            changes,
            elections=self.elections,
            forms=self.forms,
            tallies=self.tallies,
            editions=self.editions,
            copies=self.copies,
            pages=self.pages,
        )
        for failure in published.failed.values():
            raise failure
