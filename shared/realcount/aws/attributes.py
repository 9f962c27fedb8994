"""How values are spelled as DynamoDB attributes. Numbers are ints and stay ints: no `Decimal`, no float."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item: TypeAlias = Mapping[str, AttributeValueTypeDef]
    """An item, or its key, as the low-level client writes and reads it."""

MAX_PARTITION_KEY = 2048
"""Bytes of UTF-8 that DynamoDB takes as a partition key."""


def storable(text: str) -> bool:
    """Whether the text can be a partition key at all. What cannot, is not stored: asking for it is no error."""
    try:
        return 0 < len(text.encode("utf-8")) <= MAX_PARTITION_KEY
    except UnicodeEncodeError:
        return False


def text(value: str) -> AttributeValueTypeDef:
    return {"S": value}


def number(value: int) -> AttributeValueTypeDef:
    return {"N": str(value)}


def binary(value: bytes) -> AttributeValueTypeDef:
    return {"B": value}


def numbers(values: Iterable[int]) -> AttributeValueTypeDef:
    return {"L": [{"N": str(value)} for value in values]}


def texts(values: Iterable[str]) -> AttributeValueTypeDef:
    return {"L": [{"S": value} for value in values]}


def document(value: object) -> AttributeValueTypeDef:
    """A value nobody queries inside, as JSON: one attribute, a third of the bytes of nested maps, one decode."""
    return {"S": json.dumps(value, separators=(",", ":"), ensure_ascii=False)}


def item_key(partition: str, sort: str | None = None) -> dict[str, AttributeValueTypeDef]:
    return {"pk": text(partition)} if sort is None else {"pk": text(partition), "sk": text(sort)}


def optional(**values: str | int | None) -> dict[str, AttributeValueTypeDef]:
    """Attributes for those values that are not None: absent is how DynamoDB says null."""
    return {
        name: number(value) if isinstance(value, int) else text(value)
        for name, value in values.items()
        if value is not None
    }


def read_number(item: Item, name: str) -> int:
    return int(item[name]["N"])


def read_text(item: Item, name: str) -> str:
    return item[name]["S"]


def read_optional(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def read_binary(item: Item, name: str) -> bytes:
    return bytes(item[name]["B"])


def read_numbers(item: Item, name: str) -> tuple[int, ...]:
    return tuple(int(value["N"]) for value in item[name]["L"])


def read_texts(item: Item, name: str) -> tuple[str, ...]:
    return tuple(value["S"] for value in item[name]["L"])


def read_document(item: Item, name: str) -> Any:
    return json.loads(item[name]["S"])
