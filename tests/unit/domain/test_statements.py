"""The three signed statements: what they give when right, and each refusal with its code and field when not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from realcount.domain.canonical import canonical_bytes, sha256_hex
from realcount.domain.errors import Rejected
from realcount.domain.form import MAX_FIGURE, ScanRef
from realcount.domain.statements import FORM_MEDIA, MAX_SCAN_SIZE, parse_form, parse_review, parse_upload_request
from tests.small_election import SCAN_REF, file_entry, form_statement, request_statement, review_statement, signed

GONE = object()
HASH = "a" * 64
LATER = {"kind": "correction", "version": 2, "prev": HASH, "reason": "a digit too many"}
WITHDRAWAL = LATER | {"kind": "withdrawal", "figures": {}, "votes": {}, "scans": []}

Refusals = list[tuple[str, str]]


def refusals(
    parse: Callable[[bytes], object], statement: Mapping[str, object], changes: Mapping[str, object]
) -> Refusals:
    changed = {name: value for name, value in {**statement, **changes}.items() if value is not GONE}
    with pytest.raises(Rejected) as refused:
        parse(canonical_bytes(changed))
    return [(refusal.code, refusal.field) for refusal in refused.value.refusals]


def test_a_form_becomes_a_value_named_by_its_bytes() -> None:
    payload = canonical_bytes(form_statement())
    form = parse_form(payload)
    assert (form.kind, form.election, form.contest, form.station, form.version) == ("form", "e19", "ppwp", "S1", 1)
    assert (form.previous, form.reason, form.key) == (None, None, "sub-1")
    assert form.votes == {"01": 150, "02": 120}
    assert form.figures["voters.total"] == 275
    assert form.scans == (SCAN_REF,)
    assert form.hash == sha256_hex(payload)


@pytest.mark.parametrize("changes", [LATER, WITHDRAWAL, {"figures": {}, "votes": {}}, {"votes": {"01": MAX_FIGURE}}])
def test_other_forms_that_are_right(changes: dict[str, object]) -> None:
    assert parse_form(canonical_bytes(form_statement(**changes))).version in (1, 2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "realcount/review/v1"}, [("bad-value", "type")]),
        ({"kind": "recount"}, [("bad-value", "kind")]),
        ({"station": "a/b"}, [("bad-value", "station")]),
        ({"election": GONE}, [("missing-field", "election")]),
        ({"contest": 7}, [("bad-value", "contest")]),
        ({"version": 0}, [("bad-value", "version")]),
        ({"version": 1001}, [("bad-value", "version")]),
        ({"version": True}, [("bad-value", "version")]),
        ({"figures": {"valid": -1}}, [("bad-value", "figures")]),
        ({"figures": {"valid": True}}, [("bad-value", "figures")]),
        ({"figures": []}, [("bad-value", "figures")]),
        ({"figures": {"vaild": 1, "totl": 2}}, [("unknown-field", "figures.totl"), ("unknown-field", "figures.vaild")]),
        ({"votes": {"01": MAX_FIGURE + 1}}, [("bad-value", "votes")]),
        ({"votes": {"01": "12"}}, [("bad-value", "votes")]),
        ({"votes": GONE}, [("missing-field", "votes")]),
        ({"votes": {f"o{i}": 1 for i in range(2001)}}, [("bad-value", "votes")]),
        ({"scans": []}, [("bad-value", "scans")]),
        ({"scans": [file_entry(SCAN_REF)] * 2}, [("bad-value", "scans")]),
        ({"scans": [file_entry(ScanRef(str(i) * 64, 1, "image/png")) for i in range(5)]}, [("bad-value", "scans")]),
        ({"scans": ["photo.jpg"]}, [("bad-type", "scans[0]"), ("missing-field", "scans[0].sha256"),
                                    ("missing-field", "scans[0].bytes"), ("missing-field", "scans[0].media")]),
        ({"scans": [file_entry(SCAN_REF) | {"bytes": 0}]}, [("bad-value", "scans[0].bytes")]),
        ({"scans": [file_entry(SCAN_REF) | {"bytes": MAX_SCAN_SIZE + 1}]}, [("bad-value", "scans[0].bytes")]),
        ({"scans": [file_entry(SCAN_REF) | {"media": "image/gif"}]}, [("bad-value", "scans[0].media")]),
        ({"scans": [file_entry(SCAN_REF) | {"exif": 1}]}, [("unknown-field", "scans[0].exif")]),
        ({"reason": ""}, [("bad-value", "reason")]),
        ({"key": ""}, [("bad-value", "key")]),
        ({"device": GONE}, [("missing-field", "device")]),
        ({"nonce": "short"}, [("bad-value", "nonce")]),
        ({"signed_at": "2019-04-17T13:00:00Z"}, [("bad-value", "signed_at")]),
        ({"note": "hello"}, [("unknown-field", "note")]),
        ({"kind": "correction"}, [("bad-value", "kind")]),
        ({"prev": HASH}, [("bad-value", "prev")]),
        ({"reason": "why not"}, [("bad-value", "prev")]),
        (LATER | {"prev": None}, [("bad-value", "prev")]),
        (LATER | {"reason": None}, [("bad-value", "prev")]),
        (LATER | {"prev": HASH.upper()}, [("bad-value", "prev"), ("bad-value", "prev")]),
        (WITHDRAWAL | {"votes": {"01": 1}}, [("bad-value", "figures")]),
        (WITHDRAWAL | {"figures": {"valid": 0}}, [("bad-value", "figures")]),
        ({"station": "", "nonce": "", "more": 1}, [("bad-value", "station"), ("bad-value", "nonce"), ("unknown-field", "more")]),
    ],
)  # fmt: skip
def test_a_form_is_refused_for(changes: dict[str, object], expected: Refusals) -> None:
    assert refusals(parse_form, form_statement(), changes) == expected


def test_an_upload_request_becomes_a_value() -> None:
    form = signed(form_statement())
    request = parse_upload_request(canonical_bytes(request_statement(form)))
    assert request.form == ScanRef(sha256_hex(form), len(form), FORM_MEDIA)
    assert request.scans == (SCAN_REF,)
    assert (request.election, request.contest, request.station, request.key) == ("e19", "ppwp", "S1", "sub-1")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "realcount/form/v1"}, [("bad-value", "type")]),
        ({"form": GONE}, [("bad-type", "form"), ("missing-field", "form.sha256"), ("missing-field", "form.bytes"),
                          ("missing-field", "form.media")]),
        ({"form": file_entry(SCAN_REF)}, [("bad-value", "form.media")]),
        ({"scans": "none"}, [("bad-value", "scans")]),
        ({"nonce": GONE}, [("missing-field", "nonce")]),
        ({"signed_at": 1555506000}, [("bad-value", "signed_at")]),
        ({"expires": "never"}, [("unknown-field", "expires")]),
    ],
)  # fmt: skip
def test_an_upload_request_is_refused_for(changes: dict[str, object], expected: Refusals) -> None:
    assert refusals(parse_upload_request, request_statement(b"form"), changes) == expected


def test_a_review_becomes_a_value() -> None:
    review = parse_review(canonical_bytes(review_statement(3, HASH, decision="return", reason="blurred")))
    assert (review.version, review.form, review.decision, review.reason) == (3, HASH, "return", "blurred")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"decision": "maybe"}, [("bad-value", "decision")]),
        ({"decision": "return"}, [("bad-value", "reason")]),
        ({"version": "1"}, [("bad-value", "version")]),
        ({"form": None}, [("bad-value", "form")]),
        ({"reason": 5}, [("bad-value", "reason")]),
        ({"key": GONE, "votes": {}}, [("missing-field", "key"), ("unknown-field", "votes")]),
    ],
)
def test_a_review_is_refused_for(changes: dict[str, object], expected: Refusals) -> None:
    assert refusals(parse_review, review_statement(1, HASH), changes) == expected


class TestPagesOfScans:
    """Which page of the paper a scan shows: a member that forms did not have at first."""

    def test_a_form_may_say_it(self) -> None:
        payload = canonical_bytes(form_statement(scans=[{**file_entry(SCAN_REF), "page": 3}]))
        assert parse_form(payload).scans == (replace(SCAN_REF, page=3),)

    def test_a_form_that_does_not_is_what_it_was_to_the_byte(self) -> None:
        payload = canonical_bytes(form_statement())
        assert b"page" not in payload
        assert parse_form(payload).scans == (SCAN_REF,)
        assert parse_form(payload).hash == sha256_hex(payload)

    @pytest.mark.parametrize("page", [0, 100, -1, True, "1", None])
    def test_it_is_a_whole_number_from_1_and_never_null(self, page: object) -> None:
        changes = {"scans": [{**file_entry(SCAN_REF), "page": page}]}
        assert ("bad-value", "scans[0].page") in refusals(parse_form, form_statement(), changes)

    def test_two_scans_do_not_show_the_same_page(self) -> None:
        scans = [{**file_entry(ScanRef(digit * 64, 1, "image/png")), "page": 2} for digit in "ab"]
        with pytest.raises(Rejected, match="the same page"):
            parse_form(canonical_bytes(form_statement(scans=scans)))

    def test_an_upload_request_has_no_word_for_it(self) -> None:
        changes = {"scans": [{**file_entry(SCAN_REF), "page": 1}]}
        wrong = refusals(parse_upload_request, request_statement(b"form"), changes)
        assert wrong == [("unknown-field", "scans[0].page")]
