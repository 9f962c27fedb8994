"""A signed document: two lines of text, so that a file on a stick is as good as a request.

    <payload: canonical JSON of one object> LF
    <signature: base64, 88 characters for the 64 bytes of Ed25519> LF

The signature covers exactly the payload's bytes, without the line feed. The payload names its own `type` and the `key`
it is signed with; the algorithm is the key record's business. The form is strict to the byte, so one statement has one
spelling and its hash names it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from realcount.domain.errors import Refusal, Rejected

MAX_DOCUMENT = 32 * 1024
"""Bytes. A C1 with two options is about 1 KiB, one with 16 parties of 10 candidates about 6 KiB."""

MAX_SIGNATURE = 256
"""Bytes; generous for any algorithm a key record may name."""


@dataclass(frozen=True, slots=True)
class SignedDocument:
    payload: bytes
    signature: bytes

    def to_bytes(self) -> bytes:
        return self.payload + b"\n" + base64.b64encode(self.signature) + b"\n"


def split_document(data: bytes) -> SignedDocument:
    """Take a signed document apart. Says nothing about the signature yet. Raises `Rejected`."""
    if len(data) > MAX_DOCUMENT:
        raise _refused("too-large", f"is {len(data)} bytes; at most {MAX_DOCUMENT} are accepted")
    lines = data.split(b"\n")
    if len(lines) != 3 or lines[2] != b"" or not lines[0]:
        raise _refused(
            "not-signed", "must be two lines, each ended by a line feed: the payload, then its signature in base64"
        )
    try:
        signature = base64.b64decode(lines[1], validate=True)
    except (binascii.Error, ValueError):
        raise _refused("bad-signature", "the second line is not base64") from None
    if not 1 <= len(signature) <= MAX_SIGNATURE or base64.b64encode(signature) != lines[1]:
        raise _refused("bad-signature", "the second line is not the base64 of a signature")
    return SignedDocument(lines[0], signature)


def _refused(code: str, detail: str) -> Rejected:
    return Rejected([Refusal(code, "document", detail)])
