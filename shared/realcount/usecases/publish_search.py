"""Store the documents by which an election's regions are found. They are made once: regions and names do not change."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from realcount.domain.election import Election, Region
from realcount.ports import PageCopies, PageStore
from realcount.rendering.encoding import RENDERING
from realcount.rendering.paths import search_path
from realcount.rendering.search import search_pages

AT_A_TIME = 1_000
"""Documents held in memory at once."""


def publish_search(election: Election, regions: Sequence[Region], *, copies: PageCopies, pages: PageStore) -> int:
    """Store them all; returns how many there are. Idempotent. Raises `Unavailable`.

    What a document leads to is stored before it, so whoever dies here leaves no link to nothing.
    """
    made = search_pages(election, regions)
    count = 0
    while some := list(islice(made, AT_A_TIME)):
        copies.keep_all(some)  # The copy before the page, always: see store_page.
        pages.put_all(some)
        count += len(some)
    return count


def is_searchable(election: str, pages: PageStore) -> bool:
    """Whether all of them are there, as this release makes them: the root is stored last."""
    root = pages.get(search_path(election))
    return root is not None and root.rendering >= RENDERING
