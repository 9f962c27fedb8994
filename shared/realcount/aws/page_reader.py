"""PageReader on DynamoDB: one GetItem by signed call. All of `aws` that the public read path loads.

Items are those of `pages_dynamodb`, which writes them.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from realcount.aws.attributes import item_key, read_number, read_text, storable
from realcount.aws.dynamodb_address import address, credentials
from realcount.aws.kept_connection import KeptConnection
from realcount.aws.signed_calls import SignedCalls, short_pause
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page

if TYPE_CHECKING:
    from realcount.aws.attributes import Item


class DynamoDBPageReader:
    """Gives up within two tries of at most three seconds: the cache in front of it has the last good page, and a hanging
    answer only keeps people waiting."""

    def __init__(self, calls: SignedCalls, table: str) -> None:
        self._calls = calls
        self._table = table

    def get(self, path: str) -> Page | None:
        if not storable(path):
            return None
        request = {"TableName": self._table, "Key": item_key(path)}
        doing = f"reading the page {path!r}"
        answer = self._calls.call("GetItem", request, doing)
        if "Item" not in answer:
            return None
        page = page_of(answer["Item"])
        if page.path != path:
            self.close()
            raise Unavailable(f"{doing}: the answer is the page {page.path!r}")
        return page

    def close(self) -> None:
        """Let go of the connection. The next `get` opens another."""
        self._calls.close()


def page_reader(
    environ: Mapping[str, str],
    table: str,
    pause: Callable[[], None] = short_pause,
    clock: Callable[[], float] = time.monotonic,
) -> DynamoDBPageReader:
    """The reader for this environment. Raises what `address` and `credentials` raise."""
    where = address(environ)
    return DynamoDBPageReader(
        SignedCalls(where, credentials(environ), KeptConnection(where, clock=clock), pause), table
    )


def page_of(item: Item) -> Page:
    """The page an item holds, as DynamoDB's JSON spells it: bytes are in base64."""
    bodies: Mapping[str, Any] = item["bodies"]["M"]
    return Page(
        path=read_text(item, "pk"),
        edition=read_number(item, "edition"),
        rendering=read_number(item, "rendering"),
        etag=read_text(item, "etag"),
        media=read_text(item, "media"),
        max_age=read_number(item, "max_age"),
        updated_at=read_text(item, "updated_at"),
        bodies={coding: b64decode(body["B"]) for coding, body in bodies.items()},
        link=read_text(item, "link") if "link" in item else None,
    )
