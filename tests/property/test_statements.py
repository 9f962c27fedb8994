"""Whatever arrives, a statement is exactly what was signed, or it is refused; never a third thing."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.canonical import canonical_bytes
from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_form, parse_review, parse_upload_request
from realcount.evidence.signatures import CryptographyVerifier
from realcount.officials.official import Scan, form_hash, new_official

NOW = "2019-04-17T13:00:00.000Z"
PPWP = ContestKey("e", "ppwp")
OFFICIAL = new_official("k1", b"k" * 32)
KEY = OFFICIAL.key(
    holder="h1", election="e", role="submitter", regions=["N"], valid_from=NOW, valid_until="2099-01-01T00:00:00.000Z"
)
SCAN = Scan(b"a scan")
FORM = OFFICIAL.form(
    PPWP, "s1", figures={"valid": 30, "invalid": 2}, votes={"01": 10, "02": 20}, scans=[SCAN], now=NOW, nonce="n" * 16
)
REQUEST = OFFICIAL.upload_request(PPWP, "s1", form=FORM, scans=[SCAN], now=NOW, nonce="n" * 16)
REVIEW = OFFICIAL.review(PPWP, "s1", version=1, form_hash=form_hash(FORM), decision="approve", now=NOW, nonce="n" * 16)

PARSERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "form": (FORM, parse_form),
    "upload request": (REQUEST, parse_upload_request),
    "review": (REVIEW, parse_review),
}
each = pytest.mark.parametrize(("document", "parse"), PARSERS.values(), ids=PARSERS)


@each
@given(where=st.integers(0, 10_000), what=st.integers(0, 255), how=st.sampled_from(["replace", "insert", "drop"]))
def test_one_byte_changed_never_makes_another_accepted_statement(
    document: bytes, parse: Callable[[bytes], object], where: int, what: int, how: str
) -> None:
    at = where % len(document)
    middle = {"replace": bytes([what]), "insert": bytes([what]) + document[at : at + 1], "drop": b""}[how]
    changed = document[:at] + middle + document[at + 1 :]
    try:
        signed = split_document(changed)
        parse(signed.payload)
    except Rejected:
        return
    if changed != document:
        assert not CryptographyVerifier().verify(KEY, signed.payload, signed.signature)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@each
@given(data=st.data())
def test_a_member_of_any_other_kind_is_a_refusal_and_nothing_worse(
    document: bytes, parse: Callable[[bytes], object], data: st.DataObject
) -> None:
    statement = json.loads(split_document(document).payload)
    name = data.draw(st.sampled_from(sorted(statement)))
    statement[name] = data.draw(json_like)
    try:
        payload = canonical_bytes(statement)
    except UnicodeEncodeError:
        return
    refusals: tuple[Refusal, ...] = (Refusal("none", name, "it was of the right kind"),)
    try:
        parse(payload)
    except Rejected as refused:
        refusals = refused.refusals
    assert refusals
    assert all(refusal.code and refusal.detail for refusal in refusals)


@each
@given(data=st.binary(max_size=120))
def test_any_bytes_are_refused_and_nothing_worse(
    document: bytes, parse: Callable[[bytes], object], data: bytes
) -> None:
    with pytest.raises(Rejected):
        parse(data)


HOSTILE = {
    "a number of 5,000 digits": b'{"version":' + b"9" * 5_000 + b"}",
    "brackets all the way down": b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a lone surrogate": b'{"a":"\\ud800"}',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "a key twice": b'{"a":1,"a":2}',
    "minus zero": b'{"a":-0}',
    "an exponent": b'{"a":1e9}',
    "a fraction": b'{"a":1.0}',
    "not a number": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "not UTF-8": b'{"a":"\xff"}',
    "digits that are not ASCII": '{"a":１}'.encode(),
    "nothing": b"",
}


@each
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_refused(document: bytes, parse: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        parse(data)
    assert refused.value.refusals[0].code == "not-canonical"
