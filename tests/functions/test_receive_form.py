"""What lands in the bucket becomes a recorded form, or a refused upload with every reason; never a crash, never half of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from realcount.domain.canonical import canonical_bytes, sha256_hex
from realcount.domain.errors import Unavailable
from realcount.domain.signed import MAX_DOCUMENT, SignedDocument
from realcount.officials.official import Official, Scan, form_hash
from realcount.officials.signing_keys import signature_of
from tests.functions.bad_input import NOT_A_NUMBER, NOT_CANONICAL, NOT_SIGNED
from tests.functions.night import PHOTO, Night, photograph, s3_event
from tests.small_election import BEFORE, PPWP, paper


def statement(night: Night, **changes: object) -> dict[str, object]:
    """A good form's members; `changes` replaces some, and a change to `...` leaves the member out."""
    whole: dict[str, object] = {
        "type": "realcount/form/v1",
        "kind": "form",
        "election": PPWP.election,
        "contest": PPWP.contest,
        "station": "S1",
        "version": 1,
        "prev": None,
        "figures": paper(150, 120, 5),
        "votes": {"01": 150, "02": 120},
        "scans": [{"sha256": PHOTO.ref().sha256, "bytes": PHOTO.ref().size, "media": PHOTO.ref().media}],
        "reason": None,
        "key": "sub-1",
        "device": "device-1",
        "nonce": "n" * 16,
        "signed_at": night.now,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def sign(payload: bytes, by: Official) -> bytes:
    return SignedDocument(payload, signature_of(by.private, payload)).to_bytes()


def ledger(night: Night) -> str:
    return "\n".join(repr(vars(store)) for store in (night.forms, night.tallies, night.pages, night.keys))


def rejected(night: Night, form: bytes, **more: Any) -> list[tuple[str, str]]:
    """Submit; the refusals as (code, field), after seeing that nothing but the upload's own state was changed."""
    before = ledger(night), len(night.heads_moved)
    upload = night.submit(form, **more)
    assert (ledger(night), len(night.heads_moved)) == before
    told = night.http("track_upload", "GET", f"/v1/uploads/{upload}").json
    assert (told["state"], told["version"], told["form"]) == ("rejected", None, None)
    assert told["refusals"] and all(refusal["detail"] for refusal in told["refusals"])
    return [(refusal["code"], refusal["field"]) for refusal in told["refusals"]]


def test_a_form_is_recorded_once_all_its_files_have_arrived(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    form = night.form()
    upload = night.http("grant_upload", "POST", "/v1/uploads", night.request(form)).json["upload"]
    metrics()
    night.bucket.put(upload, "scan-1", PHOTO.content)
    night.arrived(f"uploads/{upload}/scan-1")
    assert night.forms.head(PPWP, "S1") is None
    assert metrics() == {}

    night.bucket.put(upload, "form", form)
    night.arrived(f"uploads/{upload}/form")
    head = night.forms.head(PPWP, "S1")
    assert head is not None and (head.latest, head.latest_hash, head.counted) == (1, form_hash(form), 0)
    assert night.evidence.get(PHOTO.ref().sha256) == PHOTO.content
    assert metrics() == {"FormsReceived": 1}


def test_events_that_come_twice_late_and_together_change_nothing_more(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    upload = night.submit()
    metrics()
    before = night.state()
    night.now = "2019-04-17T12:30:00.000Z"
    night.arrived(f"uploads/{upload}/scan-1", f"uploads/{upload}/form", f"uploads/{upload}/form")
    assert night.state() == before
    assert metrics() == {}


def test_a_key_that_s3_had_to_encode_is_read_as_it_was(night: Night) -> None:
    event = s3_event("uploads/abc/a file & more")
    assert event["Records"][0]["s3"]["object"]["key"] == "uploads%2Fabc%2Fa+file+%26+more"
    asked: list[str] = []
    night.uploads.find = lambda upload: asked.append(upload)  # type: ignore[method-assign,assign,return-value]
    night.invoke("receive_form", event)
    assert asked == ["abc"]


def test_an_event_for_an_upload_nobody_was_granted_is_dropped_and_counted(
    night: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    before = night.state()
    night.arrived("uploads/0123456789abcdef/form")
    assert night.state() == before
    assert metrics() == {"UploadsUnknown": 1}
    assert "0123456789abcdef" in caplog.text


@pytest.mark.parametrize(
    "key", ["form", "scans/abc", "uploads/abc", "uploads//form", "uploads/a/b/c", "/uploads/a/b", " "]
)
def test_objects_outside_the_uploads_are_left_alone(
    night: Night, key: str, metrics: Callable[[], Mapping[str, float]]
) -> None:
    before = night.state()
    night.arrived(key)
    assert (night.state(), metrics()) == (before, {})


def test_one_stranger_in_an_event_does_not_keep_the_others_out(night: Night) -> None:
    form = night.form()
    upload = night.http("grant_upload", "POST", "/v1/uploads", night.request(form)).json["upload"]
    night.bucket.put(upload, "form", form)
    night.bucket.put(upload, "scan-1", PHOTO.content)
    night.arrived("uploads/nobody/form", "elsewhere", f"uploads/{upload}/form")
    assert night.forms.head(PPWP, "S1") is not None


def test_a_store_that_does_not_answer_fails_the_event_so_that_it_comes_again(night: Night) -> None:
    form = night.form()
    receive = night.forms.receive

    def down(*_: object) -> None:
        raise Unavailable("timeout")

    night.forms.receive = down  # type: ignore[method-assign,assign]
    with pytest.raises(Unavailable):
        night.submit(form)
    assert night.forms.head(PPWP, "S1") is None

    night.forms.receive = receive  # type: ignore[method-assign]
    upload = night.submit(form)
    assert night.http("track_upload", "GET", f"/v1/uploads/{upload}").json["state"] == "accepted"


@pytest.mark.parametrize("spoil", NOT_SIGNED.values(), ids=NOT_SIGNED.keys())
def test_a_file_that_is_no_signed_document_is_refused(night: Night, spoil: Callable[[bytes], bytes]) -> None:
    form = spoil(night.form()) or b" "  # S3 would not have taken an empty file.
    [(code, field)] = rejected(night, form)
    assert (code in ("not-signed", "bad-signature"), field) == (True, "document")


@pytest.mark.parametrize("spoil", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_a_form_that_is_not_canonical_is_refused_however_well_signed(
    night: Night, spoil: Callable[[bytes], bytes]
) -> None:
    payload = spoil(canonical_bytes(statement(night)))
    form = sign(payload, night.submitter)
    if len(form) > MAX_DOCUMENT:
        assert night.http("grant_upload", "POST", "/v1/uploads", night.request(form)).status == 422
        return
    expected = ("not-signed", "document") if b"\n" in payload else ("not-canonical", "payload")
    assert rejected(night, form) == [expected]


@pytest.mark.parametrize("value", NOT_A_NUMBER.values(), ids=NOT_A_NUMBER.keys())
@pytest.mark.parametrize("member", ["votes", "figures"])
def test_a_count_is_a_whole_number_and_nothing_like_one(night: Night, member: str, value: object) -> None:
    name = {"votes": "02", "figures": "valid"}[member]
    counts = {**statement(night)[member], name: value}  # type: ignore[dict-item]
    form = sign(canonical_bytes(statement(night, **{member: counts})), night.submitter)
    assert rejected(night, form) == [("bad-value", member)]


MEMBERS: list[tuple[dict[str, object], str]] = [
    ({"type": "realcount/review/v1"}, "type"),
    ({"kind": "recount"}, "kind"),
    ({"kind": "correction"}, "kind"),
    ({"version": 0}, "version"),
    ({"version": 1001}, "version"),
    ({"version": "1"}, "version"),
    ({"version": True}, "version"),
    ({"version": ...}, "version"),
    ({"prev": "0" * 64}, "prev"),
    ({"prev": "first"}, "prev"),
    ({"version": 2}, "prev"),
    ({"figures": []}, "figures"),
    ({"figures": None}, "figures"),
    ({"votes": "many"}, "votes"),
    ({"votes": {str(n): 1 for n in range(2001)}}, "votes"),
    ({"scans": []}, "scans"),
    ({"scans": [{"sha256": "x", "bytes": 1, "media": "image/jpeg"}]}, "scans[0].sha256"),
    ({"device": ""}, "device"),
    ({"reason": ""}, "reason"),
    ({"reason": "line\nbreak"}, "reason"),
    ({"reason": "x" * 501}, "reason"),
    ({"comment": "hello"}, "comment"),
    ({"figures": {"votes.total": 1}}, "figures.votes.total"),
]


@pytest.mark.parametrize(("change", "field"), MEMBERS)
def test_a_member_that_cannot_be_is_named(night: Night, change: dict[str, object], field: str) -> None:
    refusals = rejected(night, sign(canonical_bytes(statement(night, **change)), night.submitter))
    assert field in [where for _, where in refusals]


@pytest.mark.parametrize("option", ["03", "1", "", "01 ", "__proto__", "0\u0661"])
def test_a_vote_for_nobody_on_the_ballot_is_refused(night: Night, option: str) -> None:
    votes = {"01": 150, "02": 120, option: 1}
    if option.isascii():
        payload = canonical_bytes(statement(night, votes=votes))
    else:
        payload = canonical_bytes(statement(night)).replace(b'"votes":{', f'"votes":{{"{option}":1,'.encode())
    form = sign(payload, night.submitter)
    assert rejected(night, form)[0] in (("unknown-option", f"votes.{option}"), ("not-canonical", "payload"))


@pytest.mark.parametrize(
    "change", [{"station": "S2"}, {"station": "S9"}, {"contest": "dpr"}, {"election": "e24"}, {"key": "app-1"}]
)
def test_a_form_about_something_else_than_was_granted_is_refused(night: Night, change: dict[str, object]) -> None:
    form = sign(canonical_bytes(statement(night, **change)), night.submitter)
    assert rejected(night, form) == [("not-as-granted", "station")]


def test_a_key_revoked_between_grant_and_arrival_signs_nothing(night: Night) -> None:
    form = night.form()
    upload = night.http("grant_upload", "POST", "/v1/uploads", night.request(form)).json["upload"]
    night.bucket.put(upload, "form", form)
    night.bucket.put(upload, "scan-1", PHOTO.content)
    night.keys.revoke("sub-1", BEFORE)
    before = ledger(night)
    night.arrived(f"uploads/{upload}/form")
    told = night.http("track_upload", "GET", f"/v1/uploads/{upload}").json
    assert [(r["code"], r["field"]) for r in told["refusals"]] == [("revoked", "key")]
    assert ledger(night) == before


def test_a_form_signed_by_another_than_the_request_is_refused(night: Night) -> None:
    form = sign(canonical_bytes(statement(night)), night.approver)
    assert rejected(night, form) == [("bad-signature", "signature")]


@pytest.mark.parametrize("content", [b"", b"x", PHOTO.content[:-1], PHOTO.content + b"\0", PHOTO.content[::-1]])
@pytest.mark.parametrize("name", ["form", "scan-1"])
def test_other_bytes_than_were_granted_are_refused(night: Night, name: str, content: bytes) -> None:
    form = night.form()
    upload = night.http("grant_upload", "POST", "/v1/uploads", night.request(form)).json["upload"]
    for file, right in (("form", form), ("scan-1", PHOTO.content)):
        night.bucket.put(upload, file, content if file == name else right)
    before = ledger(night)
    night.arrived(f"uploads/{upload}/{name}")
    told = night.http("track_upload", "GET", f"/v1/uploads/{upload}").json
    assert [(r["code"], r["field"]) for r in told["refusals"]] == [("wrong-bytes", name)]
    assert ledger(night) == before


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _bomb() -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", zlib.compress(bytes(3751 * 30_000), 9)) + _chunk(b"IEND", b"")
    )


SCANS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a page of HTML": (lambda: b"<html><script>alert(1)</script></html>", "image/jpeg"),
    "a PDF": (lambda: b"%PDF-1.7\n%%EOF\n", "image/png"),
    "a PNG said to be a JPEG": (lambda: photograph(format_="PNG"), "image/jpeg"),
    "a JPEG said to be a PNG": (photograph, "image/png"),
    "a photo cut off": (lambda: photograph()[:-200], "image/jpeg"),
    "a photo and an archive": (lambda: photograph() + b"PK\x03\x04", "image/jpeg"),
    "900 million pixels in a hundred kilobytes": (_bomb, "image/png"),
    "one byte": (lambda: b"\xff", "image/jpeg"),
}


@pytest.mark.parametrize(("make", "media"), SCANS.values(), ids=SCANS.keys())
def test_a_scan_that_is_no_image_is_refused_and_not_kept(
    night: Night, make: Callable[[], bytes], media: str, metrics: Callable[[], Mapping[str, float]]
) -> None:
    scan = Scan(make(), media)
    assert rejected(night, night.form(scans=(scan,)), scans=(scan,)) == [("bad-image", "scan-1")]
    assert night.evidence.get(scan.ref().sha256) is None
    assert metrics()["FormsRejected"] == 1


def test_the_form_names_exactly_the_uploaded_scans(night: Night) -> None:
    other = Scan(photograph(90))
    assert rejected(night, night.form(scans=(other,)), scans=(PHOTO,)) == [
        ("scan-missing", "scans[0]"),
        ("scan-unnamed", "scan-1"),
    ]


def test_a_form_sent_again_in_a_new_upload_is_the_one_already_recorded(night: Night) -> None:
    form = night.form()
    night.submit(form)
    before = ledger(night)
    upload = night.submit(form, nonce="another-nonce-16")
    told = night.http("track_upload", "GET", f"/v1/uploads/{upload}").json
    assert (told["state"], told["version"], told["form"]) == ("accepted", 1, form_hash(form))
    assert ledger(night) == before


def test_another_first_version_and_a_version_too_far_are_refused(night: Night) -> None:
    first = night.form()
    night.submit(first)
    assert rejected(night, night.form(nonce="m" * 16), nonce="2" * 16) == [("wrong-version", "version")]
    for version, prev in ((3, form_hash(first)), (2, "0" * 64)):
        later = night.form(kind="correction", version=version, prev=prev, reason="typing error")
        assert rejected(night, later, nonce=f"{version}" * 16 + "x") == [("wrong-version", "version")]


def test_numbers_that_are_odd_but_possible_are_recorded_as_written(night: Night) -> None:
    upload = night.submit(night.form(votes={"01": 9_000_000, "02": 0}, figures={"valid": 3}))
    assert night.http("track_upload", "GET", f"/v1/uploads/{upload}").json["state"] == "accepted"
    version = night.forms.version(PPWP, "S1", 1)
    assert version is not None and version.form.votes == {"01": 9_000_000, "02": 0}
    assert {"votes-sum", "missing"} <= {finding.code for finding in version.findings}
    assert sha256_hex(version.payload) == version.form.hash
