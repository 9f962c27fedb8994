"""LogStore, Seals and Signer, and one of each for every election, in memory."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from realcount.domain.errors import Conflict, Drift, NotFound
from realcount.domain.log.checkpoints import log_name
from realcount.domain.log.notes import ED25519, NoteKey
from realcount.domain.log.witnesses import WitnessList
from realcount.log_ports import CHECKPOINT, LogHead, Subject


class MemoryLog:
    """`checkpoints` are all that were ever published, oldest first; `refusals` what witnesses refused, by where it lies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head = LogHead()
        self._staged: dict[str, tuple[bytes, tuple[Subject, ...]]] = {}
        self.files: dict[str, bytes] = {}
        self.checkpoints: list[bytes] = []
        self._beside: dict[str, list[bytes]] = {}
        self.refusals: dict[str, bytes] = {}
        self._marks: dict[Subject, int] = {}

    def head(self) -> LogHead:
        return self._head

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        with self._lock:
            if self._head != was:
                raise Conflict(f"the log's head is at {self._head.seq}, no longer at {was.seq}")
            self._head = now
            return now

    def stage(self, bundle: bytes, subjects: Sequence[Subject]) -> str:
        name = hashlib.sha256(repr((bundle, tuple(subjects))).encode()).hexdigest()
        self._staged.setdefault(name, (bundle, tuple(subjects)))
        return name

    def staged(self, batch: str) -> tuple[bytes, Sequence[Subject]]:
        return self._staged[batch]

    def put_file(self, path: str, data: bytes) -> None:
        self.files.setdefault(path, data)

    def put_files(self, files: Iterable[tuple[str, bytes]]) -> None:
        for path, data in files:
            self.put_file(path, data)

    def file(self, path: str) -> bytes:
        if path not in self.files:
            raise NotFound(f"the log has no file {path}")
        return self.files[path]

    def checkpoint(self) -> tuple[bytes | None, str | None]:
        return self.current(CHECKPOINT)

    def publish(self, checkpoint: bytes, was: str | None) -> None:
        self.replace(CHECKPOINT, checkpoint, was)

    def current(self, name: str) -> tuple[bytes | None, str | None]:
        with self._lock:
            versions = self._versions(name)
            return (versions[-1], str(len(versions))) if versions else (None, None)

    def replace(self, name: str, data: bytes, was: str | None) -> None:
        with self._lock:
            versions = self._versions(name)
            if was != (str(len(versions)) if versions else None):
                raise Conflict(f"the {name} is no longer the one that was read")
            versions.append(data)

    def keep_refusal(self, content: bytes) -> str:
        place = f"/refusals/{hashlib.sha256(content).hexdigest()}"
        self.refusals.setdefault(place, content)
        return place

    def _versions(self, name: str) -> list[bytes]:
        return self.checkpoints if name == CHECKPOINT else self._beside.setdefault(name, [])

    def mark(self, places: Mapping[Subject, int]) -> None:
        for subject, index in places.items():
            with self._lock:
                known = self._marks.setdefault(subject, index)
            if known != index:
                raise Drift(f"{subject} is entry {known} of the log, and entry {index} as well")

    def marks(self, subjects: Sequence[Subject]) -> Mapping[Subject, int]:
        with self._lock:
            return {subject: self._marks[subject] for subject in subjects if subject in self._marks}

    def last_mark(self, beginning: Subject) -> int | None:
        with self._lock:
            last = max((one for one in self._marks if one[: len(beginning)] == beginning != one), default=None)
            return None if last is None else self._marks[last]


class MemorySeals:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.marks: dict[Subject, int] = {}

    def mark(self, subjects: Sequence[Subject], first: int) -> None:
        for index, subject in enumerate(subjects, start=first):
            with self._lock:
                known = self.marks.setdefault(subject, index)
            if known != index:
                raise Drift(f"{subject} is entry {known} of the log, and entry {index} as well")


class MemoryLogs:
    def __init__(self) -> None:
        self._logs: dict[str, MemoryLog] = {}

    def of(self, election: str) -> MemoryLog:
        return self._logs.setdefault(election, MemoryLog())


class MemoryRoll:
    """Of witnesses; nobody, until a test says whom."""

    def __init__(self) -> None:
        self.now = WitnessList()

    def read(self) -> WitnessList:
        return self.now


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


class KeptKeys:
    """One such key for every election's log, or whatever else `named` names; `origin` is what all names begin with."""

    def __init__(self, origin: str, seed: bytes, named: Callable[[str, str], str] = log_name) -> None:
        self._origin, self._seed, self._named = origin, seed, named
        self._kept: dict[str, KeptKey] = {}

    def of(self, election: str) -> KeptKey:
        if election not in self._kept:
            self._kept[election] = KeptKey(self._named(self._origin, election), self._seed)
        return self._kept[election]


class KeptLogKeys:
    """Their public halves alone."""

    def __init__(self, origin: str, seed: bytes, named: Callable[[str, str], str] = log_name) -> None:
        self._signers = KeptKeys(origin, seed, named)

    def of(self, election: str) -> NoteKey:
        return self._signers.of(election).key
