"""Put the API's own description where its readers find it: at /v1/openapi.json, like any page."""

from __future__ import annotations

import hashlib

from realcount.domain.instants import from_instant
from realcount.domain.page import Page
from realcount.ports import PageCopies, PageStore
from realcount.rendering.encoding import JSON_MEDIA, RENDERING, encode_bodies
from realcount.rendering.lifetimes import STATIC
from realcount.rendering.paths import DESCRIPTION

_TAG_DIGITS = 32


def publish_description(document: bytes, now: str, *, copies: PageCopies, pages: PageStore) -> None:
    """`document` replaces one that was published before `now`, an instant. Idempotent."""
    edition = int(from_instant(now).timestamp())
    etag = hashlib.sha256(document).hexdigest()[:_TAG_DIGITS]
    page = Page(DESCRIPTION, edition, RENDERING, etag, JSON_MEDIA, STATIC, now, encode_bodies(document))
    copies.keep(page)  # The copy before the page, always: see publish_results.
    pages.put(page)
