"""FormStore on DynamoDB: the ledger. Its four writes are transactions; a reminder aside there is no other, and no delete.

A transaction touches items of one station only, plus a check (never a write) of the signers' keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from realcount.aws.attributes import item_key, number, read_number, read_text, text
from realcount.aws.batches import Pause, chunks, get_strongly, pause, query_strongly
from realcount.aws.errors import failed_conditions, translated
from realcount.aws.keys import (
    HEAD,
    RECALLS,
    SEALS,
    is_review,
    is_version,
    place,
    read_place,
    review_sort,
    seal_sort,
    turn_of,
    version_sort,
)
from realcount.aws.keys_dynamodb import UNREVOKED
from realcount.aws.ledger_items import (
    head_item,
    read_head,
    read_recall,
    read_review,
    read_version,
    recall_item,
    review_item,
    seal_item,
    version_item,
)
from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Forbidden
from realcount.domain.ledger import APPROVE, FormVersion, Head, Recall, Review, Seal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from realcount.aws.attributes import Item


SEALS_AT_ONCE = 50
"""Two items each, and a transaction takes 100."""


class DynamoDBForms:
    def __init__(self, client: DynamoDBClient, table: str, keys_table: str, pause: Pause = pause) -> None:
        self._client = client
        self._table = table
        self._keys_table = keys_table
        self._pause = pause

    def head(self, contest: ContestKey, station: str) -> Head | None:
        item = self._get(contest, station, HEAD)
        return read_head(item) if item else None

    def version(self, contest: ContestKey, station: str, version: int) -> FormVersion | None:
        item = self._get(contest, station, version_sort(version))
        return read_version(item) if item else None

    def history(
        self, contest: ContestKey, station: str, at: Head | None = None
    ) -> Sequence[tuple[FormVersion, Review | None]]:
        items = {read_text(i, "sk"): i for i in query_strongly(self._client, self._table, place(contest, station))}
        head = read_head(items[HEAD]) if at is None and HEAD in items else at
        rounds = head.rounds() if head else {}
        reviews = {sort: read_review(item) for sort, item in items.items() if is_review(sort)}
        versions = [read_version(item) for sort, item in items.items() if is_version(sort)]
        numbers = [version.form.version for version in versions]
        return [(v, reviews.get(review_sort(n, rounds.get(n, 0)))) for v, n in zip(versions, numbers, strict=True)]

    def receive(self, version: FormVersion, was: Head | None, now: Head) -> None:
        form = version.form
        contest = ContestKey(form.election, form.contest)
        with translated(f"recording version {form.version} of station {form.station!r} in {contest}"):
            self._client.transact_write_items(
                TransactItems=[
                    self._put_new(version_item(version)),
                    self._replace_head(contest, form.station, was, now),
                ]
            )

    def decide(self, review: Review, was: Head, now: Head, keys: Sequence[str]) -> None:
        contest = ContestKey(review.election, review.contest)
        signers = list(dict.fromkeys(keys))
        checks: list[TransactWriteItemTypeDef] = [
            {
                "ConditionCheck": {
                    "TableName": self._keys_table,
                    "Key": item_key(signer),
                    "ConditionExpression": UNREVOKED,
                }
            }
            for signer in signers
        ]
        try:
            with translated(f"recording the decision on station {review.station!r} in {contest}"):
                self._client.transact_write_items(
                    TransactItems=[
                        *checks,
                        self._put_new(review_item(review, was.round_of(review.version))),
                        self._replace_head(contest, review.station, was, now),
                    ]
                )
        except Conflict as lost:
            revoked = [signers[i] for i in failed_conditions(lost) if i < len(signers)]
            if revoked:
                raise Forbidden("revoked", f"key {revoked[0]!r} has been revoked") from lost
            raise

    def seal(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        lost: list[Seal] = []
        for chunk in chunks(seals, SEALS_AT_ONCE):
            try:
                self._seal(chunk)
            except Conflict:
                # One of them stopped all of them. The others must not wait for it.
                lost += [seal for seal in chunk if not self._seal_alone(seal)]
        return lost

    def _seal_alone(self, seal: Seal) -> bool:
        try:
            self._seal([seal])
        except Conflict:
            return False
        return True

    def _seal(self, seals: Sequence[Seal]) -> None:
        with translated(f"marking {len(seals)} forms as sealed, from station {seals[0].station!r} on"):
            self._client.transact_write_items(
                TransactItems=[
                    write
                    for seal in seals
                    for write in (
                        self._put_new(_seal_item(seal)),
                        self._replace_head(seal.contest, seal.station, seal.was, seal.now),
                    )
                ]
            )

    def recall(self, recall: Recall, was: Head, now: Head) -> None:
        with translated(f"recalling version {recall.version} of station {recall.station!r} in {recall.contest}"):
            self._client.transact_write_items(
                TransactItems=[
                    self._put_new(recall_item(recall)),
                    self._replace_head(recall.contest, recall.station, was, now),
                ]
            )

    def unsealed(self, contest: ContestKey, heads: Mapping[str, Head]) -> Sequence[tuple[FormVersion, Review]]:
        numbers = [
            (place(contest, s), version_sort(n), review_sort(n, head.round_of(n)))
            for s, head in heads.items()
            for n in range(head.counted + 1, head.approved + 1)
        ]
        wanted = (item_key(at, sort) for at, *sorts in numbers for sort in sorts)
        items = {
            (read_text(item, "pk"), read_text(item, "sk")): item
            for item in get_strongly(self._client, self._table, wanted, self._pause)
        }
        found: list[tuple[FormVersion, Review]] = []
        for at, version_at, review_at in numbers:
            version, review = items.get((at, version_at)), items.get((at, review_at))
            if version is not None and review is not None and read_text(review, "decision") == APPROVE:
                found.append((read_version(version), read_review(review)))
        return found

    def seals(self, contest: ContestKey, station: str, at: Head | None = None) -> Mapping[int, int]:
        items = query_strongly(self._client, self._table, place(contest, station), SEALS)
        return {
            version: read_number(item, "index")  # in the order of their rounds: the last one stays
            for item in items
            if at is None or turn_of(read_text(item, "sk")) <= at.round_of(read_number(item, "version"))
            for version in (read_number(item, "version"),)
        }

    def recalls(self, contest: ContestKey, station: str) -> Sequence[Recall]:
        return [
            read_recall(item) for item in query_strongly(self._client, self._table, place(contest, station), RECALLS)
        ]

    def heads(self, contest: ContestKey, stations: Sequence[str]) -> Mapping[str, Head]:
        wanted = (item_key(place(contest, station), HEAD) for station in dict.fromkeys(stations))
        found = get_strongly(self._client, self._table, wanted, self._pause)
        return {read_place(read_text(item, "pk"))[1]: read_head(item) for item in found}

    def counting(
        self, contest: ContestKey, heads: Mapping[str, Head]
    ) -> Mapping[str, tuple[FormVersion | None, int | None]]:
        counted = {
            station: (version_sort(head.counted), seal_sort(head.counted, head.round_of(head.counted)))
            for station, head in heads.items()
            if head.counted
        }
        wanted = (item_key(place(contest, s), sort) for s, sorts in counted.items() for sort in sorts)
        items = {
            (read_text(item, "pk"), read_text(item, "sk")): item
            for item in get_strongly(self._client, self._table, wanted, self._pause)
        }
        found: dict[str, tuple[FormVersion | None, int | None]] = {}
        for station, (version_at, seal_at) in counted.items():
            version = items.get((place(contest, station), version_at))
            seal = items.get((place(contest, station), seal_at))
            found[station] = (
                None if version is None else read_version(version),
                None if seal is None else read_number(seal, "index"),
            )
        return found

    def remind(self, contest: ContestKey, station: str, at: str) -> None:
        with translated(f"reminding of station {station!r} in {contest}"):
            self._client.update_item(
                TableName=self._table,
                Key=item_key(place(contest, station), HEAD),
                UpdateExpression="SET reminded_at = :at",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":at": text(at)},
            )

    def _get(self, contest: ContestKey, station: str, sort: str) -> Item | None:
        with translated(f"reading {sort!r} of station {station!r} in {contest}"):
            answer = self._client.get_item(
                TableName=self._table, Key=item_key(place(contest, station), sort), ConsistentRead=True
            )
        return answer.get("Item")

    def _put_new(self, item: dict[str, AttributeValueTypeDef]) -> TransactWriteItemTypeDef:
        return {
            "Put": {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"},
        }

    def _replace_head(self, contest: ContestKey, station: str, was: Head | None, now: Head) -> TransactWriteItemTypeDef:
        item = head_item(contest, station, now)
        if was is None:
            return self._put_new(item)
        return {
            "Put": {
                "TableName": self._table,
                "Item": item,
                "ConditionExpression": "seq = :was",
                "ExpressionAttributeValues": {":was": number(was.seq)},
            }
        }


def _seal_item(seal: Seal) -> dict[str, AttributeValueTypeDef]:
    return seal_item(seal.contest, seal.station, seal.version, seal.was.round_of(seal.version), seal.index)
