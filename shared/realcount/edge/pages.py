"""From a stored page to the answer to a reader: coding, strong ETag, 304, and how long caches may keep it.

No clock and no store. The same page and the same two request headers give the same answer, so any cache may give it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import unquote

from realcount.domain.instants import EPOCH, from_instant
from realcount.domain.page import Page
from realcount.edge.answers import Answer, Sealed, seal
from realcount.edge.codings import body_in, choose
from realcount.edge.problems import problem
from realcount.rendering.lifetimes import cache_control

ABSENT_SECONDS = 5
"""How long a cache may say that a page does not exist. Short: an election loaded now must show soon."""

UNPROVEN_SECONDS = 15
"""How long a cache may say that there is no proof yet."""

COME_AGAIN = 60
"""Seconds until it is worth asking for it again."""

_TAG_SUFFIX = {"identity": "", "gzip": "-gz", "br": "-br"}
_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"')
_PATH = re.compile(r"/v1(?:/[A-Za-z0-9_.:-]{1,64}){0,9}")


def page_key(raw_path: str) -> str | None:
    """The page store's key for a request path, or None where no page can be. Saves asking the store about nonsense."""
    path = unquote(raw_path, errors="replace")
    return path if _PATH.fullmatch(path) else None


class ReadyPage:
    """A page in one coding, ready to be sent: to whoever asks 200 with the same bytes, or 304 if they hold this edition
    already, in whatever coding."""

    def __init__(self, page: Page, coding: str) -> None:
        always = {
            "ETag": f'"{page.etag}{_TAG_SUFFIX[coding]}"',
            "Cache-Control": cache_control(page.max_age),
            "Vary": "Accept-Encoding",
        }
        self._tags = frozenset(page.etag + suffix for suffix in _TAG_SUFFIX.values())
        self._unchanged = seal(Answer(304, always))
        self._full = seal(Answer(200, {**always, **_of_body(page, coding)}, body_in(coding, page.bodies)))
        self.weight = len(self._full.body)

    def answer(self, if_none_match: str | None) -> Sealed:
        """A 304 names the tag the reader sent, so that a cache refreshes the very copy it holds.

        The comparison is weak, as RFC 9110 wants it for If-None-Match: caches mark tags with W/ when they repack a body.
        """
        if if_none_match is None:
            return self._full
        if if_none_match.strip() == "*":
            return self._unchanged
        held = next((tag for tag in _TAG.findall(if_none_match) if tag in self._tags), None)
        if held is None:
            return self._full
        return self._unchanged._replace(headers={**self._unchanged.headers, "ETag": f'"{held}"'})


def ready_page(page: Page, accept_encoding: str | None) -> ReadyPage | None:
    """The page as this reader can take it, or None if they exclude every coding there is."""
    coding = choose(accept_encoding, page.bodies)
    return None if coding is None else ReadyPage(page, coding)


def not_acceptable(instance: str, accept_encoding: str | None) -> Answer:
    detail = f"Accept-Encoding {accept_encoding!r} excludes every coding of this page"
    return problem("not-acceptable", detail, instance, extra={"Vary": "Accept-Encoding"})


def absent(instance: str) -> Answer:
    """404 for a path at which there is no page."""
    cache = {"Cache-Control": f"public, max-age={ABSENT_SECONDS}, s-maxage={ABSENT_SECONDS}"}
    return problem("not-found", f"there is no page at {instance}", instance, extra=cache)


def not_proven_yet(instance: str, since: str | None) -> Answer:
    """404 for a station of which nothing is in the totals that were sealed last, at `since`; it says when to come again."""
    totals = (
        f"the totals that were sealed last, at {since}, have" if since else "no totals are sealed yet, which would have"
    )
    detail = f"{totals} nothing of this station; they are sealed every five minutes: come again in one"
    cache = f"public, max-age={UNPROVEN_SECONDS}, s-maxage={UNPROVEN_SECONDS}"
    extra = {"Cache-Control": cache, "Retry-After": str(COME_AGAIN)}
    return problem("not-proven-yet", detail, instance, extra=extra)


def _of_body(page: Page, coding: str) -> Mapping[str, str]:
    headers = {"Content-Type": page.media}
    if coding != "identity":
        headers["Content-Encoding"] = coding
    if page.updated_at != EPOCH:
        headers["Last-Modified"] = formatdate(from_instant(page.updated_at).timestamp(), usegmt=True)
    if page.link is not None:
        headers["Link"] = page.link
    return headers
