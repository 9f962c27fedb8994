"""Metrics are sent once per invocation, also when it fails, and never leak into the next."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from realcount.domain.errors import Drift, Unavailable
from realcount.edge.telemetry import Metric, Telemetry

CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=128, invoked_function_arn="arn:aws:lambda:x:1:function:f", aws_request_id="1"
)


def sent(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"CloudWatchMetrics"' in line]


def test_metrics_carry_the_function_and_only_this_invocations_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry("roll_up", trace=False)

    @telemetry.handler
    def handler(event: dict[str, Any], context: Any) -> None:
        telemetry.count(Metric.REGIONS_ROLLED_UP, event["n"])

    handler({"n": 3}, CONTEXT)  # type: ignore[arg-type]
    handler({"n": 0}, CONTEXT)  # type: ignore[arg-type]
    first, second = sent(capsys)
    assert (first["RegionsRolledUp"], second["RegionsRolledUp"]) == ([3.0], [0.0])
    for document in (first, second):
        assert (document["function"], document["service"]) == ("roll_up", "realcount")
        [group] = document["_aws"]["CloudWatchMetrics"]
        assert (group["Namespace"], group["Dimensions"]) == ("realcount", [["function", "service"]])


def test_two_stacks_of_one_account_count_apart(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "realcount-rehearsal")  # the template sets the stack's name
    telemetry = Telemetry("roll_up", trace=False)
    handler = telemetry.handler(lambda event, context: telemetry.count(Metric.DRIFT))
    handler({}, CONTEXT)  # type: ignore[arg-type]
    assert sent(capsys)[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "realcount-rehearsal"


def test_what_was_counted_before_a_crash_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry("roll_up", trace=False)

    @telemetry.handler
    def handler(event: dict[str, Any], context: Any) -> None:
        telemetry.count(Metric.FAILED)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        handler({}, CONTEXT)  # type: ignore[arg-type]
    assert [document["Failed"] for document in sent(capsys)] == [[1.0]]


def test_an_invocation_that_counts_nothing_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    handler = Telemetry("track_upload", trace=False).handler(lambda event, context: 7)
    assert handler({}, CONTEXT) == 7  # type: ignore[arg-type]
    assert sent(capsys) == []


def test_drift_is_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = Telemetry("sweep_tally", trace=False)
    errors = [Drift("a"), Unavailable("b"), Unavailable("c")]
    telemetry.handler(lambda event, context: telemetry.count_failures(errors))({}, CONTEXT)  # type: ignore[arg-type]
    [document] = sent(capsys)
    assert (document["Drift"], document["Failed"]) == ([1.0], [2.0])
