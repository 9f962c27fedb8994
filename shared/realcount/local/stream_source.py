"""Reading a table's stream through the DynamoDB Streams API: shards, iterators, records in the form functions get."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from botocore.exceptions import ClientError

from realcount.aws.errors import error_code
from realcount.local.delivery import Record
from realcount.local.intrinsics import REGION

PAGE = 1000
"""The most records that one call returns."""


class Trimmed(Exception):
    """The stream no longer holds what was asked for: it keeps 24 hours, and the engine's does not survive a restart."""


class Expired(Exception):
    """The iterator is too old; ask for a new one."""


class Shard(NamedTuple):
    id: str
    parent: str | None


class Source(Protocol):
    """A stream of one table."""

    @property
    def arn(self) -> str:
        """Names the stream. A table that is created again has another one."""
        ...

    def shards(self) -> Sequence[Shard]: ...

    def open(self, shard: str, after: str | None, start: str) -> str:
        """An iterator behind the sequence number `after`, or at `start` (TRIM_HORIZON, LATEST). Raises `Trimmed`."""
        ...

    def read(self, iterator: str, limit: int) -> tuple[Sequence[Record], str | None]:
        """The next records, and the next iterator: None once the shard has ended. Raises `Expired`, `Trimmed`."""
        ...


class TableStream:
    """`Source` over boto3 clients for DynamoDB and its streams. Raises `LookupError` if the table has no stream."""

    def __init__(self, dynamodb: Any, streams: Any, table: str) -> None:
        self._streams = streams
        arn = dynamodb.describe_table(TableName=table)["Table"].get("LatestStreamArn")
        if arn is None:
            raise LookupError(f"table {table} has no stream")
        self._arn: str = arn

    @property
    def arn(self) -> str:
        return self._arn

    def shards(self) -> Sequence[Shard]:
        found: list[Shard] = []
        more: dict[str, str] = {}
        while True:
            page = self._streams.describe_stream(StreamArn=self._arn, **more)["StreamDescription"]
            found += [Shard(shard["ShardId"], shard.get("ParentShardId")) for shard in page["Shards"]]
            if "LastEvaluatedShardId" not in page:
                return found
            more = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def open(self, shard: str, after: str | None, start: str) -> str:
        place = (
            {"ShardIteratorType": start}
            if after is None
            else {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        )
        try:
            answer = self._streams.get_shard_iterator(StreamArn=self._arn, ShardId=shard, **place)
        except ClientError as error:
            raise _translated(error) from error
        iterator: str = answer["ShardIterator"]
        return iterator

    def read(self, iterator: str, limit: int) -> tuple[Sequence[Record], str | None]:
        try:
            answer = self._streams.get_records(ShardIterator=iterator, Limit=min(limit, PAGE))
        except ClientError as error:
            raise _translated(error) from error
        return [self._record(record) for record in answer["Records"]], answer.get("NextShardIterator")

    def _record(self, record: Mapping[str, Any]) -> Record:
        plain: dict[str, Any] = _plain(record)
        return {**plain, "awsRegion": plain.get("awsRegion", REGION), "eventSourceARN": self._arn}


def _translated(error: ClientError) -> Exception:
    code = error_code(error)
    if code == "TrimmedDataAccessException":
        return Trimmed(str(error))
    return Expired(str(error)) if code == "ExpiredIteratorException" else error


def _plain(value: Any) -> Any:
    """As Lambda writes it in JSON: times in epoch seconds, bytes in base64."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | set):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
