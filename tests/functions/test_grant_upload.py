"""An official asks to upload, and is granted exactly that, or is told what is wrong and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from realcount.domain.canonical import canonical_bytes, sha256_hex
from realcount.domain.form import ScanRef
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.domain.signed import MAX_DOCUMENT, SignedDocument
from realcount.domain.statements import FORM_MEDIA
from realcount.officials.official import Official, Scan
from realcount.officials.signing_keys import signature_of
from tests.functions.bad_input import NOT_A_NUMBER, NOT_CANONICAL, NOT_SIGNED
from tests.functions.night import NONCE, PHOTO, Night, Reply, gateway_event
from tests.small_election import AFTER, BEFORE, NOON, PPWP


def ask(night: Night, body: bytes, **more: Any) -> Reply:
    return night.http("grant_upload", "POST", "/v1/uploads", body, **more)


def statement(night: Night, **changes: object) -> dict[str, object]:
    """A good request's members; `changes` replaces some, and a change to `...` leaves the member out."""
    form = night.form()
    whole: dict[str, object] = {
        "type": "realcount/upload-request/v1",
        "election": PPWP.election,
        "contest": PPWP.contest,
        "station": "S1",
        "form": {"sha256": sha256_hex(form), "bytes": len(form), "media": FORM_MEDIA},
        "scans": [entry(PHOTO.ref())],
        "key": "sub-1",
        "nonce": NONCE,
        "signed_at": NOON,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def entry(ref: ScanRef, **changes: object) -> dict[str, object]:
    return {"sha256": ref.sha256, "bytes": ref.size, "media": ref.media, **changes}


def sign(payload: bytes, by: Official) -> bytes:
    return SignedDocument(payload, signature_of(by.private, payload)).to_bytes()


def refused_without_a_trace(night: Night, body: bytes, **more: Any) -> Reply:
    before = night.state()
    reply = ask(night, body, **more)
    assert night.state() == before
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json["status"] == reply.status
    assert reply.json["instance"] == "/v1/uploads"
    assert reply.json["title"] and reply.json["detail"]
    return reply


def test_a_grant_says_where_to_post_each_file(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    form = night.form()
    reply = ask(night, night.request(form))
    assert reply.status == 201
    grant = reply.json
    assert reply.headers["location"] == f"/v1/uploads/{grant['upload']}" == grant["links"]["self"]
    assert (grant["state"], grant["station"], grant["expires_in"]) == ("granted", "S1", 3600)
    assert [(file["name"], file["sha256"], file["bytes"]) for file in grant["files"]] == [
        ("form", sha256_hex(form), len(form)),
        ("scan-1", PHOTO.ref().sha256, PHOTO.ref().size),
    ]
    assert [file["fields"]["key"] for file in grant["files"]] == [
        f"uploads/{grant['upload']}/form",
        f"uploads/{grant['upload']}/scan-1",
    ]
    assert metrics() == {"UploadsGranted": 1}


def test_the_same_request_again_is_the_same_upload(night: Night) -> None:
    request = night.request(night.form())
    first = ask(night, request)
    before = night.state()
    assert ask(night, request).json == first.json
    assert night.state() == before


def test_a_document_may_come_as_text_or_as_bytes(night: Night) -> None:
    request = night.request(night.form())
    for media, plain in ((None, False), ("text/plain; charset=utf-8", True), ("application/octet-stream", False)):
        assert ask(night, request, media=media, plain=plain).status == 201


@pytest.mark.parametrize("spoil", NOT_SIGNED.values(), ids=NOT_SIGNED.keys())
def test_what_is_no_signed_document_is_malformed(night: Night, spoil: Callable[[bytes], bytes]) -> None:
    reply = refused_without_a_trace(night, spoil(night.request(night.form())))
    assert (reply.status, reply.problem) == (400, "malformed")
    assert reply.json["refusals"][0]["field"] == "document"


@pytest.mark.parametrize("spoil", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
@pytest.mark.parametrize("plain", [False, True], ids=["as bytes", "as text"])
def test_what_is_not_canonical_is_malformed_however_well_signed(
    night: Night, spoil: Callable[[bytes], bytes], plain: bool
) -> None:
    payload = spoil(canonical_bytes(statement(night)))
    reply = refused_without_a_trace(night, sign(payload, night.submitter), plain=plain)
    assert reply.status in (400, 413)
    assert reply.problem == ("malformed" if reply.status == 400 else "too-large")
    if reply.status == 400 and b"\n" not in payload:
        assert [(r["code"], r["field"]) for r in reply.json["refusals"]] == [("not-canonical", "payload")]


def test_a_document_over_the_limit_is_too_large(night: Night) -> None:
    payload = canonical_bytes(statement(night, nonce="n" * MAX_DOCUMENT))
    reply = refused_without_a_trace(night, sign(payload, night.submitter))
    assert (reply.status, reply.problem) == (413, "too-large")
    assert f"at most {MAX_DOCUMENT}" in reply.json["detail"]


def test_a_body_whose_base64_is_broken_is_malformed(night: Night) -> None:
    event = gateway_event("POST", "/v1/uploads", b"", "", {}, plain=False)
    before = night.state()
    assert night.invoke("grant_upload", {**event, "body": "%%%"})["statusCode"] == 400
    assert night.state() == before


MEMBERS = [
    ("type", "realcount/form/v1", "bad-value"),
    ("type", ..., "missing-field"),
    ("election", "e/19", "bad-value"),
    ("election", 19, "bad-value"),
    ("contest", "", "bad-value"),
    ("contest", "p#1", "bad-value"),
    ("station", "../S1", "bad-value"),
    ("station", "S1 ", "bad-value"),
    ("station", "S\u0661", "bad-value"),
    ("station", ..., "missing-field"),
    ("station", ["S1"], "bad-value"),
    ("form", None, "bad-type"),
    ("form", ..., "bad-type"),
    ("scans", {}, "bad-value"),
    ("scans", [{}] * 5, "bad-value"),
    ("key", None, "bad-value"),
    ("nonce", "short", "bad-value"),
    ("nonce", "n" * 65, "bad-value"),
    ("signed_at", "2019-04-17T12:00:00Z", "bad-value"),
    ("signed_at", "2019-04-17 12:00", "bad-value"),
    ("signed_at", "2019-02-30T12:00:00.000Z", "bad-value"),
    ("signed_at", 1555502400, "bad-value"),
    ("extra", 1, "unknown-field"),
    ("__proto__", {}, "unknown-field"),
]


@pytest.mark.parametrize(("member", "value", "code"), MEMBERS)
def test_a_member_that_cannot_be_is_named(night: Night, member: str, value: object, code: str) -> None:
    payload = canonical_bytes(statement(night, **{member: value}))
    reply = refused_without_a_trace(night, sign(payload, night.submitter))
    assert (reply.status, reply.problem) == (422, "rejected")
    assert (code, member) in [(r["code"], r["field"]) for r in reply.json["refusals"]]


FILES = [
    ({"sha256": "A" * 64}, "scans[0].sha256"),
    ({"sha256": "a" * 63}, "scans[0].sha256"),
    ({"media": "text/html"}, "scans[0].media"),
    ({"media": "image/svg+xml"}, "scans[0].media"),
    ({"bytes": 0}, "scans[0].bytes"),
    ({"bytes": 8 * 1024 * 1024 + 1}, "scans[0].bytes"),
    ({"path": "/etc/passwd"}, "scans[0].path"),
]


@pytest.mark.parametrize(("change", "field"), FILES)
def test_a_file_that_cannot_be_is_named(night: Night, change: dict[str, object], field: str) -> None:
    payload = canonical_bytes(statement(night, scans=[entry(PHOTO.ref(), **change)]))
    reply = refused_without_a_trace(night, sign(payload, night.submitter))
    assert (reply.status, [r["field"] for r in reply.json["refusals"]]) == (422, [field])


@pytest.mark.parametrize("value", NOT_A_NUMBER.values(), ids=NOT_A_NUMBER.keys())
def test_a_size_is_a_whole_number_and_nothing_like_one(night: Night, value: object) -> None:
    payload = canonical_bytes(statement(night, scans=[entry(PHOTO.ref(), bytes=value)]))
    reply = refused_without_a_trace(night, sign(payload, night.submitter))
    assert (reply.status, [r["field"] for r in reply.json["refusals"]]) == (422, ["scans[0].bytes"])


def test_every_refusal_is_told_and_not_just_the_first(night: Night) -> None:
    payload = canonical_bytes(statement(night, station="?", nonce="?", extra=1, scans=[entry(PHOTO.ref(), bytes=-1)]))
    reply = refused_without_a_trace(night, sign(payload, night.submitter))
    assert {r["field"] for r in reply.json["refusals"]} == {"station", "nonce", "extra", "scans[0].bytes"}


def test_the_same_scan_twice_and_a_form_too_large_are_refused(night: Night) -> None:
    twice = canonical_bytes(statement(night, scans=[entry(PHOTO.ref())] * 2))
    assert refused_without_a_trace(night, sign(twice, night.submitter)).json["refusals"][0]["field"] == "scans"
    large = {"sha256": "a" * 64, "bytes": MAX_DOCUMENT + 1, "media": FORM_MEDIA}
    reply = refused_without_a_trace(night, sign(canonical_bytes(statement(night, form=large)), night.submitter))
    assert [(r["code"], r["field"]) for r in reply.json["refusals"]] == [("too-large", "form.bytes")]
    assert reply.status == 422


@pytest.mark.parametrize("change", [{"station": "S9"}, {"contest": "dpd"}, {"election": "e24"}, {"station": "V1"}])
def test_a_place_that_does_not_exist_is_not_found(night: Night, change: dict[str, str]) -> None:
    reply = refused_without_a_trace(night, sign(canonical_bytes(statement(night, **change)), night.submitter))
    assert (reply.status, reply.problem) == (404, "not-found")
    assert next(iter(change.values())) in reply.json["detail"]


SIGNERS: dict[str, tuple[dict[str, Any], str]] = {
    "of another election": ({"election": "e24"}, "unknown-key"),
    "not valid yet": ({"valid_from": "2019-04-18T00:00:00.000Z"}, "not-yet-valid"),
    "expired at this very moment": ({"valid_until": NOON}, "expired"),
    "an approver": ({"role": APPROVER}, "wrong-role"),
    "of another region": ({"regions": ("P2", "D2")}, "out-of-scope"),
    "of no region": ({"regions": ()}, "out-of-scope"),
    "of another station": ({"regions": ("S2",)}, "out-of-scope"),
    "of another contest": ({"contests": ("dpr",)}, "out-of-scope"),
}


@pytest.mark.parametrize(("record", "code"), SIGNERS.values(), ids=SIGNERS.keys())
def test_a_signer_who_may_not_is_told_why(night: Night, record: dict[str, Any], code: str) -> None:
    other = night.official("other", **{"role": SUBMITTER, "holder": "person-9", **record})
    reply = refused_without_a_trace(night, night.request(night.form(by=other), by=other))
    assert (reply.status, reply.problem) == (403, code)
    assert "other" in reply.json["detail"]


def test_unknown_and_revoked_keys_sign_nothing(night: Night) -> None:
    stranger = Official("nobody", night.submitter.private)
    assert refused_without_a_trace(night, night.request(night.form(), by=stranger)).problem == "unknown-key"
    night.keys.revoke("sub-1", BEFORE)
    assert refused_without_a_trace(night, night.request(night.form())).problem == "revoked"


def test_a_signature_of_somebody_else_does_not_hold(night: Night) -> None:
    impostor = Official("sub-1", night.approver.private)
    reply = refused_without_a_trace(night, night.request(night.form(), by=impostor))
    assert (reply.status, reply.json["refusals"][0]["code"]) == (422, "bad-signature")
    assert reply.json["refusals"][0]["field"] == "signature"


def test_a_payload_changed_after_signing_does_not_hold(night: Night) -> None:
    request = night.request(night.form()).replace(b'"S1"', b'"S2"')
    assert refused_without_a_trace(night, request).json["refusals"][0]["code"] == "bad-signature"


@pytest.mark.parametrize(
    "signed_at",
    [
        "2019-04-17T11:49:59.999Z",
        "2019-04-17T12:10:00.001Z",
        "1970-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
        AFTER,
    ],
)
def test_a_request_from_another_time_is_stale(night: Night, signed_at: str) -> None:
    reply = refused_without_a_trace(night, night.request(night.form(), now=signed_at))
    assert [(r["code"], r["field"]) for r in reply.json["refusals"]] == [("stale-request", "signed_at")]


def test_while_intake_is_closed_the_reason_is_shown(night: Night) -> None:
    night.intake.reason = "forms are taken from 13:00 WIB"
    reply = refused_without_a_trace(night, night.request(night.form()))
    assert (reply.status, reply.problem, reply.json["detail"]) == (403, "intake-closed", night.intake.reason)


@pytest.mark.parametrize(
    "media", ["application/json", "multipart/form-data; boundary=x", "text/html", "image/jpeg", ";"]
)
def test_another_media_type_is_unsupported(night: Night, media: str) -> None:
    reply = refused_without_a_trace(night, night.request(night.form()), media=media)
    assert (reply.status, reply.problem) == (415, "unsupported-media-type")
    assert reply.headers["accept"] == "application/vnd.realcount.signed"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_another_method_is_not_allowed(night: Night, method: str) -> None:
    before = night.state()
    reply = night.http("grant_upload", method, "/v1/uploads")
    assert (reply.status, reply.headers["allow"]) == (405, "POST, OPTIONS")
    assert night.state() == before


def test_another_path_is_not_found(night: Night) -> None:
    assert night.http("grant_upload", "POST", "/v1/uploads/more", b"").problem == "not-found"


def test_a_scan_of_png_is_as_good(night: Night) -> None:
    scan = Scan(b"\x89PNG", "image/png")
    assert ask(night, night.request(night.form(scans=(scan,)), scans=(scan,))).status == 201


def test_two_thousand_damaged_requests_are_answers_and_leave_no_trace(night: Night) -> None:
    """Half of them signed anew after the damage, so that it gets past the signature."""
    random = Random(2019)
    payload, signed = canonical_bytes(statement(night)), night.request(night.form())
    before, statuses = night.state(), set()
    for round_ in range(2_000):
        data = bytearray(payload if round_ % 2 else signed)
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(data))
            data[at : at + random.randint(0, 3)] = random.choice(
                (b"", b"\0", b'"', b"}", b"9", b"\xff", random.randbytes(2))
            )
        if bytes(data) in (payload, signed):
            continue
        body = sign(bytes(data), night.submitter) if round_ % 2 else bytes(data)
        reply = ask(night, body, plain=round_ % 4 < 2)
        statuses.add(reply.status)
        if reply.status != 201:  # Some damage only makes another good request, of another nonce or another scan.
            assert night.state() == before
            assert reply.problem
        before = night.state()
    assert statuses <= {201, 400, 403, 404, 422}
    assert {400, 422} <= statuses
