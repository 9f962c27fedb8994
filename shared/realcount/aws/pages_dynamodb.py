"""PageStore on DynamoDB, for those who write pages; the public reads them through `page_reader`.

Item: `pk` the path; `edition`, `rendering`, `max_age` numbers; `etag`, `media`, `updated_at` text; `bodies` a map from
content coding to bytes; `link` text, where there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from realcount.aws.attributes import binary, item_key, number, read_number, read_text, storable, text
from realcount.aws.batches import ATTEMPTS, Pause, get_strongly, pause
from realcount.aws.errors import failed_conditions, translated
from realcount.domain.errors import Conflict, Unavailable
from realcount.domain.page import Page, Stored

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutTypeDef

    from realcount.aws.attributes import Item

MAX_TRANSACTION = 100
MAX_TRANSACTION_BYTES = 2_500_000
"""DynamoDB takes 100 items and 4 MB. The difference leaves room for what is not bodies, and for engines that measure
the request, in which bytes travel as base64."""


class DynamoDBPages:
    def __init__(self, client: DynamoDBClient, table: str, pause: Pause = pause) -> None:
        self._client = client
        self._table = table
        self._pause = pause

    def get(self, path: str) -> Page | None:
        if not storable(path):
            return None
        with translated(f"reading the page {path!r}"):
            answer = self._client.get_item(TableName=self._table, Key=item_key(path))
        return _page(answer["Item"]) if "Item" in answer else None

    def put(self, page: Page) -> Stored:
        try:
            with translated(f"storing the page {page.path!r}"):
                answer = self._client.put_item(**self._put(page), ReturnValues="ALL_OLD")
        except Conflict as lost:
            if failed_conditions(lost):
                return Stored.CURRENT
            raise
        was = answer.get("Attributes")
        return Stored.RENDERED_ANEW if was and read_number(was, "edition") == page.edition else Stored.NEWER

    def put_all(self, pages: Iterable[Page]) -> None:
        """In transactions of conditional puts: a batch write would be half the price, but it cannot hold a condition,
        and the promise that no newer page is ever replaced is worth more than a few dollars once per election."""
        for chunk in _chunks(pages):
            self._put_chunk(chunk)

    def editions(self, paths: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        keys = map(item_key, dict.fromkeys(paths))
        items = get_strongly(self._client, self._table, keys, self._pause, only=("pk", "edition", "rendering"))
        return {read_text(item, "pk"): (read_number(item, "edition"), read_number(item, "rendering")) for item in items}

    def find_all(self, paths: Iterable[str]) -> Mapping[str, Page]:
        keys = map(item_key, dict.fromkeys(paths))
        items = get_strongly(self._client, self._table, keys, self._pause)
        return {read_text(item, "pk"): _page(item) for item in items}

    def _put_chunk(self, pages: list[Page]) -> None:
        attempt = 0
        while pages:
            try:
                with translated(f"storing {len(pages)} pages from {pages[0].path!r} on"):
                    self._client.transact_write_items(TransactItems=[{"Put": self._put(page)} for page in pages])
                return
            except Conflict as lost:
                superseded = failed_conditions(lost)
                if not superseded:
                    raise
                pages = [page for i, page in enumerate(pages) if i not in superseded]
            except Unavailable:
                # Safe to repeat though it may have happened: what is stored by then is superseded by nothing here.
                attempt += 1
                if attempt == ATTEMPTS:
                    raise
                self._pause(attempt)

    def _put(self, page: Page) -> PutTypeDef:
        """The put that holds only if the page supersedes what is there: `Page.supersedes`, in DynamoDB's words."""
        item: dict[str, AttributeValueTypeDef] = {
            **item_key(page.path),
            "edition": number(page.edition),
            "rendering": number(page.rendering),
            "etag": text(page.etag),
            "media": text(page.media),
            "max_age": number(page.max_age),
            "updated_at": text(page.updated_at),
            "bodies": {"M": {coding: binary(body) for coding, body in page.bodies.items()}},
        }
        if page.link is not None:
            item["link"] = text(page.link)
        return {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk) OR edition < :edition"
            " OR (edition = :edition AND rendering < :rendering)",
            "ExpressionAttributeValues": {":edition": number(page.edition), ":rendering": number(page.rendering)},
        }


def _page(item: Item) -> Page:
    return Page(
        path=read_text(item, "pk"),
        edition=read_number(item, "edition"),
        rendering=read_number(item, "rendering"),
        etag=read_text(item, "etag"),
        media=read_text(item, "media"),
        max_age=read_number(item, "max_age"),
        updated_at=read_text(item, "updated_at"),
        bodies={coding: bytes(body["B"]) for coding, body in item["bodies"]["M"].items()},
        link=read_text(item, "link") if "link" in item else None,
    )


def _chunks(pages: Iterable[Page]) -> Iterator[list[Page]]:
    """The pages in groups that fit into one transaction, no path twice in a group."""
    chunk: dict[str, Page] = {}
    size = 0
    for page in pages:
        weight = sum(len(body) for body in page.bodies.values())
        if chunk and (page.path in chunk or len(chunk) == MAX_TRANSACTION or size + weight > MAX_TRANSACTION_BYTES):
            yield list(chunk.values())
            chunk, size = {}, 0
        chunk[page.path] = page
        size += weight
    if chunk:
        yield list(chunk.values())
