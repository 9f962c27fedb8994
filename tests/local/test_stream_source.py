"""Records read from the engine's streams look as they do in a function's event."""

from __future__ import annotations

import json
import time

import pytest

from realcount.local.engine import Engine
from realcount.local.stream_source import TableStream, Trimmed


def _table(engine: Engine, name: str, stream: bool = True) -> None:
    specification = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}} if stream else {}
    engine.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        **specification,
    )


def test_a_record_can_be_sent_as_json_with_everything_a_function_looks_at(engine: Engine) -> None:
    _table(engine, "source-test")
    dynamodb = engine.client("dynamodb")
    dynamodb.put_item(TableName="source-test", Item={"pk": {"S": "a"}, "b": {"B": b"\0\1"}, "s": {"NS": ["1"]}})
    source = TableStream(dynamodb, engine.client("dynamodbstreams"), "source-test")
    (shard,) = source.shards()
    (record,), more = source.read(source.open(shard.id, None, "TRIM_HORIZON"), 10)
    assert more is not None
    sent = json.loads(json.dumps(record))
    assert sent["eventName"] == "INSERT"
    assert sent["eventSource"] == "aws:dynamodb"
    assert sent["eventSourceARN"] == source.arn
    assert sent["awsRegion"] == "us-east-1"
    assert sent["dynamodb"]["Keys"] == {"pk": {"S": "a"}}
    assert sent["dynamodb"]["NewImage"] == {"pk": {"S": "a"}, "b": {"B": "AAE="}, "s": {"NS": ["1"]}}
    assert abs(sent["dynamodb"]["ApproximateCreationDateTime"] - time.time()) < 600


def test_reading_goes_on_behind_a_record(engine: Engine) -> None:
    _table(engine, "source-after")
    dynamodb = engine.client("dynamodb")
    for name in "abc":
        dynamodb.put_item(TableName="source-after", Item={"pk": {"S": name}})
    source = TableStream(dynamodb, engine.client("dynamodbstreams"), "source-after")
    (shard,) = source.shards()
    first, more = source.read(source.open(shard.id, None, "TRIM_HORIZON"), 1)
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in first] == ["a"]
    assert more is not None
    assert len(source.read(more, 10)[0]) == 2
    after = source.open(shard.id, first[0]["dynamodb"]["SequenceNumber"], "TRIM_HORIZON")
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in source.read(after, 10)[0]] == ["b", "c"]
    assert source.read(source.open(shard.id, None, "LATEST"), 10)[0] == []


def test_a_place_the_stream_never_had_is_told_apart(engine: Engine) -> None:
    _table(engine, "source-trimmed")
    source = TableStream(engine.client("dynamodb"), engine.client("dynamodbstreams"), "source-trimmed")
    with pytest.raises(Trimmed):
        source.open(source.shards()[0].id, "000000000000000000000000000001", "TRIM_HORIZON")


def test_a_table_without_a_stream_is_named(engine: Engine) -> None:
    _table(engine, "source-none", stream=False)
    with pytest.raises(LookupError, match="source-none has no stream"):
        TableStream(engine.client("dynamodb"), engine.client("dynamodbstreams"), "source-none")
