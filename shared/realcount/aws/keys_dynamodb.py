"""KeyRegistry on DynamoDB. Item: the fields of `OfficialKey`; `revoked_at` is absent until the key is revoked, what
is said of its trust until that is said.

`FormStore.decide` checks exactly that absence, in its transaction: this is how a revocation and a decision exclude each
other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from realcount.aws.attributes import (
    binary,
    item_key,
    optional,
    read_binary,
    read_optional,
    read_text,
    read_texts,
    storable,
    text,
    texts,
)
from realcount.aws.batches import Pause, get_strongly, pause
from realcount.aws.errors import failed_conditions, stored_item, translated
from realcount.domain.errors import Conflict, NotFound
from realcount.domain.official import OfficialKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from realcount.aws.attributes import Item

UNREVOKED = "attribute_exists(pk) AND attribute_not_exists(revoked_at)"


class DynamoDBKeys:
    def __init__(self, client: DynamoDBClient, table: str, pause: Pause = pause) -> None:
        self._client = client
        self._table = table
        self._pause = pause

    def find(self, key: str) -> OfficialKey | None:
        if not storable(key):
            return None
        with translated(f"reading the key {key!r}"):
            answer = self._client.get_item(TableName=self._table, Key=item_key(key), ConsistentRead=True)
        return _official_key(answer["Item"]) if "Item" in answer else None

    def find_all(self, keys: Sequence[str]) -> Mapping[str, OfficialKey]:
        wanted = (item_key(key) for key in dict.fromkeys(keys) if storable(key))
        return {key.id: key for key in map(_official_key, get_strongly(self._client, self._table, wanted, self._pause))}

    def revoked(self, election: str) -> Sequence[OfficialKey]:
        with translated(f"looking for revoked keys of {election!r}"):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._table,
                FilterExpression="election = :election AND attribute_exists(revoked_at)",
                ExpressionAttributeValues={":election": text(election)},
            )
            found = [_official_key(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda key: key.id)

    def register(self, key: OfficialKey) -> None:
        try:
            with translated(f"registering the key {key.id!r}"):
                self._client.put_item(
                    TableName=self._table,
                    Item={
                        **item_key(key.id),
                        "holder": text(key.holder),
                        "election": text(key.election),
                        "algorithm": text(key.algorithm),
                        "public_key": binary(key.public_key),
                        "role": text(key.role),
                        "regions": texts(key.regions),
                        "contests": texts(key.contests),
                        "valid_from": text(key.valid_from),
                        "valid_until": text(key.valid_until),
                        **optional(
                            revoked_at=key.revoked_at,
                            distrusted_from=key.distrusted_from,
                            distrust_reason=key.distrust_reason,
                        ),
                    },
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Conflict as lost:
            stored = stored_item(lost)
            if stored is None:
                raise
            # A revocation is not part of a key's identity: registering it again neither fails nor undoes it.
            if _official_key(stored).as_registered() != key.as_registered():
                raise Conflict(f"key id {key.id!r} is taken by another key") from lost

    def revoke(self, key: str, at: str) -> None:
        try:
            with translated(f"revoking the key {key!r}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=item_key(key),
                    UpdateExpression="SET revoked_at = :at",
                    ConditionExpression=UNREVOKED,
                    ExpressionAttributeValues={":at": text(at)},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Conflict as lost:
            if not failed_conditions(lost):
                raise
            if stored_item(lost) is None:
                raise NotFound(f"key {key!r} is not registered") from None

    def distrust(self, key: str, since: str, reason: str) -> None:
        try:
            with translated(f"distrusting the key {key!r}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=item_key(key),
                    UpdateExpression="SET distrusted_from = :since, distrust_reason = :reason",
                    ConditionExpression="revoked_at >= :since AND attribute_not_exists(distrusted_from)",
                    ExpressionAttributeValues={":since": text(since), ":reason": text(reason)},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Conflict as lost:
            if not failed_conditions(lost):
                raise
            stored = stored_item(lost)
            if stored is None:
                raise NotFound(f"key {key!r} is not registered") from None
            if _official_key(stored).distrusted_from is None:
                raise Conflict(f"key {key!r} was not revoked at {since} or later") from lost


def _official_key(item: Item) -> OfficialKey:
    return OfficialKey(
        id=read_text(item, "pk"),
        holder=read_text(item, "holder"),
        election=read_text(item, "election"),
        algorithm=read_text(item, "algorithm"),
        public_key=read_binary(item, "public_key"),
        role=read_text(item, "role"),
        regions=read_texts(item, "regions"),
        contests=read_texts(item, "contests"),
        valid_from=read_text(item, "valid_from"),
        valid_until=read_text(item, "valid_until"),
        revoked_at=read_optional(item, "revoked_at"),
        distrusted_from=read_optional(item, "distrusted_from"),
        distrust_reason=read_optional(item, "distrust_reason"),
    )
