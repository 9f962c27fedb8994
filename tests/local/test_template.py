"""One machine is what template.yaml says, and follows it when it changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from realcount.local.intrinsics import TemplateError
from realcount.local.places import checkout
from realcount.local.stack import Destination, Route, Schedule, Stack, Throttle
from realcount.local.template import read_stack
from realcount.local.template_api import throttled

ROOT = checkout().root


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str], Stack]:
    """The stack of a copy of the project's template in which a text stands in place of another."""
    (tmp_path / "infra").mkdir()
    for nested in (ROOT / "infra").glob("*.yaml"):
        (tmp_path / "infra" / nested.name).write_text(nested.read_text())
    template = (ROOT / "template.yaml").read_text()

    def stack(old: str, new: str) -> Stack:
        assert old in template
        (tmp_path / "template.yaml").write_text(template.replace(old, new, 1))
        return read_stack(tmp_path / "template.yaml")

    return stack


def test_every_folder_of_functions_is_a_function_that_something_calls() -> None:
    stack = read_stack(ROOT / "template.yaml")
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    called = {event.function for event in (*stack.routes, *stack.subscriptions, *stack.notifications, *stack.schedules)}
    assert set(stack.functions) == folders == called


def test_names_agree_across_nested_templates() -> None:
    stack = read_stack(ROOT / "template.yaml")
    environment = stack.environment()
    tables, buckets = {table.name for table in stack.tables}, {bucket.name for bucket in stack.buckets}
    assert {value for name, value in environment.items() if name.startswith("TABLE_")} == tables
    assert {value for name, value in environment.items() if name.startswith("BUCKET_")} < buckets
    assert environment["PARAMETER_INTAKE"] in {parameter.name for parameter in stack.parameters}
    assert {subscription.table for subscription in stack.subscriptions} < tables
    assert {notification.bucket for notification in stack.notifications} < buckets
    streaming = {table.name for table in stack.tables if "StreamSpecification" in table.create}
    assert {subscription.table for subscription in stack.subscriptions} == streaming


def test_every_trigger_that_can_fail_has_a_place_for_what_is_given_up() -> None:
    stack = read_stack(ROOT / "template.yaml")
    buckets = {bucket.name for bucket in stack.buckets}
    for subscription in stack.subscriptions:
        assert subscription.failures is not None and subscription.failures.name in buckets
        assert subscription.partial_failures and subscription.bisect and subscription.retries is not None
    for trigger in (*stack.notifications, *stack.schedules):
        failures = stack.functions[trigger.function].async_failures
        assert failures is not None and failures.kind == "s3" and failures.name in buckets


def test_a_route_that_is_added_is_there(edited) -> None:
    stack = edited(
        "        Index: {Type: HttpApi,",
        '        Extra: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: any, Path: "/v1/extra/{proxy+}"}}\n'
        "        Index: {Type: HttpApi,",
    )
    assert ("ANY", "/v1/extra/{proxy+}", "read_results") in {
        (route.method, route.path, route.function) for route in stack.routes
    }


def test_every_route_has_the_limit_that_the_template_sets() -> None:
    stack = read_stack(ROOT / "template.yaml", {"PublicRate": "123", "PublicBurst": "45"})
    limits = {route.key: route.throttle for route in stack.routes}
    regions = "/v1/elections/{election}/contests/{contest}/regions/{region}"
    assert limits[f"GET {regions}"] == Throttle(123.0, 45.0)
    assert limits[f"HEAD {regions}"] == limits["GET /v1"] == Throttle(5.0, 6.0)
    assert all(limits.values())


def test_a_route_with_settings_of_its_own_has_its_own_limit() -> None:
    properties = {
        "DefaultRouteSettings": {"ThrottlingRateLimit": 7, "ThrottlingBurstLimit": 9},
        "RouteSettings": {"POST /x": {"ThrottlingRateLimit": 1}},
    }
    own, other = throttled((Route("POST", "/x", "f"), Route("GET", "/x", "f")), properties)
    assert (own.throttle, other.throttle) == (Throttle(1.0, 9.0), Throttle(7.0, 9.0))
    assert throttled((own,), {})[0].throttle is None


def test_a_stream_that_is_added_is_there(edited) -> None:
    stack = edited(
        "        EveryMinute:",
        "        Pages:\n"
        "          Type: DynamoDB\n"
        "          Properties: {Stream: !GetAtt Storage.Outputs.TallyStreamArn, StartingPosition: LATEST}\n"
        "        EveryMinute:",
    )
    added = next(subscription for subscription in stack.subscriptions if subscription.function == "sweep_tally")
    assert added.table == stack.environment()["TABLE_TALLY"]
    assert (added.batch_size, added.window, added.start, added.retries, added.max_age, added.failures) == (
        100, 0.0, "LATEST", None, None, None,
    )  # fmt: skip


def test_settings_of_a_stream_arrive(edited) -> None:
    stack = edited(
        "MaximumBatchingWindowInSeconds: 0 # every form",
        "MaximumBatchingWindowInSeconds: 3 # every form",
    )
    first = next(one for one in stack.subscriptions if one.function == "count_form")
    assert (first.batch_size, first.window, first.retries, first.max_age) == (2000, 3.0, 10, 3600)
    assert first.patterns == ({"dynamodb": {"Keys": {"sk": {"S": ["HEAD"]}}}},)
    assert first.failures == Destination("s3", "realcount-failuresbucket")


EVERY_MINUTE = "EveryMinute: {Type: Schedule, Properties: {Schedule: rate(1 minute)}"


def test_a_disabled_trigger_is_not_there(edited) -> None:
    stack = edited(EVERY_MINUTE, "EveryMinute: {Type: Schedule, Properties: {Schedule: rate(1 minute), Enabled: false}")
    assert [one.function for one in stack.schedules] == [
        *("seal_forms", "seal_totals", "ask_witnesses"),
        *("record_history", "list_corrections", "list_flagged", "export_bulk", "export_nist", "recount"),
    ]


def test_a_schedule_with_input(edited) -> None:
    stack = edited(
        EVERY_MINUTE, "EveryMinute: {Type: Schedule, Properties: {Schedule: rate(2 hours), Input: '{\"all\": true}'}"
    )
    (sweep,) = [one for one in stack.schedules if one.function == "sweep_tally"]
    assert sweep == Schedule("sweep_tally.EveryMinute", "sweep_tally", 7200, {"all": True})


def test_a_bucket_tells_who_may_post_from_a_browser(edited) -> None:
    rule = "CorsConfiguration: {CorsRules: [{AllowedOrigins: ['*'], AllowedMethods: [POST], ExposedHeaders: [etag], MaxAge: 60}]}"
    stack = edited("      VersioningConfiguration: {Status: Enabled}", f"      {rule}")
    uploads = next(bucket for bucket in stack.buckets if "uploads" in bucket.name)
    assert uploads.cors == (
        {"AllowedOrigins": ["*"], "AllowedMethods": ["POST"], "ExposeHeaders": ["etag"], "MaxAgeSeconds": 60},
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("rate(1 minute)", "'cron(0 12 * * ? *)'", "AskWitnessesFunction.Witnesses is scheduled"),
        (
            "{Type: Schedule, Properties: {Schedule: rate(1 minute)}}",
            "{Type: SNS, Properties: {Topic: x}}",
            "event of type SNS",
        ),
        ("ParallelizationFactor: !Ref StreamParallelism", "TumblingWindowInSeconds: 30", "tumbling windows"),
        ('["HEAD"]}}', '[{"cidr": "10.0.0.0/8"}]}}', "one machine cannot match"),
        ("!GetAtt Storage.Outputs.FormsStreamArn", "!GetAtt Storage.Outputs.Nothing", "has no output 'Nothing'"),
        (
            "Destination: !GetAtt Storage.Outputs.FailuresBucketArn",
            "Destination: arn:aws:sns:x:1:topic",
            "neither a bucket nor a queue",
        ),
        ("Location: infra/storage.yaml", "Location: infra/elsewhere.yaml", "does not exist"),
    ],
)
def test_what_one_machine_cannot_run_is_an_error_and_never_left_out(edited, old: str, new: str, complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        edited(old, new)


def test_two_values_for_one_variable_are_an_error_only_for_who_needs_both(edited) -> None:
    stack = edited(
        "      CodeUri: functions/read_results\n",
        "      CodeUri: functions/read_results\n      Environment: {Variables: {TABLE_PAGES: other, QUIET: true}}\n",
    )
    assert stack.functions["read_results"].environment["TABLE_PAGES"] == "other"
    assert stack.functions["read_results"].environment["QUIET"] == "true"
    with pytest.raises(
        ValueError, match="TABLE_PAGES is 'realcount-PagesTable' for grant_upload and 'other' for read_results"
    ):
        stack.environment()
