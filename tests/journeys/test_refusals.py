"""What is refused on the way in leaves the count as it was, and the sender with every reason."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from realcount.domain.errors import Refusal
from realcount.local.machine import Machine
from realcount.officials.official import Scan, new_official
from realcount.officials.sending import SendError
from tests.journeys.conftest import Night, nonce, now, photograph, until
from tests.small_election import PPWP


@pytest.fixture
def untouched(night: Night, machine: Machine):
    """Station S6, of which nothing may come."""
    yield "S6"
    machine.drain()
    page = night.station("S6")
    assert (page["stations"]["received"], page["versions"], page["edition"]) == (0, [], 0)


def test_a_stranger_is_told_no(night: Night, untouched: str) -> None:
    stranger = new_official("journey-stranger", b"x" * 32)
    scan = photograph("a stranger's")
    form = stranger.form(PPWP, untouched, figures={}, votes={"01": 1}, scans=[scan], now=now(), nonce=nonce())
    request = stranger.upload_request(PPWP, untouched, form=form, scans=[scan], now=now(), nonce=nonce())
    with pytest.raises(SendError, match=r"403.*unknown-key"):
        night.sender.submit(request, form, [scan])


def test_a_signature_that_is_another_s_is_told_no(night: Night, untouched: str) -> None:
    forger = new_official(night.submitter.key_id, b"f" * 32)
    scan = photograph("a forger's")
    form = forger.form(PPWP, untouched, figures={}, votes={"01": 1}, scans=[scan], now=now(), nonce=nonce())
    request = forger.upload_request(PPWP, untouched, form=form, scans=[scan], now=now(), nonce=nonce())
    with pytest.raises(SendError, match="bad-signature"):
        night.sender.submit(request, form, [scan])


def test_s3_itself_refuses_another_size_and_another_place(night: Night, untouched: str) -> None:
    scan = photograph("the granted one")
    form = night.form(untouched, {"01": 1, "02": 1}, scans=[scan])
    request = night.submitter.upload_request(PPWP, untouched, form=form, scans=[scan], now=now(), nonce=nonce())
    with pytest.raises(SendError, match=r"scan-1: 400"):
        night.sender.submit(request, form, [Scan(scan.content + b"\0", scan.media)])
    with pytest.raises(SendError, match=r"scan-1: 400"):
        night.sender.submit(request, form, [Scan(scan.content[:-1], scan.media)])


def test_other_bytes_than_were_granted_are_rejected(night: Night, untouched: str) -> None:
    """S3 refuses them by their SHA-256 already. The engine does not look at a POST's, so here `receive_form` must."""
    scan = photograph("the granted one")
    form = night.form(untouched, {"01": 1, "02": 1}, scans=[scan])
    request = night.submitter.upload_request(PPWP, untouched, form=form, scans=[scan], now=now(), nonce=nonce())
    upload = night.sender.submit(request, form, [Scan(scan.content[:-1] + b"\0", scan.media)])

    def settled() -> dict[str, Any] | None:
        outcome = night.sender.upload(upload)
        return outcome if outcome["state"] != "granted" else None

    outcome = until(settled, "the upload is settled")
    assert [(refusal["code"], refusal["field"]) for refusal in outcome["refusals"]] == [("wrong-bytes", "scan-1")]


def test_a_scan_that_is_no_picture_is_rejected_with_the_reason(night: Night, untouched: str) -> None:
    words = Scan(b"this is not a photograph", "image/jpeg")
    form = night.form(untouched, {"01": 1, "02": 1}, scans=[words])
    outcome = night.send(untouched, form, [words])
    assert outcome["state"] == "rejected"
    assert [refusal["code"] for refusal in outcome["refusals"]] == ["bad-image"]


def test_a_vote_for_nobody_is_rejected_with_every_reason(night: Night, untouched: str) -> None:
    form = night.form(untouched, {"03": 1, "04": 2}, figures={})
    outcome = night.send(untouched, form, [photograph(untouched)])
    assert outcome["state"] == "rejected"
    assert [Refusal(**refusal).field for refusal in outcome["refusals"]] == ["votes.03", "votes.04"]


def test_nobody_approves_what_is_not_there(night: Night, untouched: str) -> None:
    form = night.form(untouched, {"01": 1, "02": 1})
    with pytest.raises(SendError, match="404"):
        night.decide(untouched, form)


def test_an_approval_of_other_numbers_is_a_conflict(night: Night) -> None:
    """On station S1, whose form is approved already or will be: whichever story is told first, this changes nothing."""
    versions = night.station("S1")["versions"]
    if not versions:
        night.file("S1", {"01": 150, "02": 120})
    review = night.approver.review(
        PPWP, "S1", version=1, form_hash="0" * 64, decision="approve", now=now(), nonce=nonce()
    )
    with pytest.raises(SendError, match="409"):
        night.sender.review(review)


def test_nonsense_is_answered_and_hurts_nobody(night: Night) -> None:
    for content, media in (
        (b"", "text/plain"),
        (b"{}", "application/json"),
        (b"\xff" * 1000, "application/vnd.realcount.signed"),
    ):
        answer = httpx.post(night.base_url + "/v1/uploads", content=content, headers={"content-type": media})
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
