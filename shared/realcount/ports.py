"""What the use cases ask of the world. Each port is a contract: tests/contract runs one suite against every adapter.

Rules that hold for every port:

- *Strong*: every read sees every write that was acknowledged before it began, unless the method says otherwise.
- *Unknown outcome*: a write that raises `Unavailable` may or may not have happened. Callers must be safe in both cases,
  which is why every write below is either conditional or idempotent.
- *Errors*: adapters raise `Conflict` for a lost race, `Unavailable` for a store that does not answer, and let anything
  they do not know propagate. They never retry a conflict by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from realcount.domain.election import Contest, ContestKey, Election, Region, Station
from realcount.domain.form import ScanRef
from realcount.domain.ledger import FormVersion, Head, Recall, Review, Seal
from realcount.domain.official import OfficialKey
from realcount.domain.page import Page, Stored
from realcount.domain.tally import Tally
from realcount.domain.upload import Upload as Upload
from realcount.domain.upload import UploadFile as UploadFile
from realcount.read_ports import HeadReader, PageFinder, RowReader


class Clock(Protocol):
    def __call__(self) -> str:
        """Now, as an instant (`domain.instants`). Not monotone: two machines may disagree by minutes."""
        ...


class ElectionStore(Protocol):
    """The election as data: written once by `load_election`, never changed while it runs, so readers may cache it.

    Trusted for: denominators, names, parents. Loss: load the same files again (their digest is on the election).
    """

    def elections(self) -> Sequence[Election]:
        """Every election that is completely loaded, by id. An election whose load was interrupted is not listed."""
        ...

    def election(self, election: str) -> Election | None:
        """The election if it is completely loaded."""
        ...

    def contest(self, key: ContestKey) -> Contest | None:
        """The contest, once its election is completely loaded."""
        ...

    def region(self, election: str, unit: str) -> Region | None: ...

    def station(self, election: str, unit: str) -> Station | None: ...

    def begin(self, election: Election) -> str:
        """Claim the election's id for its digest; returns `new`, `resumed` (same digest, unfinished) or `complete`.

        Raises `Conflict` if the id belongs to another digest: an election is not edited, it is loaded under a new id.
        """
        ...

    def put_units(self, units: Iterable[Region | Station]) -> None:
        """Store units. Idempotent; order does not matter; may be called many times."""
        ...

    def complete(self, election: Election) -> None:
        """Make the election visible to readers. The last write of a load.

        Raises `Conflict` if the election was not begun with this digest.
        """
        ...


class KeyRegistry(Protocol):
    """Officials' public keys. Trusted for: who may sign. An attacker who can write here can approve forms."""

    def find(self, key: str) -> OfficialKey | None: ...

    def find_all(self, keys: Sequence[str]) -> Mapping[str, OfficialKey]:
        """Those of these keys that are registered, by id. For the sealer."""
        ...

    def revoked(self, election: str) -> Sequence[OfficialKey]:
        """Every revoked key of an election, by id. Reads the whole registry, and may miss the last moment."""
        ...

    def register(self, key: OfficialKey) -> None:
        """Store a new key. Raises `Conflict` if the id is taken by a different key; the same key again is a no-op."""
        ...

    def revoke(self, key: str, at: str) -> None:
        """Mark the key revoked from `at` on. The first revocation stands. Raises `NotFound`.

        Serialised with `FormStore.decide`: after this returns, no decision by the key can be committed.
        """
        ...

    def distrust(self, key: str, since: str, reason: str) -> None:
        """Say of a revoked key that what it signed from `since` on does not stand. The first word stands.

        Raises `NotFound`, and `Conflict` if the key is not revoked, or was before `since`: then nothing is to be recalled.
        """
        ...


class SignatureVerifier(Protocol):
    def verify(self, key: OfficialKey, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is `key`'s over exactly `message`. Total: wrong lengths and garbage are just False."""
        ...


class UploadStore(Protocol):
    """What officials were allowed to upload and what was said to it. Loss: grants must be asked for again; no form is lost."""

    def find(self, upload: str) -> Upload | None: ...

    def grant(self, upload: Upload) -> Upload:
        """Record the grant unless the id is known; returns what is recorded, which may be an earlier, settled upload."""
        ...

    def settle(self, upload: Upload) -> Upload:
        """Record the final state. The first settlement stands and is returned; settling again changes nothing.

        Raises `NotFound` if the upload was never granted.
        """
        ...

    def accepted(self, election: str, turn: int, shares: int) -> Iterator[Upload]:
        """As `read_ports.UploadReader.accepted`. For the recount."""
        ...


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A form an official's client posts as multipart/form-data, the file last. Good for this one file until it expires."""

    url: str
    fields: Mapping[str, str]


class UploadBucket(Protocol):
    """Where officials' files land. Untrusted: whatever lies here is checked again by `receive_form`."""

    def presign(self, upload: str, file: UploadFile, seconds: int) -> PresignedPost:
        """A POST that S3 accepts only for exactly this key, size, media type and SHA-256, for so many seconds."""
        ...

    def read(self, upload: str, file: UploadFile) -> bytes | None:
        """The bytes of the file, or None if it has not arrived. Never more than the granted size plus one byte."""
        ...


class ScanInspector(Protocol):
    def inspect(self, content: bytes, media: str) -> str | None:
        """None if the bytes are a decodable image of exactly this media type within the pixel limits, else why not.

        Total on hostile input: truncated files, polyglots and decompression bombs are answers, not exceptions.
        """
        ...


class EvidenceStore(Protocol):
    """Scans of accepted forms, named by their SHA-256. Immutable: the bucket has versioning and object lock on AWS."""

    def keep(self, scan: ScanRef, content: bytes) -> None:
        """Store the scan under its hash. Idempotent; an object that exists is never written again."""
        ...


class FormStore(HeadReader, Protocol):
    """The ledger: immutable versions, immutable reviews, and one head per station. The source of every number.

    Trusted for: everything until it is sealed, and for what waits. Loss here is loss of forms that wait; what counts can
    be read out of the public log again. Backed up (point in time recovery).
    """

    def head(self, contest: ContestKey, station: str) -> Head | None: ...

    def version(self, contest: ContestKey, station: str, version: int) -> FormVersion | None: ...

    def receive(self, version: FormVersion, was: Head | None, now: Head) -> None:
        """In one transaction: put the version if that number is free, and replace head `was` by `now`.

        Raises `Conflict` if either does not hold any more. Nothing is changed then.
        """
        ...

    def decide(self, review: Review, was: Head, now: Head, keys: Sequence[str]) -> None:
        """In one transaction: put the review if the version has none, replace head `was` by `now`, all `keys` unrevoked.
        A version that was recalled has none: what is put is the review of another round.

        Raises `Conflict` if head or review moved, `Forbidden` (`revoked`) if a key has been revoked. Nothing is changed
        then. Touches no item that other stations write, so approvals never wait for each other.
        """
        ...

    def seal(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        """For each: in one transaction, note which entry of the public log the version is, and replace head `was` by `now`.

        Returns those for which the version is noted already or the head moved; nothing is changed for them.
        """
        ...

    def recall(self, recall: Recall, was: Head, now: Head) -> None:
        """In one transaction: put the recall if this round of the version has none, and replace head `was` by `now`.

        Raises `Conflict` if either does not hold any more. Nothing is changed then.
        """
        ...

    def unsealed(self, contest: ContestKey, heads: Mapping[str, Head]) -> Sequence[tuple[FormVersion, Review]]:
        """By these heads of stations: the approved versions after those that count, oldest first, with their approvals."""
        ...

    def seals(self, contest: ContestKey, station: str, at: Head | None = None) -> Mapping[int, int]:
        """The index in the public log of each version of a station that was ever sealed: of one that was sealed anew after a
        recall the last, or, by a head `at`, that of the last round it knows of."""
        ...

    def recalls(self, contest: ContestKey, station: str) -> Sequence[Recall]:
        """Every recall at a station, by version and round."""
        ...

    def remind(self, contest: ContestKey, station: str, at: str) -> None:
        """Let the ledger's stream tell of the station's head once more. Changes nothing that anybody reads.

        For the sweep, when what was approved was not sealed for too long: its trigger was lost.
        """
        ...


class TallyStore(RowReader, Protocol):
    """One row per (contest, parent, child): the child's tally as its parent sees it. A region's page is one query.

    Untrusted in the sense that all of it can be rebuilt from the ledger, and that any disagreement is found.
    """

    def replace(self, contest: ContestKey, parent: str, child: str, tally: Tally, was: int) -> None:
        """Write the row if its `sv` is still `was` (0: there is no row). Raises `Conflict` otherwise."""
        ...

    def advance(self, contest: ContestKey, parent: str, child: str, tally: Tally) -> bool:
        """Write the row if it is absent or its `sv` is smaller than the new one. Says whether it was written."""
        ...


class PageReader(Protocol):
    """Rendered pages, as the public reads them."""

    def get(self, path: str) -> Page | None:
        """The page; may be a moment old (an eventually consistent read)."""
        ...


class PageStore(PageReader, PageFinder, Protocol):
    """Rendered pages. Untrusted: rebuilt byte for byte from ledger and election."""

    def put(self, page: Page) -> Stored:
        """Store the page if it supersedes the stored one (`Page.supersedes`). Says whether it was stored."""
        ...

    def put_all(self, pages: Iterable[Page]) -> None:
        """Store many first pages (a load). Never replaces a page of a higher edition."""
        ...

    def editions(self, paths: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        """Edition and rendering version of the stored pages, read strongly; paths without a page are left out.

        Not a snapshot: each is at least as new as what was acknowledged before the call began. For the sweep.
        """
        ...


class PageCopies(Protocol):
    """The last good copy of every page, for whatever stands in front of us to fall back on when none of us answers.

    Untrusted: rebuilt from the same numbers as the pages. Nothing of ours ever reads a copy. A page's copy is kept before
    the page is stored, and never replaced by an older one, so at every moment the copy is at least as new as the page: who
    is served a copy instead of a page is never taken back in time, and a stored page proves its copy (decision 0008).
    """

    def keep(self, page: Page) -> None:
        """Make the copy of this page at least as new as it (`Page.supersedes`). Idempotent; an older page does nothing."""
        ...

    def keep_all(self, pages: Iterable[Page]) -> None:
        """`keep` for many pages, mostly the first of their paths (a load). If it raises, any of them may be kept."""
        ...


class IntakeSwitch(Protocol):
    """Whether forms are taken right now: a value operators set, not a deployment."""

    def closed_because(self) -> str | None:
        """None while intake is open, else the reason to show. May be up to 30 seconds old."""
        ...
