"""A subscription follows its stream: batches, windows, filters, shards, restarts. First scripted, then on the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from realcount.local.activity import Activity
from realcount.local.checkpoints import Checkpoints
from realcount.local.delivery import Delivery
from realcount.local.engine import Engine
from realcount.local.stream_source import TableStream
from realcount.local.streams import POLL_SECONDS, Lane, Mapping
from tests.local.scripted import (
    CRASH,
    ScriptedFunction,
    ScriptedStream,
    failing,
    numbers,
    record,
    records,
    subscription,
)

SHARD = "shard-1"


@dataclass
class Stage:
    """One lane over a scripted stream, with a clock that the test moves."""

    stream: ScriptedStream
    path: Path
    function: ScriptedFunction = field(default_factory=ScriptedFunction)
    time: float = 100.0
    given_up: list[list[int]] = field(default_factory=list)

    def lane(self, **settings: Any) -> Lane:
        """A lane as a start of the machine makes it: from the checkpoints on disk."""
        checkpoints = Checkpoints(self.path / "checkpoints.json", self.stream.arn)
        wanted = subscription(**settings)
        delivery = Delivery(
            wanted,
            invoke=self.function,
            give_up=lambda batch, *_: self.given_up.append(numbers(batch)),
            checkpoint=lambda number: checkpoints.done(SHARD, number),
            now=lambda: self.time,
            wait=lambda seconds: None,
        )
        return Lane(SHARD, wanted, self.stream, checkpoints, delivery, lambda: self.time)


@pytest.fixture
def stage(tmp_path: Path) -> Callable[..., Stage]:
    def build(*content: int, **stream: Any) -> Stage:
        return Stage(ScriptedStream({SHARD: records(*content)}, **stream), tmp_path)

    return build


def steps(lane: Lane, count: int) -> None:
    for _ in range(count):
        lane.step()


def test_everything_arrives_in_order_in_batches(stage) -> None:
    at = stage(*range(25))
    steps(at.lane(), 4)
    assert at.function.batches == [list(range(10)), list(range(10, 20)), list(range(20, 25))]


def test_a_batch_waits_until_its_window_is_over(stage) -> None:
    at = stage(1, 2)
    lane = at.lane(window=1.0)
    lane.step()
    at.time += 0.5
    at.stream.content[SHARD].append(record(3))
    lane.step()
    assert at.function.batches == []
    at.time += 0.5
    lane.step()
    assert at.function.batches == [[1, 2, 3]]


def test_a_window_that_is_over_does_not_wait_for_the_next_look(stage) -> None:
    at = stage(1)
    lane = at.lane(window=1.0)
    assert lane.pause() == POLL_SECONDS
    lane.step()
    at.time += 0.9
    lane.step()
    assert lane.pause() == pytest.approx(0.1)
    at.time += lane.pause()
    lane.step()
    assert at.function.batches == [[1]]


def test_a_full_batch_does_not_wait_for_its_window(stage) -> None:
    at = stage(*range(12))
    lane = at.lane(window=60.0)
    lane.step()
    assert at.function.batches == [list(range(10))]
    lane.step()
    assert len(at.function.batches) == 1


def test_a_batch_is_gathered_over_several_pages(stage) -> None:
    at = stage(*range(10), page=4)
    steps(at.lane(window=60.0), 3)
    assert at.function.batches == [list(range(10))]


def test_the_window_begins_with_the_first_record_and_not_with_silence(stage) -> None:
    at = stage()
    lane = at.lane(window=1.0)
    lane.step()
    at.time += 10
    at.stream.content[SHARD].append(record(1))
    lane.step()
    assert at.function.batches == []
    at.time += 1
    lane.step()
    assert at.function.batches == [[1]]


def test_what_the_filter_drops_is_behind_us_without_a_call(stage, tmp_path: Path) -> None:
    at = stage()
    at.stream.content[SHARD] = [record(1, "HEAD"), record(2, "V#000001"), record(3, "HEAD"), record(4, "R#000001")]
    head_only = ({"dynamodb": {"Keys": {"sk": {"S": ["HEAD"]}}}},)
    at.lane(patterns=head_only).step()
    assert at.function.batches == [[1, 3]]
    assert Checkpoints(tmp_path / "checkpoints.json", at.stream.arn).after(SHARD) == "00004"
    at.stream.content[SHARD].append(record(5, "V#000002"))
    at.lane(patterns=head_only).step()
    assert at.function.batches == [[1, 3]]
    assert Checkpoints(tmp_path / "checkpoints.json", at.stream.arn).after(SHARD) == "00005"


def test_a_restart_goes_on_behind_the_checkpoint(stage) -> None:
    at = stage(*range(15))
    at.lane().step()
    steps(at.lane(), 2)
    assert at.function.batches == [list(range(10)), list(range(10, 15))]
    assert at.stream.opened == [(SHARD, None, "TRIM_HORIZON"), (SHARD, "00009", "TRIM_HORIZON")]


def test_what_was_read_but_not_delivered_comes_again_after_a_restart(stage) -> None:
    at = stage(1, 2)
    at.lane(window=60.0).step()
    at.lane().step()
    assert at.function.batches == [[1, 2]]


def test_a_partial_failure_survives_a_restart_with_its_place(stage) -> None:
    """The machine dies while it waits to send the rest again."""
    at = stage(1, 2, 3, 4)
    at.function = ScriptedFunction.saying(failing(3))
    lane = at.lane()

    def die(seconds: float) -> None:
        raise KeyboardInterrupt

    object.__setattr__(lane.delivery, "wait", die)
    with pytest.raises(KeyboardInterrupt):
        lane.step()
    at.lane().step()
    assert at.function.batches == [[1, 2, 3, 4], [3, 4]]


def test_latest_begins_with_what_comes_after_the_start(stage) -> None:
    at = stage(1, 2)
    lane = at.lane(start="LATEST")
    lane.step()
    at.stream.content[SHARD].append(record(3))
    lane.step()
    assert at.function.batches == [[3]]


def test_an_expired_iterator_is_renewed_where_reading_had_come_to(stage) -> None:
    at = stage(1, 2, expired={f"{SHARD}@2"})
    lane = at.lane(window=60.0)
    lane.step()
    at.stream.content[SHARD].append(record(3))
    steps(lane, 2)
    at.time += 60
    lane.step()
    assert at.function.batches == [[1, 2, 3]]


def test_a_place_the_stream_no_longer_holds_is_left_for_its_oldest_record(stage) -> None:
    at = stage(1, 2, 3)
    at.lane().step()
    at.stream.content[SHARD] += records(4, 5)
    at.stream.trimmed[SHARD] = 4
    at.lane().step()
    assert at.function.batches == [[1, 2, 3], [5]]


def test_a_stream_that_is_made_anew_is_read_from_its_start(stage) -> None:
    at = stage(1, 2)
    at.lane().step()
    at.stream.arn = "arn:stream/2"
    at.lane().step()
    assert at.function.batches == [[1, 2], [1, 2]]


def test_only_a_look_that_found_nothing_and_left_nothing_is_empty(stage) -> None:
    at = stage(1)
    lane = at.lane(window=1.0)
    lane.step()
    at.time += 0.2
    lane.step()
    assert lane.empty_at == float("-inf")
    at.time += 1
    lane.step()
    at.time += 1
    lane.step()
    assert lane.empty_at == at.time


def test_the_end_of_a_shard_does_not_wait_for_the_window(stage) -> None:
    at = stage(1, 2, closed={SHARD})
    lane = at.lane(window=60.0)
    lane.step()
    assert at.function.batches == [[1, 2]]
    assert lane.ended


# ---- whole mappings, with their threads -----------------------------------------------------------------------------------


@dataclass
class Running:
    """A mapping at work. `until` waits for a condition, for as long as a test may take."""

    mapping: Mapping
    function: ScriptedFunction
    changed: threading.Condition

    def until(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, timeout=60), self.function.batches


@pytest.fixture
def running(tmp_path: Path):
    """Start a mapping over a source; it stops with the test, or when the test says so."""
    started: list[Mapping] = []

    def start(source: Any, answer: Callable[[list[int]], Any] = lambda batch: None, **settings: Any) -> Running:
        changed = threading.Condition()
        function = ScriptedFunction(answer)

        def invoke(name: str, event: dict[str, Any]) -> Any:
            with changed:
                try:
                    return function(event["Records"])
                finally:
                    changed.notify_all()

        mapping = Mapping(
            subscription(**settings),
            source,
            Checkpoints(tmp_path / "mapping.json", source.arn),
            invoke,
            lambda shard: lambda *given_up: None,
            Activity(),
        )
        started.append(mapping)
        mapping.start()
        return Running(mapping, function, changed)

    yield start
    for mapping in started:
        mapping.stop()


def test_a_child_shard_begins_when_its_parent_has_ended(running) -> None:
    """The parent does not get through at first. Until it has, nothing of its descendants may be seen."""
    through = threading.Event()
    stream = ScriptedStream(
        {"parent": records(1, 2), "child": records(3), "grandchild": records(4)},
        parents={"child": "parent", "grandchild": "child"},
        closed={"parent", "child"},
    )
    at = running(stream, lambda batch: CRASH if 1 in batch and not through.is_set() else None, retries=None)
    at.until(lambda: at.function.batches[:2] == [[1, 2], [1, 2]])
    assert at.function.batches == [[1, 2], [1, 2]]
    through.set()
    at.until(lambda: at.function.batches[-3:] == [[1, 2], [3], [4]])


def test_shards_without_a_common_parent_do_not_wait_for_each_other(running) -> None:
    blocked = threading.Event()

    def answer(batch: list[int]) -> Any:
        return CRASH if 1 in batch and not blocked.is_set() else None

    stream = ScriptedStream({"a": records(1), "b": records(2)}, parents={"b": "long-gone"})
    at = running(stream, answer, retries=None)
    at.until(lambda: [2] in at.function.batches and [1] in at.function.batches)
    blocked.set()
    at.until(lambda: at.function.batches.count([1]) >= 2)


def test_a_mapping_that_stops_while_it_waits_to_retry_stops_at_once(running, tmp_path: Path) -> None:
    stream = ScriptedStream({SHARD: records(1, 2)})
    at = running(stream, lambda batch: CRASH, retries=None)
    at.until(lambda: bool(at.function.batches))
    at.mapping.stop()
    assert Checkpoints(tmp_path / "mapping.json", stream.arn).after(SHARD) is None


def test_on_the_engine_a_table_s_changes_arrive_once_and_again_after_a_failure(running, engine: Engine) -> None:
    dynamodb, streams = engine.client("dynamodb"), engine.client("dynamodbstreams")
    dynamodb.create_table(
        TableName="streams-test",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    failed: list[int] = []

    def answer(batch: list[int]) -> Any:
        if len(batch) > 1 and not failed:
            failed.append(batch[1])
            return {"batchItemFailures": [{"itemIdentifier": seen[1]}]}
        return None

    seen: list[str] = []
    source = TableStream(dynamodb, streams, "streams-test")
    for name in ("a", "b", "c"):
        dynamodb.put_item(TableName="streams-test", Item={"pk": {"S": name}, "n": {"N": "1"}})
    iterator = source.open(source.shards()[0].id, None, "TRIM_HORIZON")
    found, _ = source.read(iterator, 10)
    seen += [one["dynamodb"]["SequenceNumber"] for one in found]
    first, second, third = map(int, seen)

    at = running(source, answer)
    at.until(lambda: at.function.batches == [[first, second, third], [second, third]])
    dynamodb.put_item(TableName="streams-test", Item={"pk": {"S": "a"}, "n": {"N": "2"}})
    at.until(lambda: len(at.function.batches) == 3 and len(at.function.batches[2]) == 1)
