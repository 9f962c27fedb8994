"""What sealing asks of the world: the log's files and head, the marks on what is sealed, and a key that signs.

The rules of `ports` hold here as well: reads are strong, a write that raises `Unavailable` may have happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from realcount.domain.log.edge import Edge
from realcount.domain.log.notes import NoteKey
from realcount.domain.log.witnesses import WitnessList

CHECKPOINT = "checkpoint"
WITNESSED = "witnessed"
BOOK = "witnesses"
"""The three public files of a log that change: its last word; its last word with a quorum of cosignatures; the book of its
witnesses."""

Subject = tuple[str, ...]
"""What an entry is about, in words that its writer understands again: `("form", <contest>, <station>, "2")`."""


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where the log's writer stands. At rest `batch` is None and `edge` is the whole log's; in between `batch` names what
    comes after `edge`. `seq` counts changes and is the lock."""

    seq: int = 0
    edge: Edge = field(default_factory=Edge)
    batch: str | None = None


class LogFiles(Protocol):
    """The public files of a log, which never change."""

    def put_file(self, path: str, data: bytes) -> None:
        """Write a public file if there is none; an existing one stays as it is, whatever it holds."""
        ...

    def put_files(self, files: Iterable[tuple[str, bytes]]) -> None:
        """As `put_file` for each, in no order, and several at once where that is faster. There may be many more than
        memory holds. Any part of them may have been written if it raises."""
        ...

    def file(self, path: str) -> bytes:
        """A public file as a reader gets it, past any memory of ours. Raises `NotFound`."""
        ...


class PublishedLog(Protocol):
    """A log as everybody can read it: its public files, and nothing of its writer's."""

    def file(self, path: str) -> bytes:
        """A public file. Raises `NotFound`."""
        ...

    def checkpoint(self) -> tuple[bytes | None, str | None]:
        """The published checkpoint, as `LogStore` has it."""
        ...


class PublishedLogs(Protocol):
    def of(self, election: str) -> PublishedLog: ...


class LogReader(PublishedLog, Protocol):
    """A log for whoever only reads it, its writer's place included."""

    def head(self) -> LogHead:
        """Where the log's writer stands, as `LogStore` has it."""
        ...


class LogStore(LogFiles, Protocol):
    """The log: its public files, which never change, its checkpoint, which only moves forward, and its writer's head.

    Trusted for: nothing beyond being there. Whoever changes a file is found out by everybody who reads it; whoever loses
    one stops the log. The head is the one thing that keeps two writers from forking the log.
    """

    def head(self) -> LogHead:
        """The head, `LogHead()` for a log that was never written to."""
        ...

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        """Replace the head if it still is `was`, and return `now`. Raises `Conflict` otherwise."""
        ...

    def stage(self, bundle: bytes, subjects: Sequence[Subject]) -> str:
        """Lay a batch down under a name derived from its content. Idempotent; never overwritten, never deleted."""
        ...

    def staged(self, batch: str) -> tuple[bytes, Sequence[Subject]]: ...

    def checkpoint(self) -> tuple[bytes | None, str | None]:
        """The published checkpoint and the version to replace it by; two None before the first."""
        ...

    def publish(self, checkpoint: bytes, was: str | None) -> None:
        """Replace the checkpoint if its version still is `was`. Raises `Conflict` otherwise."""
        ...

    def mark(self, places: Mapping[Subject, int]) -> None:
        """Note which entries things are that have no place of their own for it. Idempotent; any part of it may have
        happened if it raises. Raises `Drift` if one is noted as another entry."""
        ...

    def marks(self, subjects: Sequence[Subject]) -> Mapping[Subject, int]:
        """Which entries these are; what is not noted is left out."""
        ...

    def last_mark(self, beginning: Subject) -> int | None:
        """Which entry the last of all noted subjects is that begin with these words, in the order of their texts; None if
        there is none."""
        ...


class Logs(Protocol):
    def of(self, election: str) -> LogStore:
        """The log of one election: every election has its own, with its own first entry."""
        ...


class Seals(Protocol):
    """Which entry of the log each sealed thing is."""

    def mark(self, subjects: Sequence[Subject], first: int) -> None:
        """Note that these are the entries `first`, `first + 1`, … Idempotent. Raises `Drift` if one is noted as another."""
        ...


class Signer(Protocol):
    """The log's own key: KMS on AWS, a file on one machine. Whoever holds it can sign a second, different log; witnesses
    are there to notice."""

    @property
    def key(self) -> NoteKey: ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature over the message."""
        ...


class Signers(Protocol):
    def of(self, election: str) -> Signer:
        """The key as the log of one election names it: one key signs them all, each under a name of its own."""
        ...


class WitnessedLog(Protocol):
    """A log as whoever shows it to witnesses needs it: everything can be read, and the three files that change be replaced
    by whoever read them last. It cannot sign, and it cannot write an entry."""

    def file(self, path: str) -> bytes:
        """As `LogFiles.file`."""
        ...

    def current(self, name: str) -> tuple[bytes | None, str | None]:
        """One of the files that change, and the version to replace it by; two None if there is none."""
        ...

    def replace(self, name: str, data: bytes, was: str | None) -> None:
        """Replace it if its version still is `was`. Raises `Conflict` otherwise."""
        ...

    def keep_refusal(self, content: bytes) -> str:
        """Keep what a witness refused, and its answer, for everybody; returns where, as a path of the edge. Idempotent; never
        overwritten, never deleted."""
        ...


class WitnessedLogs(Protocol):
    def of(self, election: str) -> WitnessedLog: ...


class LogKeys(Protocol):
    """The public half of the log's key: for whoever must know it and may not sign."""

    def of(self, election: str) -> NoteKey: ...


class WitnessRoll(Protocol):
    def read(self) -> WitnessList:
        """Whom to ask, as operators set it. Raises `Rejected` if what they set cannot be a list of witnesses."""
        ...


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """What a witness said: nothing of it is believed yet. `media` is without parameters, in lower case."""

    status: int
    media: str
    body: bytes


class Witness(Protocol):
    """Somebody else's server, to which a log is shown. Trusted for nothing: it may be slow, dumb, or lie."""

    def add_checkpoint(self, url: str, body: bytes) -> WitnessAnswer:
        """POST to `<url>/add-checkpoint`. Redirects are answers, and not followed.

        Raises `Unavailable` for whatever is no whole answer: refused, late by even one slow byte, cut, or too large.
        """
        ...
