"""A stream that holds what a test puts into it, and a function that answers as a test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from realcount.local.delivery import Record
from realcount.local.sandbox import FunctionError
from realcount.local.stack import Destination, Subscription
from realcount.local.stream_source import Expired, Shard, Trimmed


def record(number: int, sort: str = "HEAD", created: float = 1000.0) -> Record:
    return {
        "eventID": f"event-{number}",
        "eventName": "MODIFY",
        "dynamodb": {
            "SequenceNumber": f"{number:05d}",
            "ApproximateCreationDateTime": created,
            "Keys": {"pk": {"S": f"p{number}"}, "sk": {"S": sort}},
        },
    }


def records(*numbers: int) -> list[Record]:
    return [record(number) for number in numbers]


def numbers(batch: Sequence[Record]) -> list[int]:
    return [int(one["dynamodb"]["SequenceNumber"]) for one in batch]


def subscription(**changes: Any) -> Subscription:
    """One as in the template, but small: batches of 10, no window, two retries."""
    settings: dict[str, Any] = {
        "id": "count_form.Ledger",
        "function": "count_form",
        "table": "forms",
        "batch_size": 10,
        "window": 0.0,
        "start": "TRIM_HORIZON",
        "patterns": (),
        "partial_failures": True,
        "bisect": False,
        "retries": 2,
        "max_age": None,
        "failures": Destination("s3", "failures"),
        "parallelization": 1,
    }
    return Subscription(**(settings | changes))


def failing(*at: int) -> dict[str, Any]:
    """The answer of a function that reports these sequence numbers."""
    return {"batchItemFailures": [{"itemIdentifier": f"{number:05d}"} for number in at]}


CRASH = FunctionError("count_form", "RuntimeError", "out of order")


@dataclass
class ScriptedFunction:
    """Answers each batch with `answer(numbers)`; an answer that is an exception is raised. Keeps every batch it got."""

    answer: Callable[[list[int]], Any] = lambda batch: None
    batches: list[list[int]] = field(default_factory=list)

    def __call__(self, batch: Sequence[Record]) -> Any:
        self.batches.append(numbers(batch))
        answer = self.answer(self.batches[-1])
        if isinstance(answer, Exception):
            raise answer
        return answer

    @staticmethod
    def saying(*answers: Any) -> ScriptedFunction:
        """One answer after the other; at the end all is well."""
        left = list(answers)
        return ScriptedFunction(lambda batch: left.pop(0) if left else None)


@dataclass
class ScriptedStream:
    """A `Source`. Iterators are `shard@position`; positions below `trimmed` are gone; a `closed` shard ends."""

    content: dict[str, list[Record]]
    parents: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    trimmed: dict[str, int] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    page: int = 1000
    arn: str = "arn:stream/1"
    opened: list[tuple[str, str | None, str]] = field(default_factory=list)

    def shards(self) -> Sequence[Shard]:
        return [Shard(shard, self.parents.get(shard)) for shard in self.content]

    def open(self, shard: str, after: str | None, start: str) -> str:
        self.opened.append((shard, after, start))
        horizon = self.trimmed.get(shard, 0)
        if after is None:
            return f"{shard}@{horizon if start == 'TRIM_HORIZON' else len(self.content[shard])}"
        known = {one["dynamodb"]["SequenceNumber"]: i for i, one in enumerate(self.content[shard])}
        if known.get(after, -1) < horizon:
            raise Trimmed(after)
        return f"{shard}@{known[after] + 1}"

    def read(self, iterator: str, limit: int) -> tuple[Sequence[Record], str | None]:
        if iterator in self.expired:
            self.expired.discard(iterator)
            raise Expired(iterator)
        shard, _, text = iterator.partition("@")
        position = int(text)
        if position < self.trimmed.get(shard, 0):
            raise Trimmed(iterator)
        found = self.content[shard][position : position + min(limit, self.page)]
        position += len(found)
        over = shard in self.closed and position == len(self.content[shard])
        return found, None if over else f"{shard}@{position}"
