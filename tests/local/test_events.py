"""Events that nobody waits for: delivered at least once, tried again as often as the template says, never lost in silence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from realcount.local.activity import Activity
from realcount.local.engine import Engine
from realcount.local.events import AsyncEvents
from realcount.local.failures import Failures
from realcount.local.provision import async_queue, provision
from realcount.local.sandbox import FunctionError
from realcount.local.stack import Bucket, Destination, Notification, Stack
from tests.local.conftest import MakeFunction

HANDLER = "def lambda_handler(event, context): ..."


class Recorder:
    """Stands for the function: keeps every event, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[Any] = []
        self._failures = failures

    def __call__(self, name: str, event: Any) -> Any:
        self.events.append(event)
        if len(self.events) <= self._failures:
            raise FunctionError(name, "RuntimeError", "not today")


@pytest.fixture
def queue_of(engine: Engine, make_function: MakeFunction):
    """The emptier of the queue of a new function, and a way to put an event into it. Retries come at once."""

    def make(name: str, recorder: Recorder, **settings: Any) -> tuple[AsyncEvents, Callable[[Any], None]]:
        sqs = engine.client("sqs")
        engine.client("s3").create_bucket(Bucket=f"{name}-failures")
        url = sqs.create_queue(QueueName=async_queue(name))["QueueUrl"]
        function = make_function(name, HANDLER, failures=Destination("s3", f"{name}-failures"), **settings)
        failures = Failures(engine.client("s3"), sqs)
        events = AsyncEvents(function, sqs, recorder, failures, Activity(), retry_seconds=(0, 0))
        return events, lambda event: sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))

    return make


def drain(events: AsyncEvents) -> None:
    while not events.empty():
        events.step()


def failure_records(engine: Engine, bucket: str) -> list[dict[str, Any]]:
    s3 = engine.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]


def test_an_event_that_arrives_is_gone(queue_of, engine: Engine) -> None:
    recorder = Recorder()
    events, send = queue_of("events-well", recorder)
    send({"n": 1})
    assert not events.empty()
    drain(events)
    assert recorder.events == [{"n": 1}]
    assert failure_records(engine, "events-well-failures") == []


def test_a_failed_event_is_tried_twice_more(queue_of, engine: Engine) -> None:
    recorder = Recorder(failures=2)
    events, send = queue_of("events-retry", recorder)
    send({"n": 1})
    drain(events)
    assert recorder.events == [{"n": 1}] * 3
    assert failure_records(engine, "events-retry-failures") == []


def test_then_it_is_given_up_on_record(queue_of, engine: Engine) -> None:
    recorder = Recorder(failures=99)
    events, send = queue_of("events-given-up", recorder)
    send({"n": 1})
    drain(events)
    assert len(recorder.events) == 3
    (record,) = failure_records(engine, "events-given-up-failures")
    assert record["requestPayload"] == {"n": 1}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert "not today" in record["responsePayload"]["errorMessage"]


def test_without_retries_one_failure_is_enough(queue_of, engine: Engine) -> None:
    recorder = Recorder(failures=99)
    events, send = queue_of("events-once", recorder, retries=0)
    send({"n": 1})
    drain(events)
    assert len(recorder.events) == 1
    assert len(failure_records(engine, "events-once-failures")) == 1


def test_an_event_that_waited_too_long_is_not_sent(queue_of, engine: Engine) -> None:
    recorder = Recorder()
    events, send = queue_of("events-old", recorder, max_age=-1)
    send({"n": 1})
    drain(events)
    assert recorder.events == []
    (record,) = failure_records(engine, "events-old-failures")
    assert record["requestContext"]["condition"] == "EventAgeExceeded"


def test_an_event_waits_out_its_retry(engine: Engine, make_function: MakeFunction) -> None:
    sqs = engine.client("sqs")
    url = sqs.create_queue(QueueName=async_queue("events-wait"))["QueueUrl"]
    recorder = Recorder(failures=1)
    events = AsyncEvents(make_function("events-wait", HANDLER), sqs, recorder, Failures(None, sqs), Activity())
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert events.step() == 1
    assert events.step() == 0
    assert not events.empty()
    assert len(recorder.events) == 1


def test_s3_tells_of_each_object_and_its_greeting_is_not_an_event(engine: Engine, make_function: MakeFunction) -> None:
    notification = Notification("events-s3", "events-s3-uploads", ("s3:ObjectCreated:*",), "uploads/", "")
    provision(engine, Stack({}, (), None, (), (notification,), (), (), (Bucket("events-s3-uploads", ()),), (), (), ()))
    recorder = Recorder()
    sqs = engine.client("sqs")
    events = AsyncEvents(make_function("events-s3", HANDLER), sqs, recorder, Failures(None, sqs), Activity())
    events.start()
    engine.client("s3").put_object(Bucket="events-s3-uploads", Key="uploads/a b/form", Body=b"abc")
    give_up = time.monotonic() + 60
    while not recorder.events and time.monotonic() < give_up:
        time.sleep(0.02)
    events.stop()
    ((record,),) = [event["Records"] for event in recorder.events]
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["bucket"]["name"] == "events-s3-uploads"
    assert record["s3"]["object"]["key"] == "uploads/a+b/form"
    assert record["s3"]["object"]["size"] == 3
    assert events.empty()
