"""What Lambda does with a batch that does not arrive, case by case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from realcount.local.delivery import Delivery, Stopped
from realcount.local.failures import RECORD_TOO_OLD, RETRIES_EXHAUSTED
from tests.local.scripted import CRASH, ScriptedFunction, failing, numbers, record, records, subscription

BATCH = (1, 2, 3, 4)


@dataclass
class Run:
    """What came of one batch: what the function got, where the checkpoint went, what was given up, what was waited."""

    function: ScriptedFunction
    checkpoints: list[int] = field(default_factory=list)
    given_up: list[tuple[list[int], str, int]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def deliver(self, batch: list[Any], now: float = 1000.0, **settings: Any) -> Run:
        Delivery(
            subscription(**settings),
            invoke=self.function,
            give_up=lambda given, why, attempts, error: self.given_up.append((numbers(given), why, attempts)),
            checkpoint=lambda number: self.checkpoints.append(int(number)),
            now=lambda: now,
            wait=self.waits.append,
        ).deliver(batch)
        return self


@dataclass(frozen=True)
class Case:
    answers: tuple[Any, ...]
    batches: list[list[int]]
    checkpoints: list[int]
    given_up: list[tuple[list[int], str, int]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


ALL = [1, 2, 3, 4]
CASES = {
    "all well": Case((None,), [ALL], [4]),
    "an empty list of failures is success": Case(({"batchItemFailures": []},), [ALL], [4]),
    "a null list of failures is success": Case(({"batchItemFailures": None},), [ALL], [4]),
    "an empty answer is success": Case(({},), [ALL], [4]),
    "an answer about something else is success": Case(({"moved": 3},), [ALL], [4]),
    "a reported record and all after it come again": Case((failing(3),), [ALL, [3, 4]], [2, 4]),
    "of several reported records the lowest counts": Case((failing(4, 2),), [ALL, [2, 3, 4]], [1, 4]),
    "the first record reported is the whole batch again": Case((failing(1),), [ALL, ALL], [4]),
    "progress counts as a new batch": Case(
        (failing(2), failing(3), failing(4), failing(4)), [ALL, [2, 3, 4], [3, 4], [4], [4]], [1, 2, 3, 4]
    ),
    "an error is the whole batch again": Case((CRASH,), [ALL, ALL], [4]),
    "no retry left gives the batch up and goes on": Case(
        (CRASH,) * 3, [ALL, ALL, ALL], [4], [(ALL, RETRIES_EXHAUSTED, 3)]
    ),
    "without retries one failure is enough": Case(
        (CRASH,), [ALL], [4], [(ALL, RETRIES_EXHAUSTED, 1)], {"retries": 0}
    ),
    "what came before a given up record has arrived": Case(
        (failing(3),), [ALL], [2, 4], [([3, 4], RETRIES_EXHAUSTED, 1)], {"retries": 0}
    ),
    "a failing record is given up with what stands behind it": Case(
        (failing(3),) + (failing(3),) * 2, [ALL, [3, 4], [3, 4]], [2, 4], [([3, 4], RETRIES_EXHAUSTED, 3)],
    ),
    "a record that is not in the batch fails all of it": Case((failing(9), None), [ALL, ALL], [4]),
    "a report without an identifier fails all of it": Case(
        ({"batchItemFailures": [{"identifier": "00002"}]},), [ALL, ALL], [4]
    ),
    "an empty identifier fails all of it": Case(({"batchItemFailures": [{"itemIdentifier": ""}]},), [ALL, ALL], [4]),
    "an answer that is no object fails all of it": Case(("surprise",), [ALL, ALL], [4]),
    "reports mean nothing where the mapping does not ask for them": Case(
        (failing(2),), [ALL], [4], [], {"partial_failures": False}
    ),
    "a failing batch is halved": Case(
        (CRASH,), [ALL, [1, 2], [3, 4]], [2, 4], [], {"bisect": True}
    ),
    "halving uses up no retry and finds the one": Case(
        (CRASH, None, CRASH, CRASH, CRASH, CRASH),
        [ALL, [1, 2], [3, 4], [3], [3], [3], [4]],
        [2, 3, 4],
        [([3], RETRIES_EXHAUSTED, 3)],
        {"bisect": True},
    ),
    "halves stay in order, however deep": Case(
        (CRASH, CRASH, CRASH), [ALL, [1, 2], [1], [1], [2], [3, 4]], [1, 2, 4], [], {"bisect": True}
    ),
    "a reported record splits where it stands, not in the middle": Case(
        (failing(4),), [ALL, [4]], [3, 4], [], {"bisect": True}
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_lambda_would_do(case: Case) -> None:
    run = Run(ScriptedFunction.saying(*case.answers)).deliver(records(*BATCH), **case.settings)
    assert run.function.batches == case.batches
    assert run.checkpoints == case.checkpoints
    assert run.given_up == case.given_up


def test_the_checkpoint_never_runs_backwards_and_ends_behind_the_batch() -> None:
    for case in CASES.values():
        run = Run(ScriptedFunction.saying(*case.answers)).deliver(records(*BATCH), **case.settings)
        assert run.checkpoints == sorted(set(run.checkpoints))
        assert run.checkpoints[-1] == BATCH[-1]


def test_without_a_limit_a_batch_is_tried_until_it_arrives() -> None:
    run = Run(ScriptedFunction.saying(*(CRASH,) * 50)).deliver(records(1), retries=None)
    assert len(run.function.batches) == 51
    assert run.given_up == []


def test_attempts_are_spaced_ever_wider_up_to_a_limit() -> None:
    run = Run(ScriptedFunction.saying(*(CRASH,) * 9)).deliver(records(1), retries=None)
    assert run.waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_records_that_are_too_old_are_given_up_unsent() -> None:
    batch = [record(1, created=880), record(2, created=899), record(3, created=900), record(4, created=990)]
    run = Run(ScriptedFunction()).deliver(batch, max_age=100)
    assert run.given_up == [([1, 2], RECORD_TOO_OLD, 0)]
    assert run.function.batches == [[3, 4]]
    assert run.checkpoints == [2, 4]


def test_a_record_that_grows_too_old_between_attempts_is_not_sent_again() -> None:
    run = Run(ScriptedFunction.saying(CRASH))
    clock = iter([1000.0, 1101.0])
    Delivery(
        subscription(max_age=100, retries=None),
        invoke=run.function,
        give_up=lambda given, why, attempts, error: run.given_up.append((numbers(given), why, attempts)),
        checkpoint=lambda number: run.checkpoints.append(int(number)),
        now=lambda: next(clock),
        wait=run.waits.append,
    ).deliver(records(1, 2))
    assert run.function.batches == [[1, 2]]
    assert run.given_up == [([1, 2], RECORD_TOO_OLD, 1)]
    assert run.checkpoints == [2]


def test_the_failure_record_is_written_before_the_checkpoint_moves() -> None:
    order: list[str] = []
    Delivery(
        subscription(retries=0),
        invoke=ScriptedFunction.saying(CRASH),
        give_up=lambda *_: order.append("given up"),
        checkpoint=lambda number: order.append("checkpoint"),
        now=lambda: 0.0,
        wait=lambda seconds: None,
    ).deliver(records(1))
    assert order == ["given up", "checkpoint"]


def test_a_machine_that_stops_leaves_the_rest_for_the_next_start() -> None:
    run = Run(ScriptedFunction.saying(failing(3)))

    def stop(seconds: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        Delivery(
            subscription(),
            invoke=run.function,
            give_up=lambda *_: pytest.fail("nothing was to be given up"),
            checkpoint=lambda number: run.checkpoints.append(int(number)),
            now=lambda: 1000.0,
            wait=stop,
        ).deliver(records(*BATCH))
    assert run.checkpoints == [2]
