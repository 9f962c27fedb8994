"""The events of a function in the template, as subscriptions, notifications and schedules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from realcount.local.filters import check
from realcount.local.intrinsics import TemplateError
from realcount.local.stack import Destination, Function, Notification, Schedule, Subscription

_SECONDS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}
_RATE = re.compile(r"rate\((\d+) (minutes?|hours?|days?)\)")
_BY_CLOCK = re.compile(r"cron\(0/(\d+) \* \* \* \? \*\)")
"""Every so many minutes of the hour."""


def subscription(function: Function, name: str, properties: Mapping[str, Any]) -> Subscription:
    """The event `name` of type DynamoDB. Raises `TemplateError` for settings that one machine does not have."""
    if properties.get("TumblingWindowInSeconds"):
        raise TemplateError(f"{function.logical}.{name} wants tumbling windows, which one machine does not run")
    patterns = [json.loads(entry["Pattern"]) for entry in properties.get("FilterCriteria", {}).get("Filters", [])]
    for pattern in patterns:
        check(pattern, f"{function.logical}.{name}")
    return Subscription(
        id=f"{function.name}.{name}",
        function=function.name,
        table=str(properties["Stream"]).split(":table/")[1].split("/")[0],
        batch_size=int(properties.get("BatchSize", 100)),
        window=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        start=str(properties.get("StartingPosition", "TRIM_HORIZON")),
        patterns=tuple(patterns),
        partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        bisect=properties.get("BisectBatchOnFunctionError") is True,
        retries=_limit(properties.get("MaximumRetryAttempts")),
        max_age=_limit(properties.get("MaximumRecordAgeInSeconds")),
        failures=on_failure(properties),
        parallelization=int(properties.get("ParallelizationFactor", 1)),
    )


def notification(function: Function, properties: Mapping[str, Any]) -> Notification:
    """An event of type S3."""
    events = properties["Events"]
    rules = properties.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    wanted = {rule["Name"]: str(rule["Value"]) for rule in rules}
    return Notification(
        function=function.name,
        bucket=str(properties["Bucket"]),
        events=tuple(events if isinstance(events, list) else [events]),
        prefix=wanted.get("prefix", ""),
        suffix=wanted.get("suffix", ""),
    )


def schedule(function: Function, name: str, properties: Mapping[str, Any]) -> Schedule:
    """The event `name` of type Schedule or ScheduleV2. Raises `TemplateError` for anything but `rate(…)` and
    `cron(0/N * * * ? *)`."""
    expression = str(properties.get("Schedule", properties.get("ScheduleExpression")))
    rate, clock = _RATE.fullmatch(expression), _BY_CLOCK.fullmatch(expression)
    if rate is None and (clock is None or 60 % int(clock[1])):
        raise TemplateError(
            f"{function.logical}.{name} is scheduled {expression!r}; one machine runs rate(…) and cron(0/N * * * ? *) only"
        )
    seconds = int(rate[1]) * _SECONDS[rate[2]] if rate else int(clock[1]) * 60 if clock else 0
    payload = json.loads(properties["Input"]) if "Input" in properties else None
    return Schedule(f"{function.name}.{name}", function.name, seconds, payload, by_clock=rate is None)


def on_failure(properties: Mapping[str, Any]) -> Destination | None:
    """The on-failure destination of an event source mapping or of asynchronous calls. Raises `TemplateError`."""
    arn = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if arn is None:
        return None
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service not in ("s3", "sqs"):
        raise TemplateError(f"the on-failure destination {arn!r} is neither a bucket nor a queue")
    return Destination(service, arn.split(":")[5])


def _limit(value: object) -> int | None:
    """Lambda writes 'no limit' as -1 or by leaving it out."""
    return None if value is None or int(str(value)) == -1 else int(str(value))
