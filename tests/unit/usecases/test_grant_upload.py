"""Asking to upload: who may, for what, and what a repeated question gets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realcount.domain.errors import Forbidden, NotFound, Rejected
from realcount.domain.signed import MAX_DOCUMENT
from realcount.usecases.grant_upload import GRANT_SECONDS
from tests.small_election import DPR, NOON, SCAN_REF, file_entry, form_statement, request_statement, signed, submitter
from tests.unit.usecases.office import Office

FORM = signed(form_statement())


@pytest.fixture
def office() -> Office:
    return Office()


def request(**changes: object) -> bytes:
    return signed(request_statement(FORM) | changes)


def test_a_grant_holds_one_post_for_each_file(office: Office) -> None:
    grant = office.grant(request())
    assert [file.name for file, _ in grant.posts] == ["form", "scan-1"]
    assert [post.fields["key"] for _, post in grant.posts] == [
        f"uploads/{grant.upload.id}/{n}" for n in ("form", "scan-1")
    ]
    assert grant.expires_in == GRANT_SECONDS
    assert (grant.upload.state, grant.upload.station, grant.upload.key) == ("granted", "S1", "sub-1")


def test_the_same_question_again_is_the_same_upload(office: Office) -> None:
    first = office.grant(request())
    again = office.grant(request(), now="2019-04-17T12:05:00.000Z")
    assert again.upload == first.upload
    assert office.uploads.writes == 1


def test_another_nonce_is_another_upload(office: Office) -> None:
    assert office.grant(request()).upload.id != office.grant(request(nonce="m" * 16)).upload.id


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"signed_at": "2019-04-17T12:10:00.001Z"}, "stale-request", "signed_at"),
        ({"signed_at": "2019-04-17T11:49:59.999Z"}, "stale-request", "signed_at"),
        ({"form": file_entry(SCAN_REF) | {"media": "application/vnd.realcount.form", "bytes": MAX_DOCUMENT + 1}}, "too-large", "form.bytes"),
        ({"nonce": "short"}, "bad-value", "nonce"),
    ],
)  # fmt: skip
def test_a_request_is_rejected_for(office: Office, changes: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(Rejected) as rejected:
        office.grant(request(**changes))
    assert [(refusal.code, refusal.field) for refusal in rejected.value.refusals] == [(code, field)]
    assert office.uploads.writes == 0


@pytest.mark.parametrize(("changes"), [{"station": "S9"}, {"contest": "mayor"}, {"election": "e24"}, {"station": "V1"}])
def test_what_does_not_exist_cannot_be_uploaded_for(office: Office, changes: dict[str, object]) -> None:
    with pytest.raises(NotFound):
        office.grant(request(**changes))


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (submitter("foreign"), "unknown-key"),
        (replace(submitter("sub-x"), role="approver"), "wrong-role"),
        (replace(submitter("sub-x"), regions=("V2",)), "out-of-scope"),
        (replace(submitter("sub-x"), contests=("dpr",)), "out-of-scope"),
        (replace(submitter("sub-x"), election="e24"), "unknown-key"),
        (replace(submitter("sub-x"), valid_until=NOON), "expired"),
        (replace(submitter("sub-x"), valid_from="2019-04-17T12:00:00.001Z"), "not-yet-valid"),
        (replace(submitter("sub-x"), revoked_at=NOON), "revoked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_that_may_not_is_forbidden(office: Office, key: object, code: str) -> None:
    assert hasattr(key, "id")
    if key.id != "foreign":
        office.keys.register(key)  # type: ignore[arg-type]  # narrowed by the table above
    with pytest.raises(Forbidden) as forbidden:
        office.grant(request(key=key.id))
    assert forbidden.value.code == code


def test_a_signature_that_is_not_the_keys_is_rejected(office: Office) -> None:
    payload = request().split(b"\n")[0]
    with pytest.raises(Rejected) as rejected:
        office.grant(payload + b"\nQUFB\n")
    assert [(refusal.code, refusal.field) for refusal in rejected.value.refusals] == [("bad-signature", "signature")]


def test_while_intake_is_closed_nobody_gets_a_grant(office: Office) -> None:
    office.intake.reason = "the intake opens at six"
    with pytest.raises(Forbidden, match="opens at six") as forbidden:
        office.grant(request())
    assert forbidden.value.code == "intake-closed"


def test_a_contest_that_follows_two_hierarchies_takes_uploads_too(office: Office) -> None:
    form = signed(form_statement(DPR, "S6"))
    assert office.grant(signed(request_statement(form, DPR, "S6"))).upload.contest == DPR
