"""What sealing asks of the world: the log's files and head, the marks on sealed forms, and a key that signs.

The rules of `ports` hold here as well: reads are strong, a write that raises `Unavailable` may have happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from realcount.domain.election import ContestKey
from realcount.domain.log.edge import Edge
from realcount.domain.log.notes import NoteKey


class Sealed(NamedTuple):
    """The form an entry is about."""

    contest: ContestKey
    station: str
    version: int


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where the log's writer stands. At rest `batch` is None and `edge` is the whole log's; in between `batch` names what
    comes after `edge`. `seq` counts changes and is the lock."""

    seq: int = 0
    edge: Edge = field(default_factory=Edge)
    batch: str | None = None


class LogStore(Protocol):
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

    def stage(self, bundle: bytes, forms: Sequence[Sealed]) -> str:
        """Lay a batch down under a name derived from its content. Idempotent; never overwritten, never deleted."""
        ...

    def staged(self, batch: str) -> tuple[bytes, Sequence[Sealed]]: ...

    def put_file(self, path: str, data: bytes) -> None:
        """Write a public file if there is none; an existing one stays as it is, whatever it holds."""
        ...

    def file(self, path: str) -> bytes:
        """A public file as a reader gets it, past any memory of ours. Raises `NotFound`."""
        ...

    def checkpoint(self) -> tuple[bytes | None, str | None]:
        """The published checkpoint and the version to replace it by; two None before the first."""
        ...

    def publish(self, checkpoint: bytes, was: str | None) -> None:
        """Replace the checkpoint if its version still is `was`. Raises `Conflict` otherwise."""
        ...


class Seals(Protocol):
    """Which entry of the log each approved form is: beside the form in the ledger."""

    def index(self, form: Sealed) -> int | None: ...

    def mark(self, form: Sealed, index: int) -> None:
        """Note the entry's index. Idempotent. Raises `Drift` if the form is marked with another index."""
        ...


class Signer(Protocol):
    """The log's own key: KMS on AWS, a file on one machine. Whoever holds it can sign a second, different log; witnesses
    are there to notice."""

    @property
    def key(self) -> NoteKey: ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature over the message."""
        ...
