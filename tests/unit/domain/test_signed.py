"""Two lines of text: a payload and its signature, strict to the byte."""

from __future__ import annotations

import pytest

from realcount.domain.errors import Rejected
from realcount.domain.signed import MAX_DOCUMENT, SignedDocument, split_document

GOOD = b'{"a":1}\nU1NT\n'


def test_taken_apart_and_put_together() -> None:
    assert split_document(GOOD) == SignedDocument(b'{"a":1}', b"SSS")
    assert split_document(GOOD).to_bytes() == GOOD


@pytest.mark.parametrize(
    ("data", "code", "why"),
    [
        (b"", "not-signed", "two lines"),
        (b"{}", "not-signed", "two lines"),
        (b"{}\nU1NT", "not-signed", "two lines"),
        (b"\nU1NT\n", "not-signed", "two lines"),
        (b"{}\nU1NT\n\n", "not-signed", "two lines"),
        (b"{}\nU1NT\nmore", "not-signed", "two lines"),
        (b"{}\r\nU1NT\r\n", "bad-signature", "not base64"),
        (b"{}\n\n", "bad-signature", "not the base64 of a signature"),
        (b"{}\nU1N\n", "bad-signature", "not base64"),
        (b"{}\nU1NT U1NT\n", "bad-signature", "not base64"),
        (b"{}\n\xff\xff\xff\xff\n", "bad-signature", "not base64"),
        (b"{}\nU1_T\n", "bad-signature", "not base64"),
        (b"{}\nU1R=\n", "bad-signature", "not the base64 of a signature"),
        (b"{}\n" + b"QUFB" * 86 + b"\n", "bad-signature", "not the base64 of a signature"),
        (b"x" * (MAX_DOCUMENT + 1), "too-large", "is 32769 bytes; at most 32768"),
    ],
)
def test_anything_else_is_refused(data: bytes, code: str, why: str) -> None:
    with pytest.raises(Rejected) as refused:
        split_document(data)
    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.field) == (code, "document")
    assert why in refusal.detail
