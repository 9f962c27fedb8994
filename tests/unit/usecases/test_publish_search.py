"""The documents of the search come with the load, before the election is visible, and a death leaves no link to nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import pytest

from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.local.memory import MemoryCopies, MemoryEditions, MemoryElections, MemoryLog, MemoryPages
from realcount.rendering import search
from realcount.rendering.encoding import document_of
from realcount.rendering.paths import search_path
from realcount.usecases.load_election import load_election
from tests.small_election import ELECTION, election, units


class Mortal:
    """A store of pages that takes so many and then no more."""

    def __init__(self, left: int) -> None:
        self.left, self.store = left, MemoryPages()

    def put_all(self, some: Iterable[Page]) -> None:
        for page in some:
            if not self.left:
                raise Unavailable("the store went away")
            self.left -= 1
            self.store.put(page)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_a_load_that_dies_among_the_documents_of_the_search_leads_to_nothing_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("WHOLE", 2), ("SHOWN", 1), ("PART", 2)):
        monkeypatch.setattr(search, name, value)
    undisturbed = Mortal(10_000)
    load_election(election(), units(), pages=undisturbed, **_stores())
    whole = _search(undisturbed.store)
    assert len(whole) > 10
    for left in range(undisturbed.store.writes):
        pages, ports = Mortal(left), _stores()
        with contextlib.suppress(Unavailable):  # The catalogue is put one by one, and does not die here.
            load_election(election(), units(), pages=pages, **ports)
        there = _search(pages.store)
        assert ports["elections"].election(ELECTION) is None or there == whole, "visible before it can be searched"
        for page in there.values():
            document = document_of(page)
            assert {*document["more"].values(), document["links"]["next"]} - {None} <= there.keys()
        pages.left = 10_000
        load_election(election(), units(), pages=pages, **ports)
        assert _search(pages.store) == whole
        assert all(ports["copies"].get(path) == page for path, page in whole.items())


def test_an_election_that_was_loaded_before_there_was_a_search_gets_it_by_loading_it_again() -> None:
    pages, ports = MemoryPages(), _stores()
    load_election(election(), units(), pages=pages, **ports)
    before = dict(pages._pages)
    del pages._pages[search_path(ELECTION)]
    assert load_election(election(), units(), pages=pages, **ports) == "complete"
    assert pages._pages == before


def _stores() -> dict[str, Any]:
    return {
        "elections": MemoryElections(),
        "copies": MemoryCopies(),
        "editions": MemoryEditions(),
        "log": MemoryLog(),
    }


def _search(pages: MemoryPages) -> dict[str, Page]:
    return {path: page for path, page in pages._pages.items() if path.startswith(search_path(ELECTION))}
