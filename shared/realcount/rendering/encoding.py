"""From a JSON value to a finished page: bytes, content codings, ETag.

Compression is paid here, once per change, so that a read costs nothing. Small documents stay as they are: below about a
kilobyte a compressed body saves no packet, and CDNs do not compress it either.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import brotli

from realcount.domain.page import Page

RENDERING = 8
"""Version of this rendering. Raise it whenever bytes or lifetimes change for unchanged numbers: pages of the old one are then
replaced."""

COMPRESS_FROM = 1_000
"""Bytes. Also the smallest object that CloudFront compresses."""

BROTLI_QUALITY = 5
"""Half a millisecond for a page of 17 KB."""

BEST_BROTLI = 11
"""A fifth smaller, in forty milliseconds: for the few pages that everybody reads."""

JSON_MEDIA = "application/json"

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def json_page(
    path: str,
    document: Mapping[str, object],
    *,
    edition: int,
    updated_at: str,
    max_age: int,
    link: str | None = None,
    brotli_quality: int = BROTLI_QUALITY,
) -> Page:
    """Encode a document as the page at `path`. Members keep the order in which they were put in."""
    body = encode_document(document)
    etag = f"{edition}-{hashlib.sha256(body).hexdigest()[:12]}"
    return Page(
        path, edition, RENDERING, etag, JSON_MEDIA, max_age, updated_at, encode_bodies(body, brotli_quality), link
    )


def encode_document(document: Mapping[str, object]) -> bytes:
    """The bytes of a document as every page has them: no white space, UTF-8 as it is, a line feed at the end."""
    return _encode(document).encode("utf-8") + b"\n"


def encode_bodies(body: bytes, brotli_quality: int = BROTLI_QUALITY) -> dict[str, bytes]:
    """The body in the codings it is stored in. Deterministic: no time stamp goes into the gzip header."""
    if len(body) < COMPRESS_FROM:
        return {"identity": body}
    return {"gzip": gzip.compress(body, 6, mtime=0), "br": brotli.compress(body, quality=brotli_quality)}


def body_of(page: Page) -> bytes:
    """The page's body without content coding."""
    return page.bodies["identity"] if "identity" in page.bodies else gzip.decompress(page.bodies["gzip"])


def document_of(page: Page) -> dict[str, Any]:
    """The page's JSON, decoded."""
    document: dict[str, Any] = json.loads(body_of(page))
    return document
