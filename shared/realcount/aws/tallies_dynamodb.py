"""TallyStore on DynamoDB: one item per (contest, parent, child), all children of a parent in one partition.

Item: the fields of `Tally`, `votes` as a list of numbers in the contest's order; `findings` and `example` only where there are
any. Reads are strong and from the base
table: an index cannot be read strongly, and recomputing from stale children loses votes at rest (docs/decisions/0002).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from realcount.aws.attributes import (
    item_key,
    number,
    numbers,
    optional,
    read_number,
    read_numbers,
    read_optional,
    read_text,
    read_texts,
    text,
    texts,
)
from realcount.aws.batches import query_strongly, scan_strongly
from realcount.aws.errors import failed_conditions, translated
from realcount.aws.keys import place, places_of, read_place
from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict
from realcount.domain.tally import Row, Tally

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from realcount.aws.attributes import Item


class DynamoDBTallies:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def row(self, contest: ContestKey, parent: str, child: str) -> Tally | None:
        with translated(f"reading the row of {child!r} under {parent!r} in {contest}"):
            answer = self._client.get_item(
                TableName=self._table, Key=item_key(place(contest, parent), child), ConsistentRead=True
            )
        return _tally(answer["Item"]) if "Item" in answer else None

    def children(self, contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        items = query_strongly(self._client, self._table, place(contest, parent))
        return {read_text(item, "sk"): _tally(item) for item in items}

    def all_rows(self, election: str) -> Iterator[Row]:
        for item in scan_strongly(self._client, self._table, places_of(election)):
            contest, parent = read_place(read_text(item, "pk"))
            yield Row(contest, parent, read_text(item, "sk"), _tally(item))

    def replace(self, contest: ContestKey, parent: str, child: str, tally: Tally, was: int) -> None:
        # A row at version 0 says the same as no row: whoever read either read 0.
        held = "sv = :was" if was else "attribute_not_exists(pk) OR sv = :was"
        self._put(contest, parent, child, tally, held, was)

    def advance(self, contest: ContestKey, parent: str, child: str, tally: Tally) -> bool:
        try:
            self._put(contest, parent, child, tally, "attribute_not_exists(pk) OR sv < :was", tally.sv)
        except Conflict as lost:
            if failed_conditions(lost):
                return False
            raise
        return True

    def _put(self, contest: ContestKey, parent: str, child: str, tally: Tally, condition: str, was: int) -> None:
        item = {
            **item_key(place(contest, parent), child),
            "sv": number(tally.sv),
            "votes": numbers(tally.votes),
            "valid": number(tally.valid),
            "invalid": number(tally.invalid),
            "voters": number(tally.voters),
            "received": number(tally.received),
            "approved": number(tally.approved),
            "flagged": number(tally.flagged),
            "incomplete": number(tally.incomplete),
            "at": text(tally.at),
            **optional(example=tally.example),
        }
        if tally.findings:
            item["findings"] = texts(tally.findings)
        with translated(f"writing the row of {child!r} under {parent!r} in {contest}"):
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=condition,
                ExpressionAttributeValues={":was": number(was)},
            )


def _tally(item: Item) -> Tally:
    return Tally(
        sv=read_number(item, "sv"),
        votes=read_numbers(item, "votes"),
        valid=read_number(item, "valid"),
        invalid=read_number(item, "invalid"),
        voters=read_number(item, "voters"),
        received=read_number(item, "received"),
        approved=read_number(item, "approved"),
        flagged=read_number(item, "flagged"),
        incomplete=read_number(item, "incomplete"),
        at=read_text(item, "at"),
        findings=read_texts(item, "findings") if "findings" in item else (),
        example=read_optional(item, "example"),
    )
