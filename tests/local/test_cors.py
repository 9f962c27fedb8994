"""Browsers of other origins get exactly what CorsConfiguration allows."""

from __future__ import annotations

import pytest

from realcount.local.cors import preflight, with_cors
from realcount.local.http_events import Answer, Request
from realcount.local.stack import Cors

OPEN = Cors(("*",), ("GET", "POST"), ("content-type",), ("etag",), 600, False)
ONE = Cors(("https://kpu.example",), ("GET",), (), (), None, True)
ASKING = ("access-control-request-method", "POST")


def request(method: str, *headers: tuple[str, str]) -> Request:
    return Request(method, "/v1", "", headers, b"", "HTTP/1.1", "127.0.0.1")


def test_a_preflight_is_answered_for_any_route() -> None:
    answer = preflight(request("OPTIONS", ("origin", "https://anyone.example"), ASKING), OPEN)
    assert answer == Answer(
        204,
        (
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "GET,POST"),
            ("access-control-allow-headers", "content-type"),
            ("access-control-max-age", "600"),
        ),
        b"",
    )


def test_another_origin_than_the_allowed_one_is_told_nothing() -> None:
    assert preflight(request("OPTIONS", ("origin", "https://other.example"), ASKING), ONE) == Answer(204, (), b"")
    allowed = preflight(request("OPTIONS", ("origin", "https://kpu.example"), ASKING), ONE)
    assert allowed is not None
    assert dict(allowed.headers) == {
        "access-control-allow-origin": "https://kpu.example",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET",
    }


@pytest.mark.parametrize(
    ("asked", "cors"),
    [
        (request("OPTIONS", ("origin", "https://a.example")), OPEN),
        (request("GET", ("origin", "https://a.example"), ASKING), OPEN),
        (request("OPTIONS", ("origin", "https://a.example"), ASKING), None),
    ],
)
def test_what_is_no_preflight_goes_its_way(asked: Request, cors: Cors | None) -> None:
    assert preflight(asked, cors) is None


def test_an_answer_says_what_may_be_read_and_the_function_has_no_say_in_it() -> None:
    answer = Answer(200, (("etag", '"1"'), ("access-control-allow-origin", "https://function.example")), b"x")
    found = with_cors(answer, request("GET", ("origin", "https://a.example")), OPEN)
    assert found.headers == (
        ("etag", '"1"'),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "etag"),
    )
    assert with_cors(answer, request("GET"), OPEN).headers == (("etag", '"1"'),)
    assert with_cors(answer, request("GET"), None) == answer
