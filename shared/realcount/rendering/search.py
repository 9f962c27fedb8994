"""The documents by which a region is found: one for each beginning of a word that enough names share.

They are a tree. A document with few matches has all of them. One with many has the first, and leads on: letter by letter to
those whose word goes on, and in parts to those whose word ends here. So every region is found by every word of its name, and
by its id, and nothing that is asked for on the way is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import groupby

from realcount.domain.election import Election, Region
from realcount.domain.instants import EPOCH
from realcount.domain.page import Page
from realcount.domain.spelling import letters, words
from realcount.rendering.encoding import json_page
from realcount.rendering.lifetimes import SEARCH
from realcount.rendering.paths import election_path, region_path, search_path

DEPTH = 8
"""Letters of the longest prefix; a word that goes on is found there. So many fit into a path, whatever script they are of."""

WHOLE = 120
"""Regions of a document that has all it could lead to. Ids of running numbers share their first digits with 110 others, so a
hundred would be nine thousand documents more in a nation of 90,000 regions (docs/decisions/0016)."""

SHOWN = 25
"""Regions that a document shows of more than that."""

PART = 200
"""Regions in one part of a list of those whose word ends. The largest item of a table has 400 KB, and names may have 200 characters."""

Entry = tuple[str, int]
"""A word, and the rank of a region that has it."""


def search_pages(election: Election, regions: Sequence[Region]) -> Iterator[Page]:
    """All of them in the order in which to store them: what is led to comes first, and the root, which leads to all, last."""
    return _Index(election, regions).pages()


class _Index:
    """Regions by rank: higher levels first, then those with more registered voters. Left out are those of no contest: they
    have no page to lead to."""

    def __init__(self, election: Election, regions: Sequence[Region]) -> None:
        self._election = election
        self._depths = {level: depth for depth, level in enumerate(election.levels)}
        self._contests = {
            region.id: [contest.key for contest in election.contests if contest.covers(region)] for region in regions
        }
        found = (region for region in regions if self._contests[region.id])
        self._ranked = sorted(found, key=lambda one: (self._depths[one.level], -one.registered, one.id))
        self._spelled = [words(region.name) | ({letters(region.id)} - {""}) for region in self._ranked]

    def pages(self) -> Iterator[Page]:
        return self._below("", sorted((word, rank) for rank, spelled in enumerate(self._spelled) for word in spelled))

    def _below(self, prefix: str, entries: Sequence[Entry]) -> Iterator[Page]:
        """The documents of a prefix and of all that go on from it. `entries` are sorted, and all begin with it."""
        ranks = {rank for _, rank in entries}
        if len(ranks) <= WHOLE:
            yield self._page(prefix, len(ranks), sorted(ranks, key=self._order(prefix)))
            return
        more: dict[str, str] = {}
        ended: set[int] = set()
        for letter, group in groupby(entries, key=lambda entry: entry[0][len(prefix) : len(prefix) + 1]):
            if letter and len(prefix) < DEPTH:
                more[letter] = search_path(self._election.id, prefix + letter)
                yield from self._below(prefix + letter, list(group))
            else:
                ended.update(rank for _, rank in group)
        first = nsmallest(SHOWN, ranks, key=self._order(prefix))
        rest = sorted(ended.difference(first), key=self._order(prefix))
        listed = [first, *(rest[at : at + PART] for at in range(0, len(rest), PART))]
        for part in range(len(listed), 0, -1):
            yield self._page(prefix, len(ranks), listed[part - 1], more if part == 1 else None, part, len(listed))

    def _order(self, prefix: str) -> Callable[[int], tuple[int, bool, int]]:
        """Higher levels first, then those that have the prefix as a word, then by rank."""

        def order(rank: int) -> tuple[int, bool, int]:
            return self._depths[self._ranked[rank].level], prefix not in self._spelled[rank], rank

        return order

    def _page(
        self,
        prefix: str,
        found: int,
        ranks: Sequence[int],
        more: Mapping[str, str] | None = None,
        part: int = 1,
        parts: int = 1,
    ) -> Page:
        path = search_path(self._election.id, prefix, part)
        following = search_path(self._election.id, prefix, part + 1) if part < parts else None
        document = {
            "election": self._election.id,
            "prefix": prefix,
            "found": found,
            "part": part,
            "parts": parts,
            "matches": [self._match(self._ranked[rank]) for rank in ranks],
            "more": more or {},
            "links": {"self": path, "election": election_path(self._election.id), "next": following},
        }
        link = f'<{following}>; rel="next"' if following else None
        return json_page(path, document, edition=0, updated_at=EPOCH, max_age=SEARCH, link=link)

    def _match(self, region: Region) -> dict[str, object]:
        contests = self._contests[region.id]
        return {
            "id": region.id,
            "level": region.level,
            "name": region.name,
            "above": [crumb.name for crumb in region.path],
            "contests": [contest.contest for contest in contests],
            "link": region_path(contests[0], region.id),
        }
