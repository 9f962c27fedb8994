"""Every problem this API can answer with, as RFC 9457 problem documents: the one place that turns errors into HTTP.

`type` is `/problems/<code>`; the code is stable and docs/api.md lists it. A `Rejected` carries all its refusals: which
field, which code, and what would be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from realcount.domain.errors import Conflict, Forbidden, NotFound, RealcountError, Refusal, Rejected, Unavailable
from realcount.edge.answers import Answer, document

PROBLEM_MEDIA = "application/problem+json"

RETRY_AFTER = 5
"""Seconds after which a call that met a busy store may be made again."""


class Kind(NamedTuple):
    status: int
    title: str


PROBLEMS: Mapping[str, Kind] = {
    "malformed": Kind(400, "The document is not a signed document in canonical form"),
    "rejected": Kind(422, "The statement is not acceptable"),
    "too-large": Kind(413, "The document is too large"),
    "bad-parameter": Kind(400, "A parameter of the address cannot be what it is"),
    "uri-too-long": Kind(414, "The address is too long"),
    # Forbidden, by its own code
    "unknown-key": Kind(403, "The key is not registered for this election"),
    "not-yet-valid": Kind(403, "The key is not valid yet"),
    "expired": Kind(403, "The key has expired"),
    "revoked": Kind(403, "The key has been revoked"),
    "wrong-role": Kind(403, "The key has another role"),
    "out-of-scope": Kind(403, "The key does not speak for this polling station"),
    "same-holder": Kind(403, "A form is decided on by another official than its submitter"),
    "intake-closed": Kind(403, "No forms are taken at present"),
    # What is not there, has moved on, or does not answer
    "not-found": Kind(404, "There is nothing here"),
    "not-proven-yet": Kind(404, "There is no proof of this yet"),
    "conflict": Kind(409, "The state is no longer the one you read"),
    "unavailable": Kind(503, "A store did not answer; the same call may succeed later"),
    # HTTP itself
    "method-not-allowed": Kind(405, "This address does not take that method"),
    "not-acceptable": Kind(406, "No coding of this document is acceptable to you"),
    "unsupported-media-type": Kind(415, "The body is of the wrong media type"),
    "too-many-requests": Kind(429, "Too many requests"),
}

_NO_DOCUMENT = frozenset({"not-signed", "not-canonical"})


def problem(
    code: str,
    detail: str,
    instance: str,
    refusals: tuple[Refusal, ...] = (),
    extra: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Answer:
    """The problem `code`, about the request to the path `instance`. `extra` are further headers, `members` further members."""
    kind = PROBLEMS[code]
    body: dict[str, object] = {
        "type": f"/problems/{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": instance,
        **(members or {}),
    }
    if refusals:
        body["refusals"] = [
            {"code": refusal.code, "field": refusal.field, "detail": refusal.detail} for refusal in refusals
        ]
    again = {"Retry-After": str(RETRY_AFTER)} if kind.status in (429, 503) else {}
    return document(kind.status, body, media=PROBLEM_MEDIA, extra={**again, **(extra or {})})


def bad_parameters(error: Rejected, instance: str) -> Answer:
    """Parameters of an address that cannot be: with `errorMessage`, the member in which clients of AP's API look for it."""
    first = error.refusals[0]
    return problem("bad-parameter", str(first.detail), instance, error.refusals, members={"errorMessage": first.detail})


def problem_of(error: RealcountError, instance: str) -> Answer:
    """The problem an error is for the caller. Raises `error` again if it is none of theirs (drift, a fault of ours)."""
    match error:
        case Rejected():
            return problem(_code_of(error), str(error), instance, error.refusals)
        case Forbidden():
            return problem(error.code, str(error), instance)
        case NotFound():
            return problem("not-found", str(error), instance)
        case Conflict():
            return problem("conflict", str(error), instance)
        case Unavailable():
            # What the store said is for our log, not for strangers.
            return problem("unavailable", f"try again in {RETRY_AFTER} seconds", instance)
        case _:
            raise error


def _code_of(rejected: Rejected) -> str:
    """Whether there was a document to judge at all, or whether what it says was refused."""
    first = rejected.refusals[0]
    if first.code in _NO_DOCUMENT:
        return "malformed"
    if first.field == "document":
        return "too-large" if first.code == "too-large" else "malformed"
    return "rejected"
