"""To stay up to date at little cost: a tiny page says whether there is news, a small one what it is, and only who has missed too
much reads the whole page again.

What is handed out never goes backwards: copies of a page may be older than what was seen already, and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from realcount.client.deltas import Resync, apply
from realcount.client.reading import Reader
from realcount.client.results import Results, read_results
from realcount.domain.errors import NotFound

EVERY = 5.0
"""Seconds between two looks: how long a nation's page is kept by caches."""


def follow(reader: Reader, first: Results, every: float = EVERY) -> Iterator[Results]:
    """`first`, and then each newer edition that is seen, for ever. Raises what reading raises."""
    held = first
    yield held
    while True:
        reader.patience.between(every)
        news = _newer(reader, held)
        if news.edition > held.edition:
            held = news
            yield held


def _newer(reader: Reader, held: Results) -> Results:
    """What is newer than `held`, or what is there."""
    try:
        if reader.document(f"{held.path}/now")["edition"] <= held.edition:
            return held
        return read_results(held.path, apply(held.body, reader.get(f"{held.path}/changes")))
    except (NotFound, Resync, ValueError):  # Only upper regions have changes, and none of them go back for long.
        return read_results(held.path, reader.get(held.path))
