"""What the replay of a whole nation does not do for real, each said by its name.

Signatures are pre-verified: 2.4 million Ed25519 operations would measure a library. Scans are three words instead of
photographs nobody has. Uploads are forgotten once settled, as their table and bucket forget them after some days. The
ledger is the whole ledger, but keeps a text that many forms share only once, or it would not fit. The public log is the
whole log, and every hash of it is kept; its entries are forgotten once nobody who writes it will read them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from sys import intern
from typing import TypeVar

from realcount.domain.canonical import canonical_bytes
from realcount.domain.errors import NotFound
from realcount.domain.form import ScanRef
from realcount.domain.ledger import FormVersion, Head, Review
from realcount.domain.log.receipts import receipts_name
from realcount.domain.official import OfficialKey
from realcount.domain.signed import SignedDocument
from realcount.domain.tally import StationChange
from realcount.local.memory import KeptKeys, MemoryElections, MemoryForms, MemoryKeys, MemoryLog
from realcount.log_ports import LogHead
from realcount.officials.official import Official
from realcount.ports import PresignedPost, Upload, UploadFile

T = TypeVar("T")

LOG_KEY = KeptKeys("replay.example", b"the log key of a replay, no secret"[:32])
"""Signs the logs of replays. Whoever reads this can sign them too."""

RECEIPT_KEY = KeptKeys("replay.example", b"the receipt key of a replay, too"[:32], receipts_name)
"""Signs their receipts."""

PRE_VERIFIED = b"pre-verified".ljust(64, b"\0")
"""Stands where a signature would. Long as one, and plainly none."""


@dataclass(frozen=True, slots=True)
class PreVerifiedOfficial(Official):
    """Builds the same statements to the byte; where others sign, it puts `PRE_VERIFIED`."""

    def sign(self, statement: Mapping[str, object]) -> bytes:
        return SignedDocument(canonical_bytes(statement), PRE_VERIFIED).to_bytes()


class PreVerifiedSignatures:
    """Accepts `PRE_VERIFIED` and nothing else."""

    def verify(self, key: OfficialKey, message: bytes, signature: bytes) -> bool:
        return signature == PRE_VERIFIED


class AnyScan:
    """Takes whatever it is shown for an image."""

    def inspect(self, content: bytes, media: str) -> str | None:
        return None


class CountedEvidence:
    """Counts scans instead of keeping them."""

    def __init__(self) -> None:
        self.writes = 0

    def keep(self, scan: ScanRef, content: bytes) -> None:
        self.writes += 1


class PassingUploads:
    """Grants that are forgotten by `forget`, as the table's time to live would."""

    def __init__(self) -> None:
        self._uploads: dict[str, Upload] = {}
        self.writes = 0

    def find(self, upload: str) -> Upload | None:
        return self._uploads.get(upload)

    def grant(self, upload: Upload) -> Upload:
        self.writes += upload.id not in self._uploads
        return self._uploads.setdefault(upload.id, upload)

    def settle(self, upload: Upload) -> Upload:
        known = self._uploads.get(upload.id)
        if known is None:
            raise NotFound(f"upload {upload.id!r} was never granted")
        if known.state != "granted":
            return known
        self._uploads[upload.id] = upload
        self.writes += 1
        return upload

    def accepted(self, election: str, turn: int, shares: int) -> Iterator[Upload]:
        """A replay matches no receipts: what was accepted is forgotten."""
        return iter(())

    def forget(self, upload: str) -> None:
        self._uploads.pop(upload, None)


class PassingBucket:
    """Uploaded objects that are forgotten by `forget`, as the bucket's lifecycle rule would."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[str, bytes]] = {}

    def presign(self, upload: str, file: UploadFile, seconds: int) -> PresignedPost:
        return PresignedPost("memory:", {"key": f"{upload}/{file.name}"})

    def put(self, upload: str, contents: Mapping[str, bytes]) -> None:
        self._objects[upload] = dict(contents)

    def read(self, upload: str, file: UploadFile) -> bytes | None:
        content = self._objects.get(upload, {}).get(file.name)
        return None if content is None else content[: file.content.size + 1]

    def forget(self, upload: str) -> None:
        self._objects.pop(upload, None)


class PassingLog(MemoryLog):
    """The log, of whose entries only those of the last bundles are kept: a nation's would be two gigabytes. No sums are sealed
    in it, and none are laid down."""

    def put_files(self, files: Iterable[tuple[str, bytes]]) -> None:
        pass

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        moved = super().advance(was, now)
        if moved.batch is None:
            self._staged.clear()
            bundles = [path for path in self.files if path.startswith("tile/entries/")]
            for path in bundles[:-1]:
                del self.files[path]
        return moved


class SharingForms(MemoryForms):
    """The ledger in memory. Equal texts within and between forms are one object; nothing is left out."""

    def __init__(
        self, keys: MemoryKeys, elections: MemoryElections, on_change: Callable[[StationChange], None]
    ) -> None:
        super().__init__(keys, on_change)
        self._elections = elections

    def receive(self, version: FormVersion, was: Head | None, now: Head) -> None:
        form = version.form
        shared = replace(
            form,
            kind=intern(form.kind),
            election=intern(form.election),
            contest=intern(form.contest),
            station=self._station(form.election, form.station),
            figures={intern(name): count for name, count in form.figures.items()},
            votes={intern(option): count for option, count in form.votes.items()},
            key=intern(form.key),
            signed_at=_same(form.signed_at, version.received_at),
        )
        super().receive(replace(version, form=shared, signature=_same(version.signature, PRE_VERIFIED)), was, now)

    def decide(self, review: Review, was: Head, now: Head, keys: Sequence[str]) -> None:
        shared = replace(
            review,
            election=intern(review.election),
            contest=intern(review.contest),
            station=self._station(review.election, review.station),
            form=_same(review.form, was.latest_hash),
            decision=intern(review.decision),
            key=intern(review.key),
            signed_at=_same(review.signed_at, review.decided_at),
            signature=_same(review.signature, PRE_VERIFIED),
        )
        super().decide(shared, was, now, keys)

    def _station(self, election: str, station: str) -> str:
        found = self._elections.station(election, station)
        return found.id if found else station


def _same(value: T, other: T) -> T:
    """`other` in place of an equal value, so that one of the two need not be kept."""
    return other if value == other else value
