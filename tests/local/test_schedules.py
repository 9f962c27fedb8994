"""A schedule puts a tick into its function's queue, as EventBridge would send it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from realcount.local.engine import Engine
from realcount.local.provision import async_queue
from realcount.local.schedules import Ticker
from realcount.local.stack import Schedule

NOW = datetime(2019, 4, 17, 13, 5, 9, tzinfo=UTC)


def _received(engine: Engine, function: str) -> list[dict]:
    sqs = engine.client("sqs")
    url = sqs.get_queue_url(QueueName=async_queue(function))["QueueUrl"]
    return [
        json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]


def test_a_tick_is_a_scheduled_event(engine: Engine) -> None:
    sqs = engine.client("sqs")
    sqs.create_queue(QueueName=async_queue("ticks"))
    Ticker(Schedule("ticks.Every", "ticks", 60, None), sqs, lambda: NOW).tick()
    (event,) = _received(engine, "ticks")
    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2019-04-17T13:05:09Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:000000000000:rule/ticks.Every"],
        "detail": {},
    }


def test_an_input_of_the_template_is_sent_as_it_stands(engine: Engine) -> None:
    sqs = engine.client("sqs")
    sqs.create_queue(QueueName=async_queue("ticks-input"))
    Ticker(Schedule("ticks-input.Every", "ticks-input", 60, {"all": True}), sqs, lambda: NOW).tick()
    assert _received(engine, "ticks-input") == [{"all": True}]


def test_a_schedule_by_the_clock_waits_for_the_clock(engine: Engine) -> None:
    sqs = engine.client("sqs")
    sqs.create_queue(QueueName=async_queue("ticks-clock"))
    by_clock, any_time = (
        Schedule("ticks-clock.A", "ticks-clock", 300, None, True),
        Schedule("b", "ticks-clock", 300, None),
    )
    assert Ticker(by_clock, sqs, lambda: NOW).pause() == 300 - 9
    assert Ticker(by_clock, sqs, lambda: NOW.replace(second=0)).pause() == 300
    assert Ticker(any_time, sqs, lambda: NOW).pause() == 300


def test_nothing_comes_before_the_first_period_is_over_and_a_stop_does_not_wait_for_it(engine: Engine) -> None:
    sqs = engine.client("sqs")
    sqs.create_queue(QueueName=async_queue("ticks-later"))
    ticker = Ticker(Schedule("ticks-later.Every", "ticks-later", 3600, None), sqs)
    ticker.start()
    ticker.stop()
    assert _received(engine, "ticks-later") == []
