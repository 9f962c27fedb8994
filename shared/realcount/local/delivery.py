"""One batch of stream records on its way to a function, with everything Lambda does when it does not arrive.

In Lambda's order (event source mappings for DynamoDB streams):

1. records older than the mapping's limit are given up before they are sent
2. success moves the checkpoint past the batch; so does an answer without `batchItemFailures`
3. a partial failure moves it to the lowest reported record; that one *and all after it* are sent again
4. an answer that reports a record which is not in the batch fails the whole batch
5. a failed batch of more than one record is split in two where the mapping says so, which uses up no retry
6. any other failure uses up one retry; without one left the batch is given up: its failure record is written, and only
   then the checkpoint moves on

Nothing is ever skipped without a trace, and whatever is not behind the checkpoint is sent again after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from realcount.local.failures import RECORD_TOO_OLD, RETRIES_EXHAUSTED
from realcount.local.sandbox import FunctionError
from realcount.local.stack import Subscription

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""Seconds between two attempts, doubled each time. Lambda backs off too and does not say how."""

Record = Mapping[str, Any]
"""A record as a function gets it, with `dynamodb.SequenceNumber` and `dynamodb.ApproximateCreationDateTime`."""


class Stopped(Exception):
    """The machine is stopping: what is under way stays where the checkpoint says."""


class GiveUp(Protocol):
    def __call__(self, records: Sequence[Record], condition: str, attempts: int, error: str | None) -> None:
        """Write the record of a batch that is given up."""
        ...


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the batch that is to be sent, and the retries it has used up."""

    records: Sequence[Record]
    retries: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """`invoke` sends records and returns the function's answer; `checkpoint` is told each sequence number that is behind
    us; `now` is in epoch seconds; `wait` pauses for so many seconds and may raise `Stopped`."""

    subscription: Subscription
    invoke: Callable[[Sequence[Record]], Any]
    give_up: GiveUp
    checkpoint: Callable[[str], None]
    now: Callable[[], float]
    wait: Callable[[float], None]

    def deliver(self, records: Sequence[Record]) -> None:
        """Bring the whole batch behind the checkpoint. Raises `Stopped`."""
        parts = [_Part(records, 0)]
        while parts:
            part = self._without_expired(parts.pop())  # (1)
            if not part.records:
                continue
            error: str | None = None
            try:
                failed = self._failed_from(part.records, self.invoke(part.records))
            except FunctionError as function_error:
                failed, error = None, str(function_error)
            if failed == len(part.records):  # (2)
                self.checkpoint(sequence(part.records[-1]))
            elif failed:  # (3)
                self.checkpoint(sequence(part.records[failed - 1]))
                # The checkpoint moved, so this is a new batch to Lambda; its first sending was the one that failed.
                self._retry(parts, _Part(part.records[failed:], 0), "the function reported a failed record")
            elif error is not None and self.subscription.bisect and len(part.records) > 1:  # (5)
                middle = len(part.records) // 2
                parts.append(_Part(part.records[middle:], part.retries))
                parts.append(_Part(part.records[:middle], part.retries))
            else:
                self._retry(parts, part, error or "the function reported its first record as failed")

    def _failed_from(self, records: Sequence[Record], answer: Any) -> int:
        """The index of the first record that did not arrive, or the number of records if all did.

        Raises `FunctionError` for an answer that Lambda takes for a failure of the whole batch.
        """
        if not self.subscription.partial_failures or not answer:
            return len(records)
        try:
            failures = answer.get("batchItemFailures") or []
            reported = [failure["itemIdentifier"] for failure in failures]
        except (AttributeError, KeyError, TypeError):
            reported = [None]
        places = {sequence(record): i for i, record in enumerate(records)}
        if any(identifier not in places for identifier in reported):  # (4)
            raise FunctionError(
                self.subscription.function, "InvalidResponse", f"the answer {answer!r} names no record of the batch"
            )
        return min((places[identifier] for identifier in reported), default=len(records))

    def _retry(self, parts: list[_Part], part: _Part, error: str) -> None:
        limit = self.subscription.retries
        if limit is not None and part.retries >= limit:  # (6)
            self.give_up(part.records, RETRIES_EXHAUSTED, part.retries + 1, error)
            # If we die here the batch is sent, and perhaps given up, once more: functions and readers bear that.
            self.checkpoint(sequence(part.records[-1]))
            return
        self.wait(min(LONGEST_WAIT, FIRST_WAIT * 2**part.retries))
        parts.append(_Part(part.records, part.retries + 1))

    def _without_expired(self, part: _Part) -> _Part:
        limit = self.subscription.max_age
        if limit is None:
            return part
        oldest = self.now() - limit
        # A stream is in the order of time, so what is too old stands at the front.
        fresh = next((i for i, record in enumerate(part.records) if _created(record) >= oldest), len(part.records))
        if fresh:
            self.give_up(part.records[:fresh], RECORD_TOO_OLD, part.retries, None)
            self.checkpoint(sequence(part.records[fresh - 1]))
        return _Part(part.records[fresh:], part.retries)


def sequence(record: Record) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def _created(record: Record) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])
