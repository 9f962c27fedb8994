"""Races and results in the shape of AP's Elections API, out of stored pages: a second reading of /v1, no second count."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping

from realcount.domain.instants import EPOCH
from realcount.domain.page import Page
from realcount.ports import PageReader
from realcount.rendering.ap3.elections import elections_document
from realcount.rendering.lifetimes import STATIC
from realcount.rendering.paths import ELECTIONS
from realcount.usecases.stored_documents import document_of

MEDIA = "application/json"

_TAG_DIGITS = 32


def elections_page(pages: PageReader, base: str) -> Page:
    """The dates that have races. `base` is the address that readers know us by. An empty list before the first election."""
    listed = pages.get(ELECTIONS)
    elections = document_of(listed)["elections"] if listed else []
    return _page("/v3/elections", elections_document(elections, base), STATIC, listed.updated_at if listed else EPOCH)


def _page(path: str, document: Mapping[str, object], max_age: int, updated_at: str) -> Page:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    return Page(
        path=path,
        edition=0,
        rendering=0,
        etag=hashlib.sha256(data).hexdigest()[:_TAG_DIGITS],
        media=MEDIA,
        max_age=max_age,
        updated_at=updated_at,
        bodies={"gzip": gzip.compress(data, mtime=0)},
    )
