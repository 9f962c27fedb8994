"""Store one page with all that goes with it, in the order that lets us die anywhere.

Of an upper region first its edition, to be served for ever; then the copy; then the page; then what stands beside it. Whoever
was served an edition can so be served it again, a stored page proves its copy, and what is beside a page never tells of an
edition that nobody can read. What is left undone after the page is done by the next trigger, or by the sweep.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from realcount.domain.page import Page, Stored
from realcount.ports import PageCopies, PageStore
from realcount.publishing_ports import EditionStore
from realcount.rendering.deltas import Document, changes_page, now_page, window
from realcount.rendering.encoding import document_of
from realcount.rendering.paths import changes_path, now_path


class Outcome(NamedTuple):
    """What became of the page, and how many documents beside it were stored."""

    page: Stored
    beside: int = 0


def store_page(page: Page, *, upper: bool, editions: EditionStore, copies: PageCopies, pages: PageStore) -> Outcome:
    """`upper` says whether the page is an upper region's. Safe in any order, any number of times. Raises `Unavailable`."""
    if not upper:
        copies.keep(page)
        return Outcome(pages.put(page))
    editions.keep(page)
    copies.keep(page)
    # Before the page: what it replaces is mostly what its changes are told against. If we die from here on to the end, the
    # trigger finds the page there and what is beside it behind.
    found = pages.find_all((page.path, changes_path(page.path), now_path(page.path)))
    stored = pages.put(page)
    beside = _beside(
        page, found.get(page.path), found.get(changes_path(page.path)), found.get(now_path(page.path)), editions
    )
    # Changes before now: who hears there of an edition finds how to get to it.
    return Outcome(stored, sum(bool(pages.put(one)) for one in beside))


def first_beside(page: Page) -> list[Page]:
    """What stands beside the first page of an upper region."""
    document = document_of(page)
    return [changes_page(page, document, None, window(page, None, anew=False)), now_page(page, document)]


def _beside(page: Page, was: Page | None, changes: Page | None, now: Page | None, editions: EditionStore) -> list[Page]:
    """What of it is behind the page, in the order in which to store it."""
    document = document_of(page)
    behind: list[Page] = []
    if page.supersedes(changes):
        told = window(page, changes, anew=was is not None and was.rendering < page.rendering)
        since = None if told.since is None else _since(page.path, told.since, was, editions)
        behind.append(changes_page(page, document, since, told))
    if page.supersedes(now):
        behind.append(now_page(page, document))
    return behind


def _since(path: str, edition: int, was: Page | None, editions: EditionStore) -> Document | None:
    """The page of that edition: mostly the one that was there, else the one that was kept.

    Others may have stored a later one since the changes were told, and died or be about to tell theirs. A comparison with
    the later one would forget what came between.
    """
    if was is not None and was.edition == edition:
        return document_of(was)
    kept = editions.find(path, edition)
    return None if kept is None else json.loads(kept)
