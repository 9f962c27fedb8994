"""LogStore, Seals and Signer in memory."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from realcount.domain.errors import Conflict, Drift, NotFound
from realcount.domain.log.notes import ED25519, NoteKey
from realcount.log_ports import LogHead, Sealed


class MemoryLog:
    """`checkpoints` are all that were ever published, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head = LogHead()
        self._staged: dict[str, tuple[bytes, tuple[Sealed, ...]]] = {}
        self.files: dict[str, bytes] = {}
        self.checkpoints: list[bytes] = []

    def head(self) -> LogHead:
        return self._head

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        with self._lock:
            if self._head != was:
                raise Conflict(f"the log's head is at {self._head.seq}, no longer at {was.seq}")
            self._head = now
            return now

    def stage(self, bundle: bytes, forms: Sequence[Sealed]) -> str:
        name = hashlib.sha256(repr((bundle, tuple(forms))).encode()).hexdigest()
        self._staged.setdefault(name, (bundle, tuple(forms)))
        return name

    def staged(self, batch: str) -> tuple[bytes, Sequence[Sealed]]:
        return self._staged[batch]

    def put_file(self, path: str, data: bytes) -> None:
        self.files.setdefault(path, data)

    def file(self, path: str) -> bytes:
        if path not in self.files:
            raise NotFound(f"the log has no file {path}")
        return self.files[path]

    def checkpoint(self) -> tuple[bytes | None, str | None]:
        with self._lock:
            number = len(self.checkpoints)
            return (self.checkpoints[-1], str(number)) if number else (None, None)

    def publish(self, checkpoint: bytes, was: str | None) -> None:
        with self._lock:
            if was != (str(len(self.checkpoints)) if self.checkpoints else None):
                raise Conflict("the checkpoint is no longer the one that was read")
            self.checkpoints.append(checkpoint)


class MemorySeals:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.marks: dict[Sealed, int] = {}

    def index(self, form: Sealed) -> int | None:
        return self.marks.get(form)

    def mark(self, form: Sealed, index: int) -> None:
        with self._lock:
            known = self.marks.setdefault(form, index)
        if known != index:
            raise Drift(f"{form} is entry {known} of the log, and entry {index} as well")


class KeptKey:
    """A key that lies in this process: for tests and one machine."""

    def __init__(self, name: str, seed: bytes) -> None:
        """`seed` is the 32 bytes of the private key."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._key = NoteKey(name, ED25519, self._private.public_key().public_bytes_raw())

    @property
    def key(self) -> NoteKey:
        return self._key

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)
