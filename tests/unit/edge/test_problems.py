"""Every error a caller can do something about is one problem document; every other one stays an error."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import realcount
from realcount.domain.errors import Conflict, Drift, Forbidden, NotFound, RealcountError, Refusal, Rejected, Unavailable
from realcount.domain.official import OfficialKey
from realcount.edge.problems import PROBLEMS, problem, problem_of


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Rejected([Refusal("bad-value", "votes", "must be")]), 422, "rejected"),
        (Rejected([Refusal("bad-signature", "signature", "is not")]), 422, "rejected"),
        (Rejected([Refusal("too-large", "form.bytes", "is")]), 422, "rejected"),
        (Rejected([Refusal("not-canonical", "payload", "is not")]), 400, "malformed"),
        (Rejected([Refusal("not-signed", "document", "must be")]), 400, "malformed"),
        (Rejected([Refusal("bad-signature", "document", "is not base64")]), 400, "malformed"),
        (Rejected([Refusal("too-large", "document", "is")]), 413, "too-large"),
        (Forbidden("out-of-scope", "no"), 403, "out-of-scope"),
        (NotFound("there is no"), 404, "not-found"),
        (Conflict("moved"), 409, "conflict"),
        (Unavailable("timeout at 10.0.0.1"), 503, "unavailable"),
    ],
)
def test_errors_become_problems(error: RealcountError, status: int, code: str) -> None:
    answer = problem_of(error, "/v1/uploads")
    body = json.loads(answer.body)
    assert answer.status == body["status"] == status
    assert body["type"] == f"/problems/{code}"
    assert body["title"] == PROBLEMS[code].title
    assert body["instance"] == "/v1/uploads"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "10.0.0.1" not in answer.body.decode()


def test_every_refusal_is_in_the_document() -> None:
    refusals = [Refusal("bad-value", "votes.01", "must be"), Refusal("missing-field", "key", "is missing")]
    body = json.loads(problem_of(Rejected(refusals), "/").body)
    assert body["refusals"] == [
        {"code": "bad-value", "field": "votes.01", "detail": "must be"},
        {"code": "missing-field", "field": "key", "detail": "is missing"},
    ]


def test_drift_is_nobodys_problem_but_ours() -> None:
    with pytest.raises(Drift):
        problem_of(Drift("two numbers differ"), "/")


def test_too_many_requests_say_when_to_come_again() -> None:
    answer = problem("too-many-requests", "slow down", "/v1")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "5")


def test_whatever_a_refusal_quotes_can_be_written() -> None:
    answer = problem_of(Rejected([Refusal("bad-value", "votes.\ud800", "\0\x1b[31m\u202e")]), "/v1/\udcff")
    assert json.loads(answer.body)["status"] == 422


def test_every_reason_to_forbid_has_a_title() -> None:
    """Read from the source: the first argument of each `Forbidden(...)`, and the states of a key."""
    codes = {"not-yet-valid", "expired", "revoked"}
    states = {OfficialKey("k", "h", "e", "a", b"", "r", (), (), "2", "3", "1").state_at(now) for now in ("0", "1", "4")}
    assert states <= codes
    for path in Path(realcount.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Forbidden":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    codes.add(first.value)
    assert len(codes) >= 8
    assert {PROBLEMS[code].status for code in codes} == {403}
