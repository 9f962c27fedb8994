"""Bytes that are not exactly the one spelling of a value are refused, with the place where they differ."""

from __future__ import annotations

import pytest

from realcount.domain.canonical import canonical_bytes, parse_canonical, sha256_hex
from realcount.domain.errors import Rejected


def test_one_spelling() -> None:
    assert canonical_bytes({"b": [1, True, None], "a": "é"}) == '{"a":"é","b":[1,true,null]}'.encode()


def test_the_name_of_bytes() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_lone_surrogates_cannot_be_written() -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical_bytes({"a": "\ud800"})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"1", "is not a JSON object"),
        (b'"text"', "is not a JSON object"),
        (b"\xff{}", "is not UTF-8"),
        (b"\xef\xbb\xbf{}", "is not JSON"),
        (b'{"a":"\\ud800"}', "is not UTF-8"),
        (b'{"a":1,"a":1}', "is not in canonical form: at byte 6"),
        (b'{"a":1,"a":2}', "is not in canonical form"),
        (b'{"b":1,"a":2}', "is not in canonical form: at byte 2"),
        (b'{"a":-0}', "is not in canonical form: at byte 5"),
        (b'{"a":1e9}', "the number 1e9 is not an integer"),
        (b'{"a":1.0}', "the number 1.0 is not an integer"),
        (b'{"a":NaN}', "the number NaN is not an integer"),
        (b'{"a":-Infinity}', "the number -Infinity is not an integer"),
        (b'{"a":01}', "is not JSON"),
        ('{"a":１}'.encode(), "is not JSON"),
        (b'{"a": 1}', "is not in canonical form"),
        (b'{"a":1}\n', "is not in canonical form: at byte 7"),
        (b'{"a":"\\u0041"}', "is not in canonical form"),
        (b'{"a":"\\/"}', "is not in canonical form"),
        (b'{"a":"' + b"\x01" + b'"}', "is not JSON"),
        (b'{"a":' + b"1" * 5_000 + b"}", "is not JSON"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested too deeply"),
    ],
)
def test_any_other_bytes_are_refused(data: bytes, why: str) -> None:
    with pytest.raises(Rejected) as refused:
        parse_canonical(data)
    (refusal,) = refused.value.refusals
    assert (refusal.code, refusal.field) == ("not-canonical", "payload")
    assert why in refusal.detail
    assert len(refusal.detail) < 300, "a refusal is for a person to read"
