"""What a receipt, a station's page and the log say together: which of it is in order, and which is shouted."""

from __future__ import annotations

from typing import Any

import pytest

from realcount.domain.log.receipts import Receipt
from realcount.officials.standing import LOUD, SEALED_SECONDS, judge
from realcount.officials.words import say
from realcount.usecases import recount
from realcount.verify.receipt import ABSENT, CONTRADICTED, ENTRY, OVERDUE, SUPERSEDED, Standing
from tests.small_election import PPWP

HASH = "a" * 64
RECEIVED, NOW = "2029-04-17T12:00:00.000Z", "2029-04-17T12:10:00.000Z"
LATER = "2029-04-17T13:00:00.000Z"
RECEIPT = Receipt("count.example/e19/receipts", PPWP, "S1", 1, HASH, "sub-1", "u1", RECEIVED)


def page(state: str = "received", digest: str = HASH, **review: Any) -> dict[str, Any]:
    return {"versions": [{"version": 1, "hash": digest, "state": state, "review": review or None}]}


@pytest.mark.parametrize(
    ("shown", "standing", "now", "code"),
    [
        (page(), Standing(ABSENT, 9), NOW, "waits"),
        (page(), Standing(OVERDUE, 9), NOW, "waits"),
        (page("returned", reason="blurred"), Standing(ABSENT, 9), NOW, "returned"),
        (page("approved", at=NOW), Standing(ABSENT, 9), NOW, "approved"),
        (page("approved", at=RECEIVED), Standing(ABSENT, 9), NOW, "not-in-log"),
        (page("approved", at=RECEIVED), None, NOW, "unread"),
        (page(digest="b" * 64), Standing(ABSENT, 9), NOW, "other-on-page"),
        (page("approved", at=RECEIVED), Standing(ENTRY, 9, 4), NOW, "sealed"),
        (None, Standing(ENTRY, 9, 4), NOW, "sealed"),
        (None, Standing(SUPERSEDED, 9, 4, 2), NOW, "superseded"),
        (page(), Standing(CONTRADICTED, 9, 4), NOW, "contradicted"),
        (None, Standing(ABSENT, 9), NOW, "unread"),
        (None, None, NOW, "unread"),
        ({"versions": []}, Standing(ABSENT, 9), NOW, "waits"),
        ({"versions": []}, Standing(ABSENT, 9), LATER, "not-on-page"),
    ],
)
def test_a_verdict(shown: dict[str, Any] | None, standing: Standing | None, now: str, code: str) -> None:
    verdict = judge(RECEIPT, shown, standing, now)
    assert (verdict.code, verdict.loud) == (code, code in LOUD)
    for language in ("id", "en"):
        said = say(code, language, **verdict.said)
        assert verdict.loud == any(len(word) > 3 and word.isupper() for word in said.split()) or code == "returned"


def test_a_receipt_by_another_key_is_shouted() -> None:
    assert judge(None, page(), None, NOW).code == "bad-receipt"


def test_the_promise_is_the_one_that_the_server_holds_itself_to() -> None:
    assert recount.OVERDUE.total_seconds() == SEALED_SECONDS
