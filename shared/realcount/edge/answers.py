"""An HTTP answer as a value, and the headers that every answer of this API carries."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

JSON_MEDIA = "application/json"
NO_STORE = "no-store"

EVERYWHERE: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link, Location, Retry-After",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer, whether the request named an origin or not: caches keep answers without asking who will read them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` are the answer's own; those of `EVERYWHERE` are added when it is sent. `body` is sent as it is."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Sealed(NamedTuple):
    """An answer as API Gateway takes it, ready to be sent any number of times: all headers, and the body in base64.

    Bodies travel as base64, since most are compressed and all are bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: str


def seal(answer: Answer) -> Sealed:
    return Sealed(answer.status, {**EVERYWHERE, **answer.headers}, b64encode(answer.body).decode("ascii"))


def document(
    status: int, value: Mapping[str, object], *, media: str = JSON_MEDIA, extra: Mapping[str, str] | None = None
) -> Answer:
    """A JSON document that is for this one reader: no cache may keep it, unless `extra` headers say otherwise."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")
    return Answer(status, {"Content-Type": media, "Cache-Control": NO_STORE, **(extra or {})}, body)
