"""Pages of the past, and the way from each to the newest: over random counts, published in bits, by publishers that die anywhere.

The real use cases over the stores in memory. Races and lost answers are the simulation's business (tests/simulation).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.client.deltas import Resync, apply
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.domain.tally import RowChange, Tally, zero
from realcount.local.memory import (
    MemoryCopies,
    MemoryEditions,
    MemoryElections,
    MemoryForms,
    MemoryKeys,
    MemoryLog,
    MemoryPages,
    MemoryTallies,
)
from realcount.rendering.encoding import body_of
from realcount.rendering.paths import region_path
from realcount.usecases.load_election import load_election
from realcount.usecases.publish_results import publish_results
from realcount.usecases.roll_up import recompute
from tests.small_election import PPWP, contest, election, region, station, units

VILLAGES = {"S1": "V1", "S2": "V1", "S3": "V1", "S4": "V2", "S5": "V2", "S6": "V3"}
ABOVE = {"V1": ("V1", "P1", "N"), "V2": ("V2", "P1", "N"), "V3": ("V3", "P2", "N")}
REGIONS = ("N", "P1", "P2", "V1", "V2", "V3")
WRITES = 5
"""Of a publication of an upper region: edition, copy, page, changes, now."""

forms = st.tuples(st.sampled_from(sorted(VILLAGES)), st.integers(0, 300), st.booleans(), st.integers(0, 4))
"""A form at a station: the first option's votes, whether it is odd, and how many minutes later than the last one."""

publications = st.tuples(st.sampled_from(REGIONS), st.integers(0, WRITES))
"""A region, and how many writes its publisher has before it dies."""

nights = st.lists(st.one_of(forms, publications), max_size=40)


class Dying:
    """A store whose writes end when there are none left."""

    def __init__(self, store: Any, night: Night) -> None:
        self._store, self._night = store, night

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in ("keep", "put"):
            return method

        def write(page: Page) -> Any:
            if self._night.left == 0:
                raise Unavailable("died here")
            self._night.left -= 1
            done = method(page)
            if done and name == "put":
                self._night.stored(page)
            return done

        return write


class Night:
    def __init__(self) -> None:
        self.elections, self.tallies, self.editions = MemoryElections(), MemoryTallies(), MemoryEditions()
        self.copies, self.pages, self.left, self.minutes = MemoryCopies(), MemoryPages(), 0, 0
        load_election(
            election(), units(), elections=self.elections, editions=self.editions, copies=self.copies,
            pages=self.pages, log=MemoryLog(),
        )  # fmt: skip
        self.served = {region_path(PPWP, name): {0: self.body(region_path(PPWP, name))} for name in REGIONS}
        self.readers = {path: [served[0]] for path, served in self.served.items()}
        """Each began with a page as it was served, and has followed the changes since. Nobody of them reads a page twice."""

    def body(self, path: str) -> bytes:
        page = self.pages.get(path)
        assert page is not None
        return body_of(page)

    def receive(self, name: str, votes: int, odd: bool, minutes: int) -> None:
        self.minutes += minutes
        village = VILLAGES[name]
        was = self.tallies.row(PPWP, village, name) or zero(2)
        at = f"2019-04-17T{13 + self.minutes // 60:02}:{self.minutes % 60:02}:00.000Z"
        now = Tally(was.sv + 1, (votes, 3), votes + 3, 1, votes + 4, 1, 1, int(odd), 0, at)
        self.tallies.advance(PPWP, village, name, replace(now, findings=("turnout",), example=name) if odd else now)
        for above in ABOVE[village]:
            recompute(PPWP, above, elections=self.elections, tallies=self.tallies)

    def publish(self, name: str, writes: int) -> None:
        self.left = writes
        publish_results(
            [RowChange(PPWP, "-", name)], elections=self.elections, forms=MemoryForms(MemoryKeys()), tallies=self.tallies,
            editions=Dying(self.editions, self), copies=Dying(self.copies, self), pages=Dying(self.pages, self),
        )  # fmt: skip

    def stored(self, page: Page) -> None:
        path, _, last = page.path.rpartition("/")
        if page.path in self.served:
            self.served[page.path][page.edition] = body_of(page)
            self.readers[page.path].append(body_of(page))
        elif last == "changes":
            self.readers[path] = [follow(held, body_of(page), self.body(path)) for held in self.readers[path]]


def follow(held: bytes, changes: bytes, page: bytes) -> bytes:
    try:
        return apply(held, changes)
    except Resync:
        return page


def all_of(night: list[tuple[Any, ...]]) -> Night:
    count = Night()
    for event in night:
        count.receive(*event) if len(event) == 4 else count.publish(*event)
    return count


@given(nights)
@settings(max_examples=60)
def test_what_was_served_at_an_edition_is_served_again_for_it(night: list[tuple[Any, ...]]) -> None:
    count = all_of(night)
    for path, editions in count.served.items():
        for edition, body in editions.items():
            assert count.editions.find(path, edition) == body


@given(nights)
@settings(max_examples=60)
def test_changes_lead_from_every_edition_they_reach_back_to(night: list[tuple[Any, ...]]) -> None:
    count = all_of(night)
    for path, served in count.served.items():
        changes = count.body(f"{path}/changes")
        document = json.loads(changes)
        assert document["to"] <= max(served)
        for edition, body in served.items():
            if document["from"] <= edition <= document["to"]:
                assert apply(body, changes) == count.editions.find(path, document["to"])


@given(nights)
@settings(max_examples=60)
def test_whoever_follows_all_changes_holds_the_newest_page(night: list[tuple[Any, ...]]) -> None:
    count = all_of(night)
    for name in REGIONS:
        count.publish(name, WRITES)  # The trigger comes again, and this time nobody dies.
        path = region_path(PPWP, name)
        newest = count.body(path)
        for held in count.readers[path]:
            assert follow(held, count.body(f"{path}/changes"), newest) == newest
        for beside in ("now", "changes"):
            page = count.pages.get(f"{path}/{beside}")
            assert page is not None and page.edition == json.loads(newest)["edition"]


NUMBERS = ("edition", "valid", "invalid", "voters")
STATIONS = ("expected", "received", "approved", "flagged", "incomplete")


@given(nights)
@settings(max_examples=60)
def test_every_page_there_ever_was_adds_up(night: list[tuple[Any, ...]]) -> None:
    """As docs/api.md says it does."""
    for body in all_of(night).editions.kept().values():
        page = json.loads(body)
        children = page["children"]
        for name in NUMBERS:
            assert page[name] == sum(child[name] for child in children)
        for option in page["votes"]:
            assert page["votes"][option] == sum(child["votes"][option] for child in children)
        for name in STATIONS:
            assert page["stations"][name] == sum(child["stations"][name] for child in children)
        for part in (page, *children):
            stations = part["stations"]
            assert stations["approved"] <= stations["received"] <= stations["expected"]
            assert stations["flagged"] <= stations["received"]
        assert (page["example"] is not None) == (page["stations"]["flagged"] > 0)
        for child in children:
            assert ("findings" in child) == (child["stations"]["flagged"] > 0 and page["holds"] == "stations")


@given(nights)
@settings(max_examples=40)
def test_from_every_level_examples_lead_down_to_what_was_found(night: list[tuple[Any, ...]]) -> None:
    count = all_of(night)
    for name in reversed(REGIONS):
        count.publish(name, WRITES)
    for name in REGIONS:
        example = json.loads(count.body(region_path(PPWP, name)))["example"]
        if example is not None:
            village = json.loads(count.body(region_path(PPWP, VILLAGES[example["station"]])))
            listed = next(one for one in village["children"] if one["id"] == example["station"])
            assert listed["findings"] == ["turnout"]
            assert listed["link"] == example["link"]


def test_the_tree_of_this_night_is_the_small_elections() -> None:
    assert {name: village for name, village in VILLAGES.items() if station(name).parents[0].unit == village} == VILLAGES
    assert [len(region(name).path) for name in REGIONS] == [0, 1, 1, 2, 2, 2]
    assert set(contest(PPWP).roots) == {"N"}
