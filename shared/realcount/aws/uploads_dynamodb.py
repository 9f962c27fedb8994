"""UploadStore on DynamoDB. Item: the fields of `Upload`; `files` and `refusals` as JSON, nobody queries inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from realcount.aws.attributes import (
    document,
    item_key,
    optional,
    read_document,
    read_optional,
    read_text,
    storable,
    text,
)
from realcount.aws.errors import failed_conditions, stored_item, translated
from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, NotFound, Refusal
from realcount.domain.form import ScanRef
from realcount.ports import Upload, UploadFile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from realcount.aws.attributes import Item


class DynamoDBUploads:
    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, upload: str) -> Upload | None:
        if not storable(upload):
            return None
        with translated(f"reading the upload {upload!r}"):
            answer = self._client.get_item(TableName=self._table, Key=item_key(upload), ConsistentRead=True)
        return _upload(answer["Item"]) if "Item" in answer else None

    def grant(self, upload: Upload) -> Upload:
        try:
            with translated(f"recording the grant of the upload {upload.id!r}"):
                self._client.put_item(
                    TableName=self._table,
                    Item=_item(upload),
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Conflict as lost:
            stored = stored_item(lost)
            if stored is None:
                raise
            return _upload(stored)
        return upload

    def settle(self, upload: Upload) -> Upload:
        try:
            with translated(f"settling the upload {upload.id!r}"):
                self._client.put_item(
                    TableName=self._table,
                    Item=_item(upload),
                    ConditionExpression="#state = :granted",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues={":granted": text("granted")},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Conflict as lost:
            stored = stored_item(lost)
            if stored is not None:
                return _upload(stored)
            if failed_conditions(lost):
                raise NotFound(f"upload {upload.id!r} was never granted") from None
            raise
        return upload

    def accepted(self, election: str, turn: int, shares: int) -> Iterator[Upload]:
        filtered: dict[str, Any] = {
            "FilterExpression": "#state = :accepted AND election = :election",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":accepted": text("accepted"), ":election": text(election)},
            "Segment": turn % shares,
            "TotalSegments": shares,
        }
        with translated(f"reading the accepted uploads of {election!r}"):
            pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True, **filtered)
            for page in pages:
                yield from map(_upload, page["Items"])


def _item(upload: Upload) -> dict[str, AttributeValueTypeDef]:
    return {
        **item_key(upload.id),
        "election": text(upload.contest.election),
        "contest": text(upload.contest.contest),
        "station": text(upload.station),
        "key": text(upload.key),
        "files": document([[file.name, *_scan(file.content)] for file in upload.files]),
        "granted_at": text(upload.granted_at),
        "state": text(upload.state),
        "refusals": document([[refusal.code, refusal.field, refusal.detail] for refusal in upload.refusals]),
        **optional(
            form_hash=upload.form_hash, version=upload.version, settled_at=upload.settled_at, receipt=upload.receipt
        ),
    }


def _scan(scan: ScanRef) -> tuple[str, int, str]:
    return scan.sha256, scan.size, scan.media


def _upload(item: Item) -> Upload:
    return Upload(
        id=read_text(item, "pk"),
        contest=ContestKey(read_text(item, "election"), read_text(item, "contest")),
        station=read_text(item, "station"),
        key=read_text(item, "key"),
        files=tuple(UploadFile(name, ScanRef(*content)) for name, *content in read_document(item, "files")),
        granted_at=read_text(item, "granted_at"),
        state=read_text(item, "state"),
        refusals=tuple(Refusal(*refusal) for refusal in read_document(item, "refusals")),
        form_hash=read_optional(item, "form_hash"),
        version=int(item["version"]["N"]) if "version" in item else None,
        settled_at=read_optional(item, "settled_at"),
        receipt=read_optional(item, "receipt"),
    )
