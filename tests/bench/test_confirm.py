"""What an operator runs after deploying: it holds for an edge that is right, and names the one thing that is not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from bench import confirm
from bench.confirm.latency import quantile
from bench.confirm.metrics import STARTS, Clients, Stack, counted
from bench.confirm.polite import Budget, Guest, Spent
from bench.options import Options
from realcount.edge.answers import Answer
from tests.bench.small_edge import Asked, Fault, changed, small_edge, without

FAST = {"rate": 10_000.0, "yes": True, "minutes": 60}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback needs no politeness."""
    monkeypatch.setattr(confirm, "MOST_RATE", 10_000.0)


def confirmed(edge: str, api: str, **given: object) -> dict[str, Any]:
    return confirm.run(Options(quick=True, given={**FAST, "edge": edge, "api": api, **given}))


def failing(result: dict[str, Any]) -> set[str]:
    return {finding["what"] for finding in result["findings"] if finding["outcome"] == "FAILS"}


def test_an_edge_that_is_right_is_confirmed_from_the_index_to_a_station() -> None:
    with small_edge() as (edge, api):
        result = confirmed(edge, api)
    assert failing(result) == set()
    assert confirm.passed(result)
    walked = result["findings"][0]["seen"]
    assert walked == "index, elections, election, contest, nation, province, village, station"
    assert "what AWS counted | not seen | name the stack with --stack" in confirm.table(result)
    assert result["requests"] < 120


def _flat(asked: Asked, answer: Answer) -> Answer:
    return changed("Cache-Control", r"max-age=\d+", "max-age=60")(asked, answer)


def _ignores_tags(asked: Asked, answer: Answer) -> Answer:
    return replace(answer, status=200, body=b"{}") if answer.status == 304 else answer


def _lets_posts_through(asked: Asked, answer: Answer) -> Answer:
    return replace(answer, status=400) if asked.method == "POST" else answer


def _asks_the_origin_for_nonsense(asked: Asked, answer: Answer) -> Answer:
    return changed("X-Cache", "FunctionGeneratedResponse", "Miss")(asked, answer)


def _mixes_editions(asked: Asked, answer: Answer) -> Answer:
    """Whoever takes no coding gets another document of the same edition."""
    plain = asked.method == "GET" and asked.headers.get("accept-encoding") == "identity"
    return replace(answer, body=answer.body.replace(b"SIMULATION", b"simulation")) if plain else answer


def _sets_cookies(asked: Asked, answer: Answer) -> Answer:
    return replace(answer, headers={**answer.headers, "Set-Cookie": "id=1"})


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (_flat, {"Cache-Control of the nation", "Cache-Control of the province", "a page that is not there"}),
        (changed("Cache-Control", "stale-if-error=86400", "stale-if-error=0"), {"Cache-Control of the nation"}),
        (changed("ETag", '"', 'W/"'), {"ETag"}),
        (without("ETag"), {"ETag", "If-None-Match"}),
        (_ignores_tags, {"If-None-Match"}),
        (without("Access-Control-Allow-Origin"), {"CORS"}),
        (without("Access-Control-Expose-Headers"), {"CORS exposes"}),
        (without("X-Content-Type-Options"), {"X-Content-Type-Options"}),
        (without("Age"), {"Age of a hit"}),
        (changed("X-Cache", "Hit", "Miss"), {"a second look is a hit", "query strings are not in the key"}),
        (_asks_the_origin_for_nonsense, {"nonsense ends at the edge"}),
        (_lets_posts_through, {"POST ends at the edge"}),
        (_mixes_editions, {"one document in all codings"}),
        (_sets_cookies, {"no cookies are set"}),
    ],
)
def test_what_is_wrong_is_named(fault: Fault, found: set[str]) -> None:
    with small_edge(fault) as (edge, api):
        result = confirmed(edge, api)
    assert found <= failing(result)
    assert not confirm.passed(result)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (lambda asked: asked.target, "query strings are not in the key"),
        (lambda asked: (asked.target.partition("?")[0], asked.headers.get("cookie")), "cookies are not in the key"),
        (
            lambda asked: (asked.target.partition("?")[0], asked.headers.get("accept-language")),
            "languages are not in the key",
        ),
    ],
)
def test_what_must_not_be_in_the_key_is_named(key: Callable[[Asked], object], found: str) -> None:
    with small_edge(key=key) as (edge, api):
        assert failing(confirmed(edge, api)) == {found}


def test_copies_first_may_have_weak_tags() -> None:
    with small_edge(changed("ETag", '^"', 'W/"')) as (edge, api):
        assert failing(confirmed(edge, api, copies_first=True)) == set()


def test_an_edge_without_pages_ends_the_walk_where_it_ended() -> None:
    with small_edge(lambda asked, answer: replace(answer, status=503)) as (edge, api):
        result = confirmed(edge, api)
    assert "GET http://127.0.0.1" in result["findings"][0]["seen"]
    assert "/v1 answers 503" in result["findings"][0]["seen"]
    assert not confirm.passed(result)


# ---- manners ---------------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_before_it_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    options = Options(given={**FAST, "edge": "https://count.example", "api": "https://api.example", "yes": False})
    with pytest.raises(SystemExit, match="nothing has been done; add --yes"):
        confirm.run(options)
    assert "At most 500 requests" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="confirm needs --edge URL and --api URL"):
        confirm.run(Options())


def test_no_more_is_asked_than_was_announced() -> None:
    with small_edge() as (edge, _), Guest(edge, Budget(2, 10_000)) as guest:
        assert [guest.ask("/v1").status for _ in range(2)] == [200, 200]
        with pytest.raises(Spent):
            guest.ask("/v1")


def test_requests_are_spread_evenly() -> None:
    slept: list[float] = []
    budget = Budget(3, rate=4, clock=lambda: 100.0, sleep=slept.append)
    for _ in range(3):
        budget.take()
    assert slept == [0.25, 0.5], "the clock stands still, so each waits for all before it"


def test_no_answer_is_an_answer() -> None:
    answer = Guest("http://127.0.0.1:9", Budget(1, 1)).ask("/v1")
    assert answer.status == 0
    assert b"refused" in answer.body.lower()


def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    """Servers close what has been idle for seconds, and say nothing."""

    def serve(listening: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,), daemon=True)
        server.start()
        with Guest(f"http://127.0.0.1:{listening.getsockname()[1]}", Budget(2, 10_000)) as guest:
            assert guest.ask("/v1").body == b"ok"
            time.sleep(0.05)
            assert guest.ask("/v1").body == b"ok"
        server.join(10)
        assert not server.is_alive()


@pytest.mark.parametrize("address", ["count.example", "ftp://count.example", "https://count.example/v1"])
def test_an_address_is_scheme_and_host(address: str) -> None:
    with pytest.raises(SystemExit, match="write https://HOST"):
        Guest(address, Budget(1, 1))


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([0.003, 0.001, 0.002], 0.5) == 2
    assert quantile([0.001] * 98 + [0.5, 0.9], 0.99) == 500
    assert quantile([0.7], 0.99) == 700


# ---- what AWS counted: recorded answers, checked against AWS's own service models ------------------------------------------

END = datetime(2029, 2, 14, 20, tzinfo=UTC)


class Recorded:
    """Clients that answer what was recorded and know nothing else."""

    def __init__(self) -> None:
        def client(name: str) -> Any:
            return boto3.client(name, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

        self.clients = Clients(client("cloudwatch"), client("cloudwatch"), client("logs"), client("lambda"))
        self.stubs = {
            name: Stubber(getattr(self.clients, name))
            for name in ("cloudwatch", "edge_cloudwatch", "logs", "functions")
        }
        for stub in self.stubs.values():
            stub.activate()

    def figure(self, client: str, namespace: str, metric: str, statistic: str, *values: float) -> None:
        key = "ExtendedStatistics" if statistic.startswith("p") else "Statistics"
        points = [
            {"Timestamp": END, **({key: {statistic: value}} if statistic.startswith("p") else {statistic: value})}
            for value in values
        ]
        self.stubs[client].add_response(
            "get_metric_statistics",
            {"Label": metric, "Datapoints": points},
            {
                "Namespace": namespace, "MetricName": metric, "Dimensions": ANY, "Period": 3600,
                "StartTime": ANY, "EndTime": END, key: [statistic],
            },
        )  # fmt: skip

    def starts(self, *statuses: str, **cells: str) -> None:
        self.stubs["logs"].add_response(
            "start_query",
            {"queryId": "q"},
            {"logGroupName": "/aws/lambda/count-read_results", "startTime": ANY, "endTime": ANY, "queryString": STARTS},
        )
        results = [[{"field": name, "value": value} for name, value in cells.items()]] if cells else []
        for status in statuses:
            self.stubs["logs"].add_response(
                "get_query_results", {"status": status, "results": results}, {"queryId": "q"}
            )

    def told(self) -> dict[str, tuple[str, str]]:
        found = counted(self.clients, Stack("count", "abc123", "E1"), END, 60, sleep=lambda seconds: None)
        return {finding.what: (finding.outcome, finding.seen) for finding in found}


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    recorded = Recorded()
    yield recorded
    for stub in recorded.stubs.values():
        stub.assert_no_pending_responses()


def night(recorded: Recorded, lag: float = 4_200.0, errors: float = 0.0) -> None:
    recorded.starts(
        "Running", "Complete", calls="90000", starts="120", start50="310.2", start99="580", restores="0",
        call50="4.1", call99="38.5", billed="8.4", memory="97",
    )  # fmt: skip
    recorded.figure("cloudwatch", "AWS/ApiGateway", "Count", "Sum", 60_000, 30_000)
    recorded.figure("edge_cloudwatch", "AWS/CloudFront", "Requests", "Sum", 3_600_000)
    recorded.figure("edge_cloudwatch", "AWS/CloudFront", "5xxErrorRate", "Average", errors)
    recorded.stubs["functions"].add_response(
        "get_function_configuration",
        {"Environment": {"Variables": {"TABLE_PAGES": "count-pages"}}},
        {"FunctionName": "count-read_results"},
    )
    recorded.figure("cloudwatch", "AWS/DynamoDB", "ConsumedReadCapacityUnits", "Sum", 45_000)
    recorded.figure("cloudwatch", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum", 1_234)
    recorded.figure("cloudwatch", "AWS/Lambda", "Throttles", "Sum", 0)
    recorded.figure("cloudwatch", "AWS/Lambda", "ConcurrentExecutions", "Maximum", 12, 31)
    recorded.figure("cloudwatch", "count", "PublishLag", "p95", lag)


def test_what_aws_counted_is_told(recorded: Recorded) -> None:
    night(recorded)
    told = recorded.told()
    assert told["read_results: starts"] == ("seen", "120 of 90000 calls; Init Duration p50 310 ms, p99 580 ms")
    assert told["read_results: billed"] == ("seen", "8.4 ms on average")
    assert told["API: requests"] == ("seen", "90,000"), "two periods add up"
    assert told["edge: answered without the API"] == ("seen", "97.50%")
    assert told["table of pages: units read"] == ("seen", "45,000")
    assert told["read_results: at once"] == ("seen", "31"), "the worse of two periods"
    assert told["PublishLag p95"] == ("holds", "4.2 s")


def test_pages_that_come_late_and_errors_at_the_edge_fail(recorded: Recorded) -> None:
    night(recorded, lag=12_000, errors=0.2)
    told = recorded.told()
    assert told["PublishLag p95"] == ("FAILS", "12.0 s")
    assert told["edge: answers of 5xx"] == ("FAILS", "0.200 %")


def test_silence_is_not_taken_for_zero(recorded: Recorded) -> None:
    recorded.starts("Complete")
    for metric, statistic, namespace in (("Count", "Sum", "AWS/ApiGateway"),):
        recorded.figure("cloudwatch", namespace, metric, statistic)
    recorded.figure("edge_cloudwatch", "AWS/CloudFront", "Requests", "Sum")
    recorded.figure("edge_cloudwatch", "AWS/CloudFront", "5xxErrorRate", "Average")
    recorded.stubs["functions"].add_response(
        "get_function_configuration", {"Environment": {"Variables": {"TABLE_PAGES": "p"}}}, {"FunctionName": ANY}
    )
    recorded.figure("cloudwatch", "AWS/DynamoDB", "ConsumedReadCapacityUnits", "Sum")
    recorded.figure("cloudwatch", "AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum")
    recorded.figure("cloudwatch", "AWS/Lambda", "Throttles", "Sum")
    recorded.figure("cloudwatch", "AWS/Lambda", "ConcurrentExecutions", "Maximum")
    recorded.figure("cloudwatch", "count", "PublishLag", "p95")
    assert {outcome for outcome, _ in recorded.told().values()} == {"not seen"}
