"""Bring a region's page up to date with its `changes` document, to the very bytes that are served (docs/api.md).

Pure: no clock, no network. Why it is exact: docs/decisions/0013.
"""

from __future__ import annotations

import json
from typing import Any

from realcount.domain.errors import RealcountError

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class Resync(RealcountError):
    """The page is older than what the changes tell of, or they have a child it does not know: read the page itself."""


def apply(page: bytes, changes: bytes) -> bytes:
    """The page as it is at the edition that the changes lead `to`: byte for byte what is served at that edition.

    Both are bodies without content coding. Changes that lead to no newer edition (a cache's copy of yesterday, or nothing
    new) leave the page as it is. Raises `Resync` if the page is older than the edition they start `from`, and `ValueError`
    if they are of another region or no such document.
    """
    held, news = _object(page), _object(changes)
    if _subject(news, news.get("region")) != _subject(held, held.get("region", {}).get("id")):
        raise ValueError("the changes are not those of this page")
    if held["edition"] >= news["to"]:
        return page
    if held["edition"] < news["from"]:
        raise Resync(f"the page is of edition {held['edition']}, the changes begin at {news['from']}")
    newer = {child["id"]: child for child in news["children"]}
    children = [newer.pop(child["id"], child) for child in held["children"]]
    if newer:
        raise Resync(f"the page has no child {min(newer)!r}")
    return (_encode({**held, **news["set"], "children": children}) + "\n").encode()


def _object(body: bytes) -> dict[str, Any]:
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("a document is a JSON object")
    return found


def _subject(document: dict[str, Any], region: object) -> tuple[object, ...]:
    return document.get("election"), document.get("contest"), region
