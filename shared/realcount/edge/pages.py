"""From a stored page to the answer to a reader: coding, strong ETag, 304, and how long caches may keep it.

No clock and no store. The same page and the same two request headers give the same answer, so any cache may give it.
"""

from __future__ import annotations

import re
from email.utils import formatdate
from urllib.parse import unquote

from realcount.domain.instants import EPOCH, from_instant
from realcount.domain.page import Page
from realcount.edge.answers import Answer
from realcount.edge.codings import body_in, choose
from realcount.edge.problems import problem

ABSENT_SECONDS = 5
"""How long a cache may say that a page does not exist. Short: an election loaded now must show soon."""

_TAG_SUFFIX = {"identity": "", "gzip": "-gz", "br": "-br"}
_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"')
_PATH = re.compile(r"/v1(?:/[A-Za-z0-9_.:-]{1,64}){0,6}")


def page_key(raw_path: str) -> str | None:
    """The page store's key for a request path, or None where no page can be. Saves asking the store about nonsense."""
    path = unquote(raw_path, errors="replace")
    return path if _PATH.fullmatch(path) else None


def page_answer(page: Page, instance: str, accept_encoding: str | None, if_none_match: str | None) -> Answer:
    """The page as the reader can take it, or 304 if they have this edition already, in whatever coding.

    A 304 names the tag the reader sent, so that a cache refreshes the very copy it holds.
    """
    coding = choose(accept_encoding, page.bodies)
    if coding is None:
        detail = f"Accept-Encoding {accept_encoding!r} excludes every coding of this page"
        return problem("not-acceptable", detail, instance, extra={"Vary": "Accept-Encoding"})
    headers = {
        "ETag": f'"{page.etag}{_TAG_SUFFIX[coding]}"',
        "Cache-Control": f"public, max-age={page.max_age}, s-maxage={page.max_age},"
        " stale-while-revalidate=300, stale-if-error=86400",
        "Vary": "Accept-Encoding",
    }
    held = _held(page, if_none_match)
    if held is not None:
        return Answer(304, {**headers, "ETag": held or headers["ETag"]})
    headers["Content-Type"] = page.media
    if coding != "identity":
        headers["Content-Encoding"] = coding
    if page.updated_at != EPOCH:
        headers["Last-Modified"] = formatdate(from_instant(page.updated_at).timestamp(), usegmt=True)
    return Answer(200, headers, body_in(coding, page.bodies))


def absent(instance: str) -> Answer:
    """404 for a path at which there is no page."""
    cache = {"Cache-Control": f"public, max-age={ABSENT_SECONDS}, s-maxage={ABSENT_SECONDS}"}
    return problem("not-found", f"there is no page at {instance}", instance, extra=cache)


def _held(page: Page, if_none_match: str | None) -> str | None:
    """The tag by which the reader names a copy of this edition; empty for `*`, which names any; None if they hold none.

    The comparison is weak, as RFC 9110 wants it for If-None-Match: caches mark tags with W/ when they repack a body.
    """
    if if_none_match is None:
        return None
    if if_none_match.strip() == "*":
        return ""
    ours = {page.etag + suffix for suffix in _TAG_SUFFIX.values()}
    return next((f'"{tag}"' for tag in _TAG.findall(if_none_match) if tag in ours), None)
