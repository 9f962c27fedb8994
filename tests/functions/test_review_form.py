"""A second official decides on exactly one version; everybody and everything else is turned away without a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from realcount.domain.canonical import canonical_bytes
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.domain.signed import SignedDocument
from realcount.officials.official import Official
from realcount.officials.signing_keys import signature_of
from tests.functions.bad_input import NOT_CANONICAL, NOT_SIGNED
from tests.functions.night import Night, Reply, station_path
from tests.small_election import BEFORE, NOON, PPWP

HASH = "0" * 64


def send(night: Night, body: bytes, **more: Any) -> Reply:
    return night.http("review_form", "POST", "/v1/reviews", body, **more)


def refused_without_a_trace(night: Night, body: bytes, **more: Any) -> Reply:
    before = night.state(), len(night.heads_moved)
    reply = send(night, body, **more)
    assert (night.state(), len(night.heads_moved)) == before
    assert reply.json["status"] == reply.status
    assert reply.json["instance"] == "/v1/reviews"
    return reply


def recorded(night: Night) -> str:
    """Submit a form for S1; its hash."""
    night.submit()
    head = night.forms.head(PPWP, "S1")
    assert head is not None
    return head.latest_hash


def statement(night: Night, **changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "type": "realcount/review/v1",
        "election": PPWP.election,
        "contest": PPWP.contest,
        "station": "S1",
        "version": 1,
        "form": HASH,
        "decision": "approve",
        "reason": None,
        "key": "app-1",
        "nonce": "n" * 16,
        "signed_at": NOON,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def sign(payload: bytes, by: Official) -> bytes:
    return SignedDocument(payload, signature_of(by.private, payload)).to_bytes()


def test_an_approved_form_waits_to_be_sealed(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    form = recorded(night)
    metrics()
    reply = send(night, night.review(form))
    assert reply.status == 201
    assert reply.json == {
        "election": "e19",
        "contest": "ppwp",
        "station": "S1",
        "version": 1,
        "form": form,
        "decision": "approve",
        "reason": None,
        "by": "app-1",
        "decided_at": NOON,
        "links": {"station": station_path("S1")},
    }
    head = night.forms.head(PPWP, "S1")
    assert head is not None and (head.latest_state, head.approved, head.counted) == ("approved", 1, 0)
    assert metrics() == {"FormsApproved": 1}


def test_a_return_needs_a_reason_and_counts_nothing(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    form = recorded(night)
    reply = refused_without_a_trace(night, night.review(form, decision="return"))
    assert [(r["code"], r["field"]) for r in reply.json["refusals"]] == [("bad-value", "reason")]
    metrics()
    assert send(night, night.review(form, decision="return", reason="scan unreadable")).status == 201
    head = night.forms.head(PPWP, "S1")
    assert head is not None and (head.latest_state, head.counted) == ("returned", 0)
    assert metrics() == {"FormsReturned": 1}


def test_the_same_decision_again_returns_the_first(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    form = recorded(night)
    first = send(night, night.review(form))
    metrics()
    before = night.state()
    night.now = "2019-04-17T12:05:00.000Z"
    again = send(night, night.review(form, nonce="another-nonce-16"))
    assert (again.status, again.json) == (201, first.json)
    assert (night.state(), metrics()) == (before, {})


def test_another_decision_after_the_first_is_a_conflict(night: Night) -> None:
    form = recorded(night)
    send(night, night.review(form))
    late = night.review(form, decision="return", reason="second thoughts")
    reply = refused_without_a_trace(night, late)
    assert (reply.status, reply.problem) == (409, "conflict")


def test_an_approval_of_other_numbers_is_a_conflict(night: Night) -> None:
    recorded(night)
    reply = refused_without_a_trace(night, night.review(HASH))
    assert (reply.status, reply.problem) == (409, "conflict")
    assert HASH in reply.json["detail"]


def test_nobody_decides_on_their_own_form_whatever_key_they_use(night: Night) -> None:
    form = recorded(night)
    second_hat = night.official("app-2", APPROVER, "person-1")
    reply = refused_without_a_trace(night, night.review(form, by=second_hat))
    assert (reply.status, reply.problem) == (403, "same-holder")
    reply = refused_without_a_trace(night, night.review(form, by=night.submitter))
    assert (reply.status, reply.problem) == (403, "wrong-role")


SIGNERS: dict[str, tuple[dict[str, Any], str]] = {
    "of another election": ({"election": "e24"}, "unknown-key"),
    "not valid yet": ({"valid_from": "2019-04-17T12:00:00.001Z"}, "not-yet-valid"),
    "expired": ({"valid_until": NOON}, "expired"),
    "a submitter": ({"role": SUBMITTER}, "wrong-role"),
    "of another province": ({"regions": ("P2",)}, "out-of-scope"),
    "of another contest": ({"contests": ("dprd",)}, "out-of-scope"),
}


@pytest.mark.parametrize(("record", "code"), SIGNERS.values(), ids=SIGNERS.keys())
def test_a_signer_who_may_not_is_told_why(night: Night, record: dict[str, Any], code: str) -> None:
    form = recorded(night)
    other = night.official("other", **{"role": APPROVER, "holder": "person-9", **record})
    reply = refused_without_a_trace(night, night.review(form, by=other))
    assert (reply.status, reply.problem) == (403, code)


def test_keys_revoked_before_or_during_the_decision_decide_nothing(night: Night) -> None:
    form = recorded(night)
    night.keys.revoke("sub-1", BEFORE)  # the submitter's: seen only inside the transaction
    assert refused_without_a_trace(night, night.review(form)).problem == "revoked"
    night.keys.revoke("app-1", BEFORE)
    assert refused_without_a_trace(night, night.review(form)).problem == "revoked"


def test_unknown_keys_and_foreign_signatures_decide_nothing(night: Night) -> None:
    form = recorded(night)
    assert (
        refused_without_a_trace(night, night.review(form, by=Official("nobody", night.approver.private))).status == 403
    )
    reply = refused_without_a_trace(night, night.review(form, by=Official("app-1", night.submitter.private)))
    assert (reply.status, reply.json["refusals"][0]["code"]) == (422, "bad-signature")


@pytest.mark.parametrize("spoil", NOT_SIGNED.values(), ids=NOT_SIGNED.keys())
def test_what_is_no_signed_document_is_malformed(night: Night, spoil: Callable[[bytes], bytes]) -> None:
    reply = refused_without_a_trace(night, spoil(night.review(recorded(night))))
    assert (reply.status, reply.problem) == (400, "malformed")


@pytest.mark.parametrize("spoil", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_what_is_not_canonical_is_malformed_however_well_signed(night: Night, spoil: Callable[[bytes], bytes]) -> None:
    payload = spoil(canonical_bytes(statement(night, form=recorded(night))))
    reply = refused_without_a_trace(night, sign(payload, night.approver))
    assert (reply.status, reply.problem) in ((400, "malformed"), (413, "too-large"))


MEMBERS: list[tuple[str, object]] = [
    ("type", "realcount/form/v1"),
    ("version", 0),
    ("version", True),
    ("version", "1"),
    ("form", "abc"),
    ("form", "F" * 64),
    ("form", ...),
    ("decision", "maybe"),
    ("decision", "APPROVE"),
    ("decision", None),
    ("reason", 7),
    ("nonce", ""),
    ("signed_at", "now"),
    ("station", "S/1"),
    ("votes", {"01": 1}),
]


@pytest.mark.parametrize(("member", "value"), MEMBERS)
def test_a_member_that_cannot_be_is_named(night: Night, member: str, value: object) -> None:
    recorded(night)
    reply = refused_without_a_trace(night, sign(canonical_bytes(statement(night, **{member: value})), night.approver))
    assert (reply.status, reply.problem) == (422, "rejected")
    assert member in [r["field"] for r in reply.json["refusals"]]


@pytest.mark.parametrize("change", [{"station": "S9"}, {"station": "S2"}, {"contest": "dpd"}, {"version": 2}])
def test_what_does_not_exist_is_not_found(night: Night, change: dict[str, object]) -> None:
    payload = canonical_bytes(statement(night, **{"form": recorded(night), **change}))
    reply = refused_without_a_trace(night, sign(payload, night.approver))
    assert (reply.status, reply.problem) == (404, "not-found")


@pytest.mark.parametrize("signed_at", ["2019-04-17T11:49:59.999Z", "2019-04-17T12:10:00.001Z"])
def test_a_review_from_another_time_is_stale(night: Night, signed_at: str) -> None:
    reply = refused_without_a_trace(night, night.review(recorded(night), now=signed_at))
    assert [(r["code"], r["field"]) for r in reply.json["refusals"]] == [("stale-request", "signed_at")]


def test_a_form_is_not_a_review_and_a_request_is_neither(night: Night) -> None:
    form = night.form()
    night.submit(form)
    for document in (form, night.request(form)):
        reply = refused_without_a_trace(night, document)
        assert reply.status == 422
        assert "type" in [r["field"] for r in reply.json["refusals"]]


def test_other_methods_and_media_types_are_refused(night: Night) -> None:
    review = night.review(recorded(night))
    assert refused_without_a_trace(night, review, media="application/json").status == 415
    reply = night.http("review_form", "GET", "/v1/reviews")
    assert (reply.status, reply.problem) == (405, "method-not-allowed")
