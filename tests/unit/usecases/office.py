"""The stage of the use cases' tests: every port in memory, the small election loaded, and officials who sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from realcount.domain.canonical import sha256_hex
from realcount.domain.election import ContestKey
from realcount.domain.form import ScanRef
from realcount.domain.ledger import Review
from realcount.domain.tally import RowChange, StationChange
from realcount.local.memory import (
    KeptKey,
    MemoryCopies,
    MemoryEditions,
    MemoryElections,
    MemoryEvidence,
    MemoryForms,
    MemoryIntake,
    MemoryKeys,
    MemoryLog,
    MemoryPages,
    MemoryTallies,
    MemoryUploadBucket,
    MemoryUploads,
)
from realcount.ports import Upload
from realcount.usecases.count_form import count_form
from realcount.usecases.grant_upload import Grant, grant_upload
from realcount.usecases.load_election import load_election
from realcount.usecases.receive_form import receive_form
from realcount.usecases.review_form import review_form
from realcount.usecases.roll_up import roll_up
from realcount.usecases.seal_forms import Sealed, seal_forms
from tests.small_election import (
    DUSK,
    ELECTION,
    NOON,
    PPWP,
    RECEIPTS,
    SCAN,
    AnyImage,
    PreVerified,
    approver,
    election,
    form_statement,
    request_statement,
    review_statement,
    signed,
    submitter,
    units,
)

SIGNER = KeptKey("count.example/small", bytes(range(32)))


class Inspector(AnyImage):
    """Says what it was told to say about every image."""

    why: str | None = None

    def inspect(self, content: bytes, media: str) -> str | None:
        return self.why


def registry() -> MemoryKeys:
    keys = MemoryKeys()
    for key in (submitter(), approver(), approver("app-0", "person-1")):
        keys.register(key)
    return keys


@dataclass
class Office:
    keys: MemoryKeys = field(default_factory=registry)
    elections: MemoryElections = field(default_factory=MemoryElections)
    uploads: MemoryUploads = field(default_factory=MemoryUploads)
    bucket: MemoryUploadBucket = field(default_factory=MemoryUploadBucket)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    tallies: MemoryTallies = field(default_factory=MemoryTallies)
    editions: MemoryEditions = field(default_factory=MemoryEditions)
    copies: MemoryCopies = field(default_factory=MemoryCopies)
    pages: MemoryPages = field(default_factory=MemoryPages)
    log: MemoryLog = field(default_factory=MemoryLog)
    intake: MemoryIntake = field(default_factory=MemoryIntake)
    inspector: Inspector = field(default_factory=Inspector)

    def __post_init__(self) -> None:
        self.forms = MemoryForms(self.keys)
        load_election(
            election(),
            units(),
            elections=self.elections,
            editions=self.editions,
            copies=self.copies,
            pages=self.pages,
            log=self.log,
        )

    def grant(self, request: bytes, now: str = NOON) -> Grant:
        return grant_upload(
            request, now, elections=self.elections, keys=self.keys, verifier=PreVerified(), uploads=self.uploads,
            bucket=self.bucket, intake=self.intake,
        )  # fmt: skip

    def upload(
        self,
        document: bytes,
        of: ContestKey = PPWP,
        at: str = "S1",
        scans: Sequence[bytes] = (SCAN,),
        **request: object,
    ) -> str:
        """Ask for the grant and put every file; returns the upload's id. Nothing has looked at it yet."""
        entries = [{"sha256": sha256_hex(scan), "bytes": len(scan), "media": "image/jpeg"} for scan in scans]
        granted = self.grant(signed(request_statement(document, of, at, scans=entries) | request))
        self.bucket.put(granted.upload.id, "form", document)
        for i, scan in enumerate(scans, start=1):
            self.bucket.put(granted.upload.id, f"scan-{i}", scan)
        return granted.upload.id

    def receive(self, upload: str, now: str = NOON) -> Upload:
        return receive_form(
            upload, now, elections=self.elections, keys=self.keys, verifier=PreVerified(), uploads=self.uploads,
            bucket=self.bucket, inspector=self.inspector, evidence=self.evidence, forms=self.forms,
            receipts=RECEIPTS,
        )  # fmt: skip

    def submit(self, of: ContestKey = PPWP, at: str = "S1", **changes: object) -> Upload:
        """A form from the polling station to the ledger."""
        return self.receive(self.upload(signed(form_statement(of, at, **changes)), of, at))

    def review(self, document: bytes, now: str = NOON) -> Review:
        return review_form(
            document, now, elections=self.elections, keys=self.keys, verifier=PreVerified(), forms=self.forms
        )

    def decide(self, of: ContestKey = PPWP, at: str = "S1", **changes: object) -> Review:
        head = self.forms.head(of, at)
        assert head is not None
        return self.review(signed(review_statement(head.latest, head.latest_hash, of, at, **changes)))

    def correct(self, of: ContestKey = PPWP, at: str = "S1", **changes: object) -> Upload:
        head = self.forms.head(of, at)
        assert head is not None
        later = {
            "kind": "correction",
            "version": head.latest + 1,
            "prev": head.latest_hash,
            "reason": "as on the paper",
        }
        return self.submit(of, at, **(later | changes))

    def seal(self, of: ContestKey = PPWP, at: str = "S1", now: str = DUSK) -> Sealed:
        return seal_forms(
            ELECTION, [StationChange(of, at)], now, elections=self.elections, forms=self.forms, keys=self.keys,
            log=self.log, signer=SIGNER,
        )  # fmt: skip

    def count(self, of: ContestKey = PPWP, at: str = "S1") -> bool:
        return count_form(StationChange(of, at), elections=self.elections, forms=self.forms, tallies=self.tallies)

    def climb(self, of: ContestKey = PPWP) -> None:
        """Roll up everything, bottom up, as the streams would."""
        for level in (("V1", "V2", "V3", "W1"), ("P1", "P2", "D1", "D2"), ("N",)):
            changes = [RowChange(of, region, "") for region in level]
            assert not roll_up(changes, elections=self.elections, tallies=self.tallies).failed


def ref(content: bytes) -> ScanRef:
    return ScanRef(sha256_hex(content), len(content), "image/jpeg")
