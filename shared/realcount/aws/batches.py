"""Many items at once: every page of a query, and batches whose leftovers are asked for again.

DynamoDB may answer a batch in part ("unprocessed"). Leftovers are repeated after a growing, jittered pause, and after
`ATTEMPTS` answers in a row without progress the store counts as `Unavailable`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from realcount.aws.errors import translated
from realcount.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        KeysAndAttributesTypeDef,
        WriteRequestUnionTypeDef,
    )

    from realcount.aws.attributes import Item

T = TypeVar("T")

MAX_GET = 100
MAX_WRITE = 25
ATTEMPTS = 10
SEGMENTS = 4
"""Of a table that is read as a whole, at the same time. One alone reads a nation's rows in half a minute."""

Pause = Callable[[int], None]


def pause(
    attempt: int,
    sleep: Callable[[float], None] = time.sleep,
    between: Callable[[float, float], float] = random.uniform,
) -> None:
    """Wait before try number `attempt` (from 1): up to 50 ms, doubled each time, never more than 5 s."""
    sleep(between(0.0, min(5.0, 0.05 * 2 ** (attempt - 1))))


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def query_strongly(client: DynamoDBClient, table: str, partition: str, sort_begins: str = "") -> list[Item]:
    """Every item of a partition (whose sort key begins so), in order of the sort key, over all pages of 1 MB."""
    condition, values = "pk = :pk", {":pk": {"S": partition}}
    if sort_begins:
        condition, values = f"{condition} AND begins_with(sk, :sk)", {**values, ":sk": {"S": sort_begins}}
    with translated(f"reading {partition!r} of {table}"):
        pages = client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]


def scan_strongly(client: DynamoDBClient, table: str, partition_begins: str) -> Iterator[Item]:
    """Every item of a table whose partition key begins so, in no order; holds one answer of 1 MB for each of its readers.

    DynamoDB reads, and bills, the whole table. `SEGMENTS` readers share it, each in a thread of its own.
    """
    with ThreadPoolExecutor(SEGMENTS) as readers:
        asked = {readers.submit(_scan, client, table, partition_begins, segment, None) for segment in range(SEGMENTS)}
        try:
            while asked:
                done, asked = wait(asked, return_when=FIRST_COMPLETED)
                for answer in done:
                    items, segment, last = answer.result()
                    if last is not None:
                        asked.add(readers.submit(_scan, client, table, partition_begins, segment, last))
                    yield from items
        finally:
            for left in asked:
                left.cancel()


def _scan(
    client: DynamoDBClient, table: str, begins: str, segment: int, start: dict[str, Any] | None
) -> tuple[list[Item], int, dict[str, Any] | None]:
    further: dict[str, Any] = {} if start is None else {"ExclusiveStartKey": start}
    with translated(f"reading all of {table}"):
        answer = client.scan(
            TableName=table,
            ConsistentRead=True,
            Segment=segment,
            TotalSegments=SEGMENTS,
            FilterExpression="begins_with(pk, :pk)",
            ExpressionAttributeValues={":pk": {"S": begins}},
            **further,
        )
    return list(answer["Items"]), segment, answer.get("LastEvaluatedKey")


def get_strongly(
    client: DynamoDBClient,
    table: str,
    keys: Iterable[Mapping[str, AttributeValueTypeDef]],
    pause: Pause = pause,
    only: tuple[str, ...] = (),
) -> Iterator[Item]:
    """The items that exist among `keys` (no two equal), in no order; with `only`, no more of each than these attributes.

    DynamoDB bills the whole item all the same, but does not send it.
    """
    for chunk in chunks(keys, MAX_GET):
        wanted: Sequence[Mapping[str, AttributeValueTypeDef]] = chunk
        attempt = 0
        while wanted:
            with translated(f"reading {len(wanted)} items of {table}"):
                asked: KeysAndAttributesTypeDef = {"Keys": wanted, "ConsistentRead": True}
                if only:
                    asked["ProjectionExpression"] = ", ".join(only)
                answer = client.batch_get_item(RequestItems={table: asked})
            yield from answer["Responses"].get(table, ())
            left = answer["UnprocessedKeys"].get(table, {"Keys": []})["Keys"]
            attempt = _next(attempt, len(left) < len(wanted), bool(left), table, pause)
            wanted = left


def put_blindly(
    client: DynamoDBClient, table: str, items: Iterable[Mapping[str, AttributeValueTypeDef]], pause: Pause = pause
) -> None:
    """Put items without any condition: only for what is the same whoever writes it, as often as they like."""
    for chunk in chunks(items, MAX_WRITE):
        once = {(item["pk"]["S"], item["sk"]["S"]): item for item in chunk}  # DynamoDB refuses a key twice in a batch.
        wanted: list[WriteRequestUnionTypeDef] = [{"PutRequest": {"Item": item}} for item in once.values()]
        attempt = 0
        while wanted:
            with translated(f"writing {len(wanted)} items of {table}"):
                answer = client.batch_write_item(RequestItems={table: wanted})
            left: list[WriteRequestUnionTypeDef] = list(answer["UnprocessedItems"].get(table, ()))
            attempt = _next(attempt, len(left) < len(wanted), bool(left), table, pause)
            wanted = left


def _next(attempt: int, progress: bool, more: bool, table: str, pause: Pause) -> int:
    """The number of answers in a row without progress, after having paused if there is more to do."""
    attempt = 1 if progress else attempt + 1
    if attempt > ATTEMPTS:
        raise Unavailable(f"{table} left a batch undone {ATTEMPTS} times in a row; try again later")
    if more:
        pause(attempt)
    return attempt
