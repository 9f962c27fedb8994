"""Witnesses in memory that keep to the protocol (C2SP tlog-witness): each remembers one log, and signs only what goes on
from it. And the ways in which one may behave badly."""

from __future__ import annotations

import hashlib
import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from realcount.domain.errors import Unavailable
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.notes import COSIGNATURE, Note, NoteKey, Signature, read_note, signature_of
from realcount.domain.log.proofs import NotProven, check_consistency
from realcount.domain.log.witnesses import KnownWitness
from realcount.domain.log.witnessing import SIZE_MEDIA
from realcount.log_ports import WitnessAnswer

SEEN_AT = 1_555_502_400
"""2019-04-17 12:00 UTC, which is `NOON` of the small election."""

Behave = Callable[["FakeWitness", bytes], WitnessAnswer]


def cosign_line(signature: Signature) -> bytes:
    return Note("x\n", (signature,)).to_bytes().split(b"\n\n", 1)[1]


@dataclass
class FakeWitness:
    """`time` is what its clock says. `behave` replaces the protocol."""

    name: str
    time: int = SEEN_AT
    behave: Behave | None = None
    seen: Checkpoint | None = None
    asked: list[bytes] = field(default_factory=list)

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.name.encode()).digest())

    @property
    def key(self) -> NoteKey:
        return NoteKey(self.name, COSIGNATURE, self.private.public_key().public_bytes_raw())

    @property
    def known(self) -> KnownWitness:
        return KnownWitness(f"The {self.name}", self.key, f"https://{self.name}")

    def cosign(self, text: str) -> WitnessAnswer:
        signature = signature_of(self.key, self.private.sign, text, self.time)
        return WitnessAnswer(200, "text/plain", cosign_line(signature))

    def honest(self, body: bytes) -> WitnessAnswer:
        lines, _, rest = body.partition(b"\n\n")
        old, *proof = lines.decode().split("\n")
        note = read_note(rest)
        shown, size = read_checkpoint(note.text), int(old.removeprefix("old "))
        before = self.seen.size if self.seen else 0
        if size != before:
            return WitnessAnswer(409, SIZE_MEDIA, b"%d\n" % before)
        try:
            if self.seen is not None:
                hashes = [b64decode(one) for one in proof]
                check_consistency(before, shown.size, hashes, self.seen.root, shown.root)
        except NotProven as error:
            return WitnessAnswer(422, "text/plain", str(error).encode())
        self.seen = shown
        return self.cosign(note.text)

    def answer(self, body: bytes) -> WitnessAnswer:
        self.asked.append(body)
        return (self.behave or FakeWitness.honest)(self, body)


class Witnesses:
    """The port to all of them, by their addresses. Who is not here does not answer."""

    def __init__(self, *known: FakeWitness) -> None:
        self.at = {witness.known.url: witness for witness in known}
        self._lock = threading.RLock()

    def add_checkpoint(self, url: str, body: bytes) -> WitnessAnswer:
        with self._lock:
            if url not in self.at:
                raise Unavailable(f"the witness at {url} did not answer: refused")
            return self.at[url].answer(body)
