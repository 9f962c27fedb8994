"""A station's proof as a page: made when it is asked for, and kept by caches like the station's page."""

from __future__ import annotations

import gzip
import hashlib

from realcount.domain.page import Page
from realcount.rendering.lifetimes import STATION, max_age

MEDIA = "application/json"

_TAG_DIGITS = 32


def proof_page(path: str, data: bytes, at: str) -> Page:
    """`data` is the proof file, `at` when the total that it leads to was sealed. Another checkpoint makes another file of
    the same meaning, and so another tag."""
    return Page(
        path=path,
        edition=0,
        rendering=0,
        etag=hashlib.sha256(data).hexdigest()[:_TAG_DIGITS],
        media=MEDIA,
        max_age=max_age(STATION, complete=False),
        updated_at=at,
        bodies={"gzip": gzip.compress(data, mtime=0)},
    )
