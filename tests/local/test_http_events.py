"""A request becomes the event of payload format 2.0, and a function's answer the response API Gateway makes of it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from realcount.local.http_events import Answer, Request, from_result, to_event
from realcount.local.routes import Match
from realcount.local.stack import Route

NOW = datetime(2019, 4, 17, 13, 5, 9, 250_000, tzinfo=UTC)


def event_of(
    method: str = "GET",
    path: str = "/v1/things/a",
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    parameters: dict[str, str] | None = None,
) -> dict[str, Any]:
    request = Request(method, path, query, (("host", "127.0.0.1:8019"), *headers), body, "HTTP/1.1", "127.0.0.1")
    return to_event(request, Match(Route(method, "/v1/things/{id}", "f"), parameters or {}), "request-1", NOW)


def test_the_event_of_a_plain_request() -> None:
    event = event_of(headers=(("user-agent", "curl/8"),), parameters={"id": "a"})
    assert event == {
        "version": "2.0",
        "routeKey": "GET /v1/things/{id}",
        "rawPath": "/v1/things/a",
        "rawQueryString": "",
        "headers": {
            "host": "127.0.0.1:8019",
            "user-agent": "curl/8",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "8019",
            "x-forwarded-proto": "http",
        },
        "pathParameters": {"id": "a"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1:8019",
            "domainPrefix": "127",
            "http": {
                "method": "GET",
                "path": "/v1/things/a",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "curl/8",
            },
            "requestId": "request-1",
            "routeKey": "GET /v1/things/{id}",
            "stage": "$default",
            "time": "17/Apr/2019:13:05:09 +0000",
            "timeEpoch": 1555506309250,
        },
        "isBase64Encoded": False,
    }


def test_the_path_is_decoded_and_the_query_kept_as_sent() -> None:
    event = event_of(path="/v1/things/a%20b", query="x=1&y=%20&x=2&empty=")
    assert event["rawPath"] == "/v1/things/a b"
    assert event["rawQueryString"] == "x=1&y=%20&x=2&empty="
    assert event["queryStringParameters"] == {"x": "1,2", "y": " ", "empty": ""}


def test_headers_of_one_name_are_joined_and_cookies_stand_apart() -> None:
    event = event_of(
        headers=(("accept", "a"), ("accept", "b"), ("cookie", "k=1; l=2"), ("x-forwarded-for", "10.0.0.1"))
    )
    assert event["headers"]["accept"] == "a,b"
    assert event["headers"]["x-forwarded-for"] == "10.0.0.1,127.0.0.1"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["k=1", "l=2"]


@pytest.mark.parametrize(
    ("media", "text"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ("application/problem+json", True),
        ("text/plain", True),
        ("application/vnd.realcount.signed", False),
        ("application/x-www-form-urlencoded", False),
        ("image/jpeg", False),
        ("", False),
    ],
)
def test_a_body_is_text_only_if_its_type_says_so(media: str, text: bool) -> None:
    event = event_of("POST", headers=(("content-type", media),), body=b"{}")
    assert event["isBase64Encoded"] is not text
    assert event["body"] == ("{}" if text else base64.b64encode(b"{}").decode())


def test_text_that_is_none_and_text_that_is_packed_go_in_base64() -> None:
    for headers, body in (
        ((("content-type", "text/plain"),), b"\xff"),
        ((("content-type", "text/plain"), ("content-encoding", "gzip")), b"abc"),
    ):
        event = event_of("POST", headers=headers, body=body)
        assert event["isBase64Encoded"] is True
        assert base64.b64decode(event["body"]) == body


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (
            {"statusCode": 201, "headers": {"Content-Type": "a/b", "X": True}, "body": "é"},
            Answer(201, (("content-type", "a/b"), ("x", "true")), "é".encode()),
        ),
        (
            {"statusCode": 200, "headers": {"content-type": "a/b"}, "body": "AAE=", "isBase64Encoded": True},
            Answer(200, (("content-type", "a/b"),), b"\0\1"),
        ),
        ({"statusCode": 200, "body": "x"}, Answer(200, (("content-type", "text/plain;charset=UTF-8"),), b"x")),
        ({"statusCode": 304}, Answer(304, (), b"")),
        (
            {"statusCode": 204, "cookies": ["a=1", "b=2"]},
            Answer(204, (("set-cookie", "a=1"), ("set-cookie", "b=2")), b""),
        ),
        ({"votes": 1}, Answer(200, (("content-type", "application/json"),), b'{"votes": 1}')),
        ("text", Answer(200, (("content-type", "application/json"),), b"text")),
        (None, Answer(200, (("content-type", "application/json"),), b"null")),
    ],
)
def test_what_a_function_returns_becomes_the_answer(result: object, answer: Answer) -> None:
    assert from_result(result) == answer


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "two hundred"},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["content-type"]},
    ],
)
def test_a_result_that_cannot_be_read_is_an_internal_error(result: object) -> None:
    assert from_result(result) == Answer(
        500, (("content-type", "application/json"),), b'{"message":"Internal Server Error"}'
    )
