"""Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature.

    <text, ended by a line feed>
    <empty line>
    — <name> <base64 of key id and signature>

A key is named, and identified by four bytes of a hash over its name, its kind and itself. Whoever does not know a name and
key id skips the line: that is how witnesses' signatures stand beside the log's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from realcount.domain.errors import Refusal, Rejected
from realcount.domain.log.base64_text import from_base64, to_base64

ED25519 = 0x01
COSIGNATURE = 0x04
"""Kinds of keys: one that signs the text, one that signs the text and when it saw it (C2SP tlog-cosignature)."""

MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 100

_DASH = "\N{EM DASH} "
_ID_BYTES = 4
_TIME_BYTES = 8

Verify = Callable[[bytes, bytes, bytes], bool]
"""Public key, message, signature: whether it holds. Total."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key that signs notes. `kind` is `ED25519` or `COSIGNATURE`; `public` its 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def to_text(self) -> str:
        """The key as it is published: `name+id+key`."""
        return f"{self.name}+{self.id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. `blob` is what follows the key id."""

    name: str
    key: bytes
    blob: bytes


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        lines = [f"{_DASH}{s.name} {to_base64(s.key + s.blob)}\n" for s in self.signatures]
        return (self.text + "\n" + "".join(lines)).encode()

    def signed_by(self, key: NoteKey, verify: Verify) -> bool:
        """Whether the key signed the text. A key that signed twice must have signed rightly every time."""
        own = [s for s in self.signatures if s.name == key.name and s.key == key.id]
        return bool(own) and all(_holds(self.text, key, s.blob, verify) for s in own)

    def seen_at(self, witness: NoteKey, verify: Verify) -> int | None:
        """When a witness says it saw this text, in seconds since 1970, or None without a valid cosignature of it."""
        if witness.kind != COSIGNATURE or not self.signed_by(witness, verify):
            return None
        blobs = (s.blob for s in self.signatures if s.name == witness.name and s.key == witness.id)
        return max(int.from_bytes(blob[:_TIME_BYTES], "big") for blob in blobs)


def read_key(text: str) -> NoteKey:
    """A key as it is published. Raises `Rejected`."""
    name, found, rest = text.partition("+")
    hex_id, _, encoded = rest.partition("+")
    data = from_base64(encoded)
    if not found or data is None:
        raise _refused("key", "is not `name+id+key`, the id in hexadecimal and the key in base64")
    if not _is_name(name) or len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
        raise _refused("key", "is not a name with an Ed25519 key for notes")
    key = NoteKey(name, data[0], data[1:])
    if key.id.hex() != hex_id:
        raise _refused("key", f"has the id {key.id.hex()}, not {hex_id}: one of name, kind and key was changed")
    return key


def read_note(data: bytes) -> Note:
    """Take a note apart. Says nothing about its signatures yet. Raises `Rejected`."""
    if len(data) > MAX_NOTE:
        raise _refused("note", f"is {len(data)} bytes; at most {MAX_NOTE} are read")
    try:
        whole = data.decode("utf-8")
    except UnicodeError as error:
        raise _refused("note", f"is not UTF-8: {error}") from None
    if any(letter < " " and letter != "\n" for letter in whole):
        raise _refused("note", "holds control characters")
    # The last empty line is the one that counts: the text itself may hold others.
    text, found, signatures = whole.rpartition("\n\n")
    if not found or not signatures.endswith("\n"):
        raise _refused("note", "has no signatures: a text, an empty line and a line for each signature were expected")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _refused("note", f"has {len(lines)} signatures; at most {MAX_SIGNATURES} are read")
    return Note(text + "\n", tuple(_read_signature(line) for line in lines))


def message_of(text: str, kind: int, time: int | None = None) -> bytes:
    """The bytes a key of this kind signs. A cosignature's `time` is in seconds since 1970."""
    if kind != COSIGNATURE:
        return text.encode()
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def signature_of(key: NoteKey, sign: Callable[[bytes], bytes], text: str, time: int | None = None) -> Signature:
    """Sign a text as `key`. `time` is for cosignatures only."""
    stamp = b"" if time is None else time.to_bytes(_TIME_BYTES, "big")
    return Signature(key.name, key.id, stamp + sign(message_of(text, key.kind, time)))


def with_signatures(note: Note, more: Iterable[Signature]) -> Note:
    """The note with further signatures under it; one that it has already is not added again."""
    return Note(note.text, tuple(dict.fromkeys((*note.signatures, *more))))


def _holds(text: str, key: NoteKey, blob: bytes, verify: Verify) -> bool:
    if key.kind != COSIGNATURE:
        return verify(key.public, message_of(text, key.kind), blob)
    time, signature = blob[:_TIME_BYTES], blob[_TIME_BYTES:]
    if len(time) != _TIME_BYTES:
        return False
    return verify(key.public, message_of(text, key.kind, int.from_bytes(time, "big")), signature)


def _read_signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = from_base64(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or data is None or len(data) <= _ID_BYTES:
        raise _refused("note", f"has a signature line that is none: {line[:80]!r}")
    return Signature(name, data[:_ID_BYTES], data[_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


def _refused(field: str, detail: str) -> Rejected:
    return Rejected([Refusal("bad-note", field, detail)])
