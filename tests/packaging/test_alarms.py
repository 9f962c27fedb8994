"""Alarms and dashboard: everything is watched, on metrics there are, and docs/operations.md explains each and no other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from realcount.edge.settings import PORTS_OF
from realcount.edge.telemetry import Metric

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
MANUAL = (ROOT / "docs" / "operations.md").read_text()

ALARM = "AWS::CloudWatch::Alarm"
NESTED = "AWS::CloudFormation::Stack"


def template(name: str) -> dict[str, Any]:
    found: dict[str, Any] = decode(str(INFRA / name))[0]
    return found


def filled(value: object, given: Mapping[str, str]) -> Any:
    """`value` with parameters put in; what is not known here stays as it is written."""
    match value:
        case {"Ref": name}:
            return given.get(name, f"<{name}>")
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)\}", lambda match: given.get(match[1], f"<{match[1]}>"), text)
        case dict():
            return {name: filled(one, given) for name, one in value.items()}
        case list():
            return [filled(one, given) for one in value]
    return value


def alarms(name: str, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The properties of every alarm that the template makes with these parameters, itself or in nested templates."""
    read = template(name)
    defaults = {key: str(one["Default"]) for key, one in read.get("Parameters", {}).items() if "Default" in one}
    known = {**defaults, **given}
    holds = {
        key: known[condition["Fn::Equals"][0]["Ref"]] == condition["Fn::Equals"][1]
        for key, condition in read.get("Conditions", {}).items()
        if "Fn::Equals" in condition
    }
    for resource in read["Resources"].values():
        if not holds.get(resource.get("Condition"), True):
            continue
        if resource["Type"] == ALARM:
            yield filled(resource["Properties"], known)
        if resource["Type"] == NESTED:
            inner = resource["Properties"]
            yield from alarms(inner["TemplateURL"], filled(inner.get("Parameters", {}), known))


EVERY = [*alarms("observability.yaml", {"System": "<stack>"}), *alarms("edge.yaml", {"System": "<stack>"})]
NAMES = [alarm["AlarmName"] for alarm in EVERY]


def test_no_two_alarms_have_one_name() -> None:
    assert [name for name, times in Counter(NAMES).items() if times > 1] == []


# ---- the manual -------------------------------------------------------------------------------------------------------


def explained() -> list[str]:
    """The names in the first cells of the manual's tables of alarms."""
    return [
        name
        for line in MANUAL.splitlines()
        if line.startswith("| `<stack>-")
        for name in re.findall(r"`(<stack>-[^`]+)`", line.split("|")[1])
    ]


def pattern(name: str) -> re.Pattern[str]:
    functions, tables = "|".join(PORTS_OF), "forms|tally|pages"
    return re.compile(re.escape(name).replace("<function>", f"(?:{functions})").replace("<table>", f"(?:{tables})"))


def test_every_alarm_is_explained_once() -> None:
    for name in NAMES:
        assert len([one for one in explained() if pattern(one).fullmatch(name)]) == 1, name


def test_no_alarm_is_explained_that_there_is_not() -> None:
    for one in explained():
        assert any(pattern(one).fullmatch(name) for name in NAMES), one


def test_an_alarm_sends_people_to_a_section_there_is() -> None:
    headings = set(re.findall(r"(?m)^## (.+)$", MANUAL))
    for alarm in EVERY:
        section = alarm["AlarmDescription"].split("docs/operations.md, ")[1]
        assert section in headings, alarm["AlarmName"]
        table = MANUAL.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
        assert any(f"`{one}`" in table for one in explained() if pattern(one).fullmatch(alarm["AlarmName"]))


@pytest.mark.parametrize(("stack", "part"), [("template.yaml", "main"), ("infra/edge.yaml", "edge")])
def test_every_parameter_is_explained_and_no_other(stack: str, part: str) -> None:
    table = MANUAL.split(f"\n### Parameters of the {part} stack\n", 1)[1].split("\n#", 1)[0]
    named = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert named == set(decode(str(ROOT / stack))[0]["Parameters"])


# ---- what is watched --------------------------------------------------------------------------------------------------


ALONE = {
    "seal_forms",
    "seal_totals",
    "ask_witnesses",
    "record_history",
    "list_corrections",
    "list_flagged",
    "export_bulk",
    "export_nist",
    "recount",
}


def test_every_function_is_watched_under_its_own_name() -> None:
    for function in PORTS_OF:
        assert f"<stack>-{function}-errors" in NAMES
        # Whoever runs once at a time meets its concurrency at every turn, and nothing is wrong with that.
        assert (f"<stack>-{function}-throttles" in NAMES) == (function not in ALONE)


def test_every_stream_is_watched_for_being_late_and_whoever_counts_failures_for_them() -> None:
    handlers = {name: (ROOT / "functions" / name / "handler.py").read_text() for name in PORTS_OF}
    for name, source in handlers.items():
        assert (f"<stack>-{name}-iterator-age" in NAMES) == ("read_batch" in source), name
        for kind in ("failed", "drift"):
            assert (f"<stack>-{name}-{kind}" in NAMES) == ("count_failures" in source), name


def measured() -> Iterator[tuple[str, str, dict[str, str]]]:
    """(namespace, metric, dimensions) that alarms and dashboard look at; the edge's by search are left out."""
    for alarm in EVERY:
        for one in (
            [alarm]
            if "MetricName" in alarm
            else [m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m]
        ):
            yield one["Namespace"], one["MetricName"], {d["Name"]: d["Value"] for d in one["Dimensions"]}
    for widget in dashboard():
        before: list[str] = []
        for row in widget["properties"].get("metrics", []):
            cells = [cell for cell in row if isinstance(cell, str)]
            if not cells:
                continue
            if cells[0] == "...":
                cells = before[: len(before) - len(cells) + 1] + cells[1:]
            cells = [before[place] if cell == "." else cell for place, cell in enumerate(cells)]
            before = cells
            yield cells[0], cells[1], dict(zip(cells[2::2], cells[3::2], strict=True))


def dashboard() -> list[dict[str, Any]]:
    body = template("dashboard.yaml")["Resources"]["Dashboard"]["Properties"]["DashboardBody"]
    widgets: list[dict[str, Any]] = json.loads(filled(body, {"System": "<stack>"}))["widgets"]
    return widgets


def test_what_is_watched_of_ours_is_a_metric_that_its_function_sends() -> None:
    ours = [(metric, dimensions) for namespace, metric, dimensions in measured() if namespace == "<stack>"]
    assert {
        Metric.DRIFT,
        Metric.FAILED,
        Metric.SWEEP_REPAIRS,
        Metric.SWEEPS_LEFT,
        "PublishLag",
        "SealLag",
        "QuorumAge",
    } <= {m for m, _ in ours}
    for metric, dimensions in ours:
        assert set(dimensions) == {"service", "function"} and dimensions["service"] == "realcount"
        source = (ROOT / "functions" / dimensions["function"] / "handler.py").read_text()
        sends = "count_failures" if metric in (Metric.DRIFT, Metric.FAILED) else f"Metric.{Metric(metric).name}"
        assert sends in source, f"{metric} of {dimensions['function']}"


def test_what_is_watched_of_a_route_is_a_route_there_is() -> None:
    routes = {
        dimensions["Resource"]
        for namespace, _, dimensions in measured()
        if namespace == "AWS/ApiGateway" and "Resource" in dimensions
    }
    text = (ROOT / "template.yaml").read_text()
    assert routes
    assert all(f"Path: {route}}}" in text or f'Path: "{route}"}}' in text for route in routes)


def test_the_dashboard_is_drawn_in_full_rows_and_the_edge_from_where_its_metrics_are() -> None:
    row = 0
    for widget in dashboard():
        row += widget["width"]
        assert row <= 24
        row %= 24
    assert row == 0
    for widget in dashboard():
        text = json.dumps(widget)
        assert ("AWS/CloudFront" in text or "AWS/WAFV2" in text) == (widget["properties"].get("region") == "us-east-1")
