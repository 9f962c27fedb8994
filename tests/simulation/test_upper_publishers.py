"""Every interleaving of publishers of an upper region's page, a death anywhere: what was served is kept, and changes lead to it.

The real use case over stores that give way before each request. Publishers hold pages of different moments, as they do when
one read its rows earlier than another. A publisher whose request is lost gives up; a death after a request that was done is
one before the next. At the end one trigger comes, undisturbed: from then on nothing may be behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any, cast

import pytest
from greenlet import getcurrent, greenlet

from realcount.client.deltas import apply
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page, Stored
from realcount.domain.tally import Tally
from realcount.local.memory import MemoryEditions, MemoryPages
from realcount.rendering import encoding
from realcount.rendering.encoding import RENDERING, body_of
from realcount.rendering.paths import changes_path, now_path
from realcount.rendering.results import region_page
from realcount.usecases.store_page import first_beside, store_page
from tests.faults.mutants import MUTANTS
from tests.simulation.interleavings import LOST, Broken, Choices, Steps, every_run, interleave
from tests.small_election import PPWP, contest, election, region

MOMENTS = ((0, 0, 0), (2, 0, 1), (2, 3, 2), (4, 3, 9), (4, 5, 30))
"""What has happened in the two villages of P1, and in which minute: rows only grow."""


def page_at(moment: int) -> Page:
    v1, v2, minute = MOMENTS[moment]
    rows = {
        name: Tally(sv, (10 * sv, sv), 11 * sv, 0, 11 * sv, 1, 1, 0, 0, f"2019-04-17T13:{minute:02}:00.000Z")
        for name, sv in (("V1", v1), ("V2", v2))
        if sv
    }
    return region_page(election(), contest(PPWP), region("P1"), rows)


applied, read = cache(apply), cache(json.loads)
"""The same few bytes meet in thousands of runs."""


class Shelf(MemoryEditions):
    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def keep(self, page: Page) -> None:
        self.steps.write("keep an edition", lambda: super(Shelf, self).keep(page))

    def find(self, path: str, edition: int) -> bytes | None:
        return self.steps.read("find an edition", lambda: super(Shelf, self).find(path, edition))


class Table(MemoryPages):
    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def put(self, page: Page) -> Stored:
        return self.steps.write("put", lambda: super(Table, self).put(page))

    def find_all(self, paths: Iterable[str]) -> Mapping[str, Page]:
        return self.steps.read("find", lambda: super(Table, self).find_all(paths))


class Copies(MemoryPages):
    """Copies as a store of pages: that the S3 adapter never lets an older one in is test_publishers' to show."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def keep(self, page: Page) -> None:
        self.steps.write("copy", lambda: self.put(page))


class Calm:
    """No giving way: what was there before, and the trigger at the end."""

    def write(self, what: str, do: Any) -> Any:
        return do()

    read = write


CALM = cast(Steps, Calm())


class Run:
    """One run. `before` are published one after another, then `pages` at once, with a death of `deaths` of them anywhere."""

    def __init__(self, before: Sequence[Page], pages: Sequence[Page], deaths: int, choices: Choices) -> None:
        self.choices = choices
        self._editions, self._copies, self._pages = Shelf(CALM), Copies(CALM), Table(CALM)
        first, *rest = before
        self._editions.keep(first)
        self._copies.keep(first)
        for one in (first, *first_beside(first)):
            self._pages.put(one)
        for one in rest:
            self._publish(one)
        self._look()
        self._give_way_to(Steps(getcurrent()))
        publishers = [greenlet(lambda one=one: self._try_to_publish(one)) for one in pages]
        interleave(publishers, choices, self._look, faults=deaths, fates=(LOST,))
        self._give_way_to(CALM)
        newest = max((*before, *pages), key=lambda one: (one.edition, one.rendering))
        self._publish(newest)
        self._look()
        ends = [
            self._document(path)[edition] for path, edition in ((changes_path(P1), "to"), (now_path(P1), "edition"))
        ]
        if [self._stored().edition, *ends] != [newest.edition] * 3:
            raise Broken(f"after the trigger page, changes and now are at {self._stored().edition}, {ends}")

    def _publish(self, page: Page) -> None:
        store_page(page, upper=True, editions=self._editions, copies=cast(Any, self._copies), pages=self._pages)

    def _try_to_publish(self, page: Page) -> None:
        with suppress(Unavailable):  # Nobody tries again before the end.
            self._publish(page)

    def _give_way_to(self, steps: Steps) -> None:
        for store in (self._editions, self._copies, self._pages):
            store.steps = steps

    def _stored(self) -> Page:
        found = self._pages.get(P1)
        assert found is not None
        return found

    def _document(self, path: str) -> Mapping[str, Any]:
        found = self._pages.get(path)
        assert found is not None
        document: Mapping[str, Any] = read(body_of(found))
        return document

    def _look(self) -> None:
        kept = {edition: body for (_, edition), body in self._editions.kept().items()}
        for served in (self._stored(), self._copies.get(P1)):
            assert served is not None
            if served.edition not in kept:
                raise Broken(f"edition {served.edition} is served, and not kept")
        page, changes, now = self._stored(), self._document(changes_path(P1)), self._document(now_path(P1))
        if not now["edition"] <= changes["to"] <= page.edition:
            raise Broken(
                f"now {now['edition']}, changes {changes['to']}, page {page.edition}: an edition that none can read"
            )
        news = self._pages.get(changes_path(P1))
        assert news is not None
        for edition, body in kept.items():
            if changes["from"] <= edition <= changes["to"] and applied(body, body_of(news)) != kept[changes["to"]]:
                raise Broken(f"changes lead from {edition} elsewhere than to {changes['to']}")


P1 = page_at(0).path


def runs(before: Sequence[int], pages: Sequence[int], deaths: int) -> Iterator[Run]:
    ready = [page_at(moment) for moment in before], [page_at(moment) for moment in pages]
    return every_run(lambda choices: Run(*ready, deaths, choices))


@pytest.fixture(autouse=True)
def uncompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "COMPRESS_FROM", 1_000_000)


CASES = {
    "two moments": ((0,), (1, 2), 0),
    "two moments, a death": ((0,), (1, 2), 1),
    "one moment twice, a death": ((0, 1), (2, 2), 1),
    "the window moves": ((0, 1, 2), (3, 4), 0),
    "a late one, when the window has moved": ((0, 2), (1, 4), 0),
}


@pytest.mark.parametrize("case", CASES)
def test_no_interleaving_loses_an_edition_or_leads_elsewhere(case: str) -> None:
    assert sum(1 for _ in runs(*CASES[case])) > 200


def test_a_page_that_an_older_release_rendered_is_replaced_with_what_is_beside_it() -> None:
    old = [replace(page_at(moment), rendering=RENDERING - 1) for moment in (0, 1)]
    assert sum(1 for _ in every_run(lambda choices: Run(old, [page_at(1), page_at(2)], 0, choices))) > 200


WRONG = {
    "edition-not-kept": "two moments",
    "edition-after-page": "two moments",
    "changes-before-page": "two moments",
    "changes-against-what-is-there": "two moments, a death",
    "changes-forget": "two moments",
    "window-moves-alone": "the window moves",
}


@pytest.mark.parametrize("name", WRONG)
def test_every_simplification_is_wrong_in_some(name: str) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with mutant.applied(), pytest.raises(Broken):
        for _ in runs(*CASES[WRONG[name]]):
            pass
