"""The second official."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from realcount.domain.errors import Conflict, Forbidden, NotFound, Rejected, Unavailable
from realcount.domain.ledger import Head, Review
from realcount.usecases.review_form import ATTEMPTS
from tests.small_election import DUSK, NOON, PPWP, approver, review_statement, signed
from tests.unit.usecases.office import Office


@pytest.fixture
def office() -> Office:
    office = Office()
    office.submit()
    return office


def form_hash(office: Office) -> str:
    head = office.forms.head(PPWP, "S1")
    assert head is not None
    return head.latest_hash


def test_an_approval_is_recorded_with_the_signed_bytes(office: Office) -> None:
    review = office.decide()
    assert (review.decision, review.version, review.form, review.key) == ("approve", 1, form_hash(office), "app-1")
    assert office.forms.history(PPWP, "S1")[0][1] == review
    assert b'"decision":"approve"' in review.payload


def test_a_return_needs_a_reason_and_lets_the_next_version_come(office: Office) -> None:
    office.decide(decision="return", reason="cannot be read")
    assert office.correct().state == "accepted"
    assert office.decide().version == 2


def test_the_same_decision_signed_again_is_the_first(office: Office) -> None:
    first = office.decide()
    again = office.review(
        signed(review_statement(1, form_hash(office), nonce="m" * 16)), now="2019-04-17T12:01:00.000Z"
    )
    assert again == first
    assert office.forms.writes == 4


def test_also_on_a_later_version(office: Office) -> None:
    office.decide(decision="return", reason="cannot be read")
    office.correct()
    first = office.decide()
    assert office.decide(nonce="m" * 16) == first


def test_another_decision_comes_too_late(office: Office) -> None:
    office.decide()
    with pytest.raises(Conflict, match="can no longer be decided on: version 1 is the latest and approved"):
        office.decide(decision="return", reason="on second thoughts")


def test_the_same_decision_of_another_official_comes_too_late(office: Office) -> None:
    office.keys.register(approver("app-2", "person-9"))
    office.decide()
    with pytest.raises(Conflict):
        office.decide(key="app-2")


def test_a_version_that_was_overtaken_cannot_be_decided_on(office: Office) -> None:
    overtaken = form_hash(office)
    office.correct()
    with pytest.raises(Conflict, match="version 2 is the latest and received"):
        office.review(signed(review_statement(1, overtaken)))


def test_a_decision_is_on_these_numbers_and_no_others(office: Office) -> None:
    with pytest.raises(Conflict, match="look at it again"):
        office.review(signed(review_statement(1, "f" * 64)))
    assert office.forms.writes == 2


def test_a_version_that_does_not_exist(office: Office) -> None:
    with pytest.raises(NotFound, match="has no version 2"):
        office.review(signed(review_statement(2, form_hash(office))))


def test_a_station_that_does_not_exist(office: Office) -> None:
    with pytest.raises(NotFound):
        office.review(signed(review_statement(1, form_hash(office), at="S9")))


def test_nobody_approves_what_they_submitted_with_whatever_key(office: Office) -> None:
    with pytest.raises(Forbidden) as forbidden:
        office.decide(key="app-0")
    assert forbidden.value.code == "same-holder"


def test_a_submitter_cannot_approve(office: Office) -> None:
    with pytest.raises(Forbidden) as forbidden:
        office.decide(key="sub-1")
    assert forbidden.value.code == "wrong-role"


@pytest.mark.parametrize("revoked", ["app-1", "sub-1"])
def test_a_key_revoked_before_the_decision_decides_nothing(office: Office, revoked: str) -> None:
    office.keys.revoke(revoked, DUSK)  # Later than now: the key still looks active, only the transaction knows.
    with pytest.raises(Forbidden) as forbidden:
        office.decide()
    assert forbidden.value.code == "revoked"
    head = office.forms.head(PPWP, "S1")
    assert head is not None and head.counted == 0


def test_an_old_signature_is_no_request(office: Office) -> None:
    with pytest.raises(Rejected) as rejected:
        office.decide(signed_at="2019-04-17T11:00:00.000Z")
    assert rejected.value.refusals[0].code == "stale-request"


def test_bytes_that_are_no_review(office: Office) -> None:
    with pytest.raises(Rejected):
        office.review(b"approve!")


def test_a_submitter_whose_key_is_gone_cannot_be_told_apart_from_the_approver(office: Office) -> None:
    del office.keys._keys["sub-1"]  # Keys are never deleted; if one were, nothing of it may be approved.
    with pytest.raises(Forbidden) as forbidden:
        office.decide()
    assert forbidden.value.code == "same-holder"


def test_a_ledger_that_has_a_version_and_no_head(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    document = signed(review_statement(1, form_hash(office)))
    monkeypatch.setattr(office.forms, "head", lambda contest, station: None)
    with pytest.raises(NotFound, match="has no form"):
        office.review(document)


def test_a_decision_whose_version_is_missing_from_the_history(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.decide()
    monkeypatch.setattr(office.forms, "history", lambda contest, station: ())
    with pytest.raises(Conflict):
        office.decide()


def test_a_lost_race_is_run_again_and_given_up_after_some(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def lose(review: Review, was: Head, now: Head, keys: Sequence[str]) -> None:
        tried.append(review.version)
        raise Conflict("somebody else")

    monkeypatch.setattr(office.forms, "decide", lose)
    with pytest.raises(Unavailable, match="being written by others"):
        office.decide()
    assert len(tried) == ATTEMPTS


def test_time_of_a_decision_is_the_servers(office: Office) -> None:
    document = signed(review_statement(1, form_hash(office), signed_at="2019-04-17T12:09:00.000Z"))
    assert office.review(document, now=NOON).decided_at == NOON
