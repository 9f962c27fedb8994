"""What AWS has counted: cold starts, the edge's share, units of DynamoDB, how late pages were.

Only reads: CloudWatch's metrics, one query of Logs Insights over the logs of `read_results`, one look at that function's
settings. Metrics come minutes late, so what happened just now is not in them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench.confirm.findings import SEEN, UNSEEN, Finding, check

LAG_GOAL_MS = 10_000
"""Approved and seen at the edge within ten seconds for 95 in 100; publishing is most of it."""

QUERY_SECONDS = 30
EDGE_REGION = "us-east-1"

STARTS = (
    'filter type = "platform.report"'
    " | stats count(*) as calls,"
    " count(record.metrics.initDurationMs) as starts, pct(record.metrics.initDurationMs, 50) as start50,"
    " pct(record.metrics.initDurationMs, 99) as start99,"
    " count(record.metrics.restoreDurationMs) as restores, pct(record.metrics.restoreDurationMs, 99) as restore99,"
    " pct(record.metrics.durationMs, 50) as call50, pct(record.metrics.durationMs, 99) as call99,"
    " avg(record.metrics.billedDurationMs) as billed, max(record.metrics.maxMemoryUsedMB) as memory"
)
"""The reports of Lambda in the JSON format, which template.yaml asks for."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What to look at: the main stack, the API's id, and the distribution's, which may be unknown ("")."""

    name: str
    api: str
    distribution: str


@dataclass(frozen=True, slots=True)
class Clients:
    """boto3 clients. CloudFront's metrics are in one region, wherever the stack is."""

    cloudwatch: Any
    edge_cloudwatch: Any
    logs: Any
    functions: Any


def counted(
    clients: Clients, stack: Stack, until: datetime, minutes: int, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Finding]:
    """All figures of the last so many minutes."""
    window = Window(until - timedelta(minutes=minutes), until)
    yield from _starts(clients, stack, window, sleep)
    yield from _edge(clients, stack, window)
    yield from _units(clients, stack, window)
    yield from _lambda(clients, stack, window)
    yield _lag(clients, stack, window)


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when."""

    start: datetime
    end: datetime

    def figure(
        self, client: Any, namespace: str, metric: str, dimensions: Mapping[str, str], statistic: str
    ) -> float | None:
        """One number over the whole of it, or None where nothing was recorded."""
        extended = statistic.startswith("p")
        answer = client.get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=self.start,
            EndTime=self.end,
            Period=max(60, int((self.end - self.start).total_seconds())),
            **({"ExtendedStatistics": [statistic]} if extended else {"Statistics": [statistic]}),
        )
        points = [
            point["ExtendedStatistics"][statistic] if extended else point[statistic] for point in answer["Datapoints"]
        ]
        if not points:
            return None
        # The window may touch two periods. Counts add up; of the rest the worse is told.
        return float(sum(points) if statistic == "Sum" else max(points))


def _starts(clients: Clients, stack: Stack, window: Window, sleep: Callable[[float], None]) -> Iterator[Finding]:
    group = f"/aws/lambda/{stack.name}-read_results"
    query = clients.logs.start_query(
        logGroupName=group,
        startTime=int(window.start.timestamp()),
        endTime=int(window.end.timestamp()),
        queryString=STARTS,
    )["queryId"]
    for _ in range(QUERY_SECONDS):
        answer = clients.logs.get_query_results(queryId=query)
        if answer["status"] in ("Complete", "Failed", "Cancelled", "Timeout"):
            break
        sleep(1)
    rows = [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]
    row = rows[0] if rows else {}
    if answer["status"] != "Complete" or not float(row.get("calls", 0)):
        yield Finding("read_results: starts", UNSEEN, f"the query ended {answer['status']} without a call in {group}")
        return
    calls, starts, restores = (int(float(row.get(name) or 0)) for name in ("calls", "starts", "restores"))
    started = f"{starts} of {calls} calls"
    if starts:
        started += f"; Init Duration p50 {float(row['start50']):.0f} ms, p99 {float(row['start99']):.0f} ms"
    yield Finding("read_results: starts", SEEN, started)
    restored = f"{restores} restores" + (f", p99 {float(row['restore99']):.0f} ms" if restores else "")
    yield Finding("read_results: SnapStart", SEEN, restored)
    told = (
        f"p50 {float(row['call50']):.1f} ms, p99 {float(row['call99']):.1f} ms; at most {float(row['memory']):.0f} MB"
    )
    yield Finding("read_results: calls", SEEN, told)
    yield Finding("read_results: billed", SEEN, f"{float(row['billed']):.1f} ms on average")


def _edge(clients: Clients, stack: Stack, window: Window) -> Iterator[Finding]:
    at_api = window.figure(clients.cloudwatch, "AWS/ApiGateway", "Count", {"ApiId": stack.api}, "Sum")
    yield Finding("API: requests", *(_told(at_api, "{:,.0f}")))
    if not stack.distribution:
        yield Finding(
            "edge: requests", UNSEEN, "name the distribution with --distribution, an output of infra/edge.yaml"
        )
        return
    of_edge = {"DistributionId": stack.distribution, "Region": "Global"}
    readers = window.figure(clients.edge_cloudwatch, "AWS/CloudFront", "Requests", of_edge, "Sum")
    yield Finding("edge: requests", *(_told(readers, "{:,.0f}")))
    if readers and at_api is not None:
        yield Finding("edge: answered without the API", SEEN, f"{max(0.0, 1 - at_api / readers):.2%}")
    errors = window.figure(clients.edge_cloudwatch, "AWS/CloudFront", "5xxErrorRate", of_edge, "Average")
    if errors is None:
        yield Finding("edge: answers of 5xx", UNSEEN, "nothing recorded")
    else:
        yield check("edge: answers of 5xx", errors < 0.01, f"{errors:.3f} %", "below 0.01 %")


def _units(clients: Clients, stack: Stack, window: Window) -> Iterator[Finding]:
    settings = clients.functions.get_function_configuration(FunctionName=f"{stack.name}-read_results")
    table = {"TableName": settings["Environment"]["Variables"]["TABLE_PAGES"]}
    for what, metric in (("read", "ConsumedReadCapacityUnits"), ("written", "ConsumedWriteCapacityUnits")):
        units = window.figure(clients.cloudwatch, "AWS/DynamoDB", metric, table, "Sum")
        yield Finding(f"table of pages: units {what}", *(_told(units, "{:,.0f}")))


def _lambda(clients: Clients, stack: Stack, window: Window) -> Iterator[Finding]:
    reader = {"FunctionName": f"{stack.name}-read_results"}
    throttled = window.figure(clients.cloudwatch, "AWS/Lambda", "Throttles", reader, "Sum")
    yield Finding("read_results: turned away", *(_told(throttled, "{:,.0f}; the copies answered those")))
    at_once = window.figure(clients.cloudwatch, "AWS/Lambda", "ConcurrentExecutions", reader, "Maximum")
    yield Finding("read_results: at once", *(_told(at_once, "{:,.0f}")))


def _lag(clients: Clients, stack: Stack, window: Window) -> Finding:
    of = {"service": "realcount", "function": "publish_results"}
    lag = window.figure(clients.cloudwatch, stack.name, "PublishLag", of, "p95")
    if lag is None:
        return Finding("PublishLag p95", UNSEEN, "no page was published in this time")
    return check("PublishLag p95", lag <= LAG_GOAL_MS, f"{lag / 1000:.1f} s", f"{LAG_GOAL_MS / 1000:.0f} s at most")


def _told(figure: float | None, form: str) -> tuple[str, str]:
    return (UNSEEN, "nothing recorded") if figure is None else (SEEN, form.format(figure))
