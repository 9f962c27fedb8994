"""The gateway over real HTTP: routes, limits, errors and bodies as API Gateway has them."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from realcount.local.gateway import MAX_BODY, THREADS, Gateway, Server
from realcount.local.places import listen
from realcount.local.sandbox import FunctionError
from realcount.local.stack import Cors, Route, Throttle

ROUTES = (
    Route("GET", "/things/{id}", "read"),
    Route("HEAD", "/things/{id}", "read"),
    Route("POST", "/things", "write"),
    Route("GET", "/broken", "broken"),
    Route("GET", "/slow", "slow"),
    Route("POST", "/limited", "write", Throttle(rate=0.001, burst=2)),
)
CORS = Cors(("*",), ("GET",), (), ("etag",), None, False)


class Functions:
    """Stands for the functions: keeps the events, and answers with what the test has put there."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {}

    def __call__(self, name: str, event: dict[str, Any]) -> Any:
        self.events.append((name, event))
        return self.answers[name](event)


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def http(functions: Functions) -> Iterator[httpx.Client]:
    listening = listen(0, "--port")
    with listening:
        server = Server(Gateway(ROUTES, CORS, functions), listening)
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
            yield client
        server.stop()


def test_a_request_reaches_its_function_and_the_answer_comes_back(http: httpx.Client, functions: Functions) -> None:
    functions.answers["read"] = lambda event: {
        "statusCode": 200,
        "headers": {"content-type": "application/json", "content-encoding": "identity", "etag": '"7"'},
        "body": base64.b64encode(b'{"id":7}').decode(),
        "isBase64Encoded": True,
    }
    answer = http.get("/things/a%2Fb?x=1", headers={"origin": "https://a.example"})
    # A slash is a slash however it is written: API Gateway decodes first.
    assert answer.status_code == 404
    answer = http.get("/things/7?x=1", headers={"origin": "https://a.example"})
    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, {"id": 7}, '"7"')
    assert answer.headers["access-control-allow-origin"] == "*"
    ((name, event),) = functions.events
    assert (name, event["routeKey"], event["pathParameters"]) == ("read", "GET /things/{id}", {"id": "7"})
    assert event["requestContext"]["requestId"] == answer.headers["apigw-requestid"]


def test_a_body_of_bytes_arrives_whole(http: httpx.Client, functions: Functions) -> None:
    functions.answers["write"] = lambda event: {"statusCode": 201}
    body = bytes(range(256)) * 100
    assert http.post("/things", content=body, headers={"content-type": "application/x"}).status_code == 201
    assert base64.b64decode(functions.events[0][1]["body"]) == body


def test_head_has_the_headers_and_no_body(http: httpx.Client, functions: Functions) -> None:
    functions.answers["read"] = lambda event: {
        "statusCode": 200,
        "headers": {"content-length": "1234", "content-type": "a/b"},
        "body": "ignored",
    }
    answer = http.head("/things/1")
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "1234", b"")
    assert functions.events[0][1]["requestContext"]["http"]["method"] == "HEAD"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("DELETE", "/things/1"), ("GET", "/things/1/"), ("OPTIONS", "/things/1")]
)
def test_without_a_route_nothing_is_found(http: httpx.Client, functions: Functions, method: str, path: str) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.content) == (404, b'{"message":"Not Found"}')
    assert functions.events == []


def test_a_function_that_fails_shows_nothing_of_itself(http: httpx.Client, functions: Functions) -> None:
    def fail(event: object) -> Any:
        raise FunctionError("broken", "KeyError", "the secret")

    functions.answers["broken"] = fail
    answer = http.get("/broken")
    assert (answer.status_code, answer.content) == (500, b'{"message":"Internal Server Error"}')


def test_ten_megabytes_pass_and_one_byte_more_does_not(http: httpx.Client, functions: Functions) -> None:
    functions.answers["write"] = lambda event: {"statusCode": 201}
    assert http.post("/things", content=b"x" * MAX_BODY).status_code == 201
    answer = http.post("/things", content=b"x" * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})
    assert len(functions.events) == 1


def test_a_preflight_needs_no_function(http: httpx.Client, functions: Functions) -> None:
    answer = http.options("/anything", headers={"origin": "https://a.example", "access-control-request-method": "GET"})
    assert (answer.status_code, answer.headers["access-control-allow-methods"]) == (204, "GET")
    assert functions.events == []


def test_a_slow_function_holds_up_nobody_else(http: httpx.Client, functions: Functions) -> None:
    release, began = threading.Event(), threading.Event()

    def slow(event: object) -> Any:
        began.set()
        release.wait(30)
        return {"statusCode": 200, "body": "late"}

    functions.answers |= {"slow": slow, "read": lambda event: {"statusCode": 200, "body": "soon"}}
    late: list[str] = []
    waiting = threading.Thread(target=lambda: late.append(httpx.get(http.base_url.join("/slow"), timeout=60).text))
    waiting.start()
    assert began.wait(30)
    assert http.get("/things/1").text == "soon"
    assert late == []
    release.set()
    waiting.join()
    assert late == ["late"]


def test_beyond_the_limit_of_a_route_the_function_is_not_asked(http: httpx.Client, functions: Functions) -> None:
    functions.answers["write"] = lambda event: {"statusCode": 201}
    answers = [http.post("/limited", headers={"origin": "https://a.example"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    assert answers[-1].content == b'{"message":"Too Many Requests"}'
    assert answers[-1].headers["access-control-allow-origin"] == "*"
    assert len(functions.events) == 2
    assert http.post("/things").status_code == 201


def test_a_flood_that_waits_for_one_function_keeps_no_other_waiting(http: httpx.Client, functions: Functions) -> None:
    release = threading.Event()
    functions.answers |= {
        "slow": lambda event: {"statusCode": 200, "body": str(release.wait(30))},
        "read": lambda event: {"statusCode": 200, "body": "soon"},
    }
    url = http.base_url.join("/slow")
    waiting = [threading.Thread(target=lambda: httpx.get(url, timeout=60)) for _ in range(2 * THREADS)]
    for thread in waiting:
        thread.start()
    try:
        while len(functions.events) < THREADS:
            time.sleep(0.01)
        assert http.get("/things/1").text == "soon"
    finally:
        release.set()
        for thread in waiting:
            thread.join()
