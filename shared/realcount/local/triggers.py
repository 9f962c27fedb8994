"""Everything that calls a function without a request: streams, S3 events and schedules, as the template declares them.

Also knows when all of it is quiet, which is what tests and tools wait for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realcount.local.activity import Activity
from realcount.local.checkpoints import Checkpoints
from realcount.local.delivery import GiveUp, Record, sequence
from realcount.local.engine import Engine
from realcount.local.events import AsyncEvents
from realcount.local.failures import Failures
from realcount.local.schedules import Ticker
from realcount.local.stack import Stack, Subscription
from realcount.local.stream_source import TableStream
from realcount.local.streams import Mapping

QUIET_ROUNDS = 2
"""S3 tells its queue a moment after it answered the upload, so one quiet round may just be too early."""

LOOK_SECONDS = 0.05


class Triggers:
    """The triggers of a machine. `invoke` runs a function with an event; checkpoints lie in the folder `checkpoints`."""

    def __init__(self, stack: Stack, engine: Engine, invoke: Callable[[str, Any], Any], checkpoints: Path) -> None:
        dynamodb, streams, sqs = engine.client("dynamodb"), engine.client("dynamodbstreams"), engine.client("sqs")
        failures = Failures(engine.client("s3"), sqs)
        self._activity = Activity()
        self._mappings: list[Mapping] = []
        for subscription in stack.subscriptions:
            source = TableStream(dynamodb, streams, subscription.table)
            places = Checkpoints(checkpoints / f"{subscription.id}.json", source.arn)
            given_up = GivenUp(failures, subscription, source.arn)
            self._mappings.append(Mapping(subscription, source, places, invoke, given_up.on, self._activity))
        by_s3 = {notification.function for notification in stack.notifications}
        self._queues = [
            # A second worker for what people wait for; ticks can stand in line.
            AsyncEvents(stack.functions[name], sqs, invoke, failures, self._activity, workers=2 if name in by_s3 else 1)
            for name in sorted(by_s3 | {schedule.function for schedule in stack.schedules})
        ]
        self._tickers = [Ticker(schedule, sqs) for schedule in stack.schedules]

    def _all(self) -> list[Mapping | AsyncEvents | Ticker]:
        return [*self._mappings, *self._queues, *self._tickers]

    def start(self) -> None:
        for trigger in self._all():
            trigger.start()

    def stop(self) -> None:
        """Let deliveries under way end, then return. What they did not finish is done again after the next start."""
        for trigger in reversed(self._all()):
            trigger.stop()

    def tick(self, function: str) -> None:
        """Let the function's schedules come now, besides their time."""
        for ticker in self._tickers:
            if ticker.function == function:
                ticker.tick()

    def drain(self, seconds: float) -> None:
        """Wait until every trigger has been delivered and what it caused too, and nothing more is coming.

        Raises `TimeoutError` after so many seconds: an event that failed and waits for its next attempt keeps a machine
        from being quiet.
        """
        give_up = time.monotonic() + seconds
        rounds = 0
        while rounds < QUIET_ROUNDS:
            rounds = rounds + 1 if self._quiet_round(give_up) else 0

    def _quiet_round(self, give_up: float) -> bool:
        """Look at everything once; says whether all of it was quiet from before the first look until after the last."""
        before = self._activity.seen()
        began = time.monotonic()
        while not (
            all(mapping.caught_up_since(began) for mapping in self._mappings)
            and all(queue.empty() for queue in self._queues)
        ):
            if time.monotonic() > give_up:
                raise TimeoutError("triggers are still being delivered")
            time.sleep(LOOK_SECONDS)
        return before is not None and self._activity.seen() == before


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Where batches of one subscription go when they are given up."""

    failures: Failures
    subscription: Subscription
    stream: str

    def on(self, shard: str) -> GiveUp:
        def give_up(records: Sequence[Record], condition: str, attempts: int, error: str | None) -> None:
            self._write(shard, records, condition, attempts, error)

        return give_up

    def _write(self, shard: str, records: Sequence[Record], condition: str, attempts: int, error: str | None) -> None:
        if self.subscription.failures is None:
            return  # Lambda too gives up in silence where the template names no place for it.
        batch = {
            "shardId": shard,
            "startSequenceNumber": sequence(records[0]),
            "endSequenceNumber": sequence(records[-1]),
            "approximateArrivalOfFirstRecord": records[0]["dynamodb"]["ApproximateCreationDateTime"],
            "approximateArrivalOfLastRecord": records[-1]["dynamodb"]["ApproximateCreationDateTime"],
            "batchSize": len(records),
            "streamArn": self.stream,
        }
        self.failures.of_batch(
            self.subscription.failures,
            self.subscription.function,
            self.subscription.id,
            batch,
            condition=condition,
            attempts=attempts,
            error=error,
            event={"Records": list(records)},
        )
