"""Whatever happens in whatever order, at rest every list has exactly what its region's page counts.

Forms, roll-ups of single regions, runs, and runs that die at any write or are overtaken by forms while they read. The real
use cases over the stores in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.domain.election import Contest, ContestKey
from realcount.domain.errors import Unavailable
from realcount.domain.tally import Tally
from realcount.rendering import flagged as rendering
from realcount.rendering.encoding import document_of
from realcount.rendering.paths import flagged_path, region_path, station_path
from tests import small_election as small
from tests.unit.usecases.flagged_stage import Stage, deep
from tests.unit.usecases.test_list_corrections import Dying

CODES = ("missing", "total-sum", "turnout", "votes-sum")

Step = tuple[int, list[tuple[int, list[str], bool]], int, tuple[Any, ...]]

PLACES = (0, 1, 2, 3, 9, 20, 70, 110)
"""Stations by their number: most of one regency, one of another, one of another province."""

places = st.integers(0, len(PLACES) - 1)
findings = st.one_of(st.just([]), *[st.lists(st.sampled_from(CODES), unique=True, min_size=1, max_size=2)] * 3)
forms = st.tuples(places, findings, st.booleans())
"""Where, what is found, and whether the form counts."""

streams = st.one_of(st.just(5), st.just(5), st.integers(0, 4))
"""How many levels the streams have come up from where forms came, before what follows."""

runs, forgets = st.tuples(st.just("run")), st.tuples(st.just("forget"))
deaths = st.tuples(st.just("die"), st.sampled_from(("keep", "put")), st.integers(0, 6), st.booleans())
overtaken = st.tuples(st.just("overtaken"), st.integers(1, 16), st.lists(forms, min_size=1, max_size=3))
steps = st.tuples(st.integers(0, 2), st.lists(forms, max_size=5), streams, st.one_of(runs, deaths, overtaken, forgets))
nights = st.lists(steps, min_size=2, max_size=10)


class Overtaken:
    """Rows before whose nth reading something happens, and is rolled up as far as the streams came."""

    def __init__(self, rows: Any, at: int, meanwhile: Callable[[], None]) -> None:
        self._rows, self._at, self._meanwhile = rows, at, meanwhile

    def children(self, contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        self._at -= 1
        if self._at == 0:
            self._meanwhile()
        found: Mapping[str, Tally] = self._rows.children(contest, parent)
        return found


def receive(stage: Stage, contest: Contest, forms: list[tuple[int, list[str], bool]], levels: int) -> None:
    """Forms, and as far as the streams have come with them: village, district, and so on."""
    for place, findings, counts in forms:
        stage.form(contest, station_at(stage, place), findings, counts=counts)
    for place, _, _ in forms:
        above = stage.stations[station_at(stage, place)].ancestors
        way = [one for one in above if contest.covers(stage.regions[one])]
        stage.roll_up(contest, *sorted(way, key=lambda one: -len(stage.regions[one].path))[:levels])


def happen(stage: Stage, step: Step) -> None:
    number, forms, levels, what = step
    contest = stage.election.contests[number % len(stage.election.contests)]
    receive(stage, contest, forms, levels)
    if what[0] == "run":
        assert not stage.run(contest).failed
    elif what[0] == "die":
        dying = Dying(what[2], what[3])
        store = {"keep": ("copies", stage.copies), "put": ("pages", stage.pages)}[what[1]]
        stage.run(contest, **{store[0]: dying.around(store[1], what[1])})
    elif what[0] == "forget":
        stage.memory.clear()
    else:
        rows = Overtaken(stage.tallies, what[1], lambda: receive(stage, contest, what[2], 5))
        stage.run(contest, tallies=rows)


def station_at(stage: Stage, place: int) -> str:
    stations = list(stage.stations)
    return stations[PLACES[place] % len(stations)]


def editions(stage: Stage) -> dict[str, int]:
    return {path: page.edition for path, page in stage.pages._pages.items() if "/flagged" in path}


def require_order(stage: Stage) -> None:
    """Whoever died: a copy is as new as its page, and what a list leads to is there and as new as the list."""
    for path in editions(stage):
        page, copy = stage.pages.get(path), stage.copies.get(path)
        assert page is not None and copy is not None and copy.edition >= page.edition
        if following := document_of(page)["links"]["next"]:
            part = stage.pages.get(following)
            assert part is not None and part.edition >= page.edition


def require_exact(stage: Stage, contest: Contest) -> None:
    for region in stage.uppers(contest):
        document, rows = stage.read(contest, region.id), stage.flagged(contest, region.id)
        codes = Counter(code for row in rows.values() for code in row.findings)
        assert document["edition"] == stage.edition(contest, region.id)
        assert (document["flagged"], document["by_finding"]) == (len(rows), dict(sorted(codes.items())))
        assert document["waiting"] == sum(not row.approved for row in rows.values())
        if document["holds"] == "stations":
            listed = {one["id"]: one for one in document["stations"]}
            assert set(listed) == set(rows) and len(listed) == len(document["stations"])
            for station, one in listed.items():
                row = rows[station]
                assert (one["edition"], one["counts"], one["findings"]) == (
                    row.sv,
                    bool(row.approved),
                    list(row.findings),
                )
                assert one["link"] == station_path(contest.key, station)
                assert contest.key.contest != "ppwp" or one["path"] == [
                    {"id": crumb.id, "name": crumb.name}
                    for crumb in stage.stations[station].path
                    if region.id in stage.regions[crumb.id].ancestors
                ]


def require_whole(stage: Stage, contest: Contest) -> None:
    """At any moment: a document never says more or less than it lists."""
    for region in stage.uppers(contest):
        document = stage.read(contest, region.id)
        if document["holds"] == "regions":
            assert [one["id"] for one in document["children"]] == [one.id for one in region.children_in(contest)]
            for name in ("edition", "flagged", "waiting"):
                assert document[name] == sum(child[name] for child in document["children"])
            codes: Counter[str] = Counter()
            for child in document["children"]:
                codes.update(child["by_finding"])
                assert child["link"] == flagged_path(region_path(contest.key, child["id"]))
            assert document["by_finding"] == dict(codes)
        else:
            assert document["flagged"] == len(document["stations"]) == len({one["id"] for one in document["stations"]})


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "PART", 2)
        yield


@pytest.mark.parametrize("which", ["small", "deep"])
@given(nights)
@settings(max_examples=60)
def test_at_rest_what_is_listed_is_what_the_pages_count(which: str, night: list[Step]) -> None:
    stage = Stage(small.election(), small.units()) if which == "small" else Stage(*deep())
    contests = stage.election.contests
    before = editions(stage)
    for step in night:
        happen(stage, step)
        after = editions(stage)
        assert all(after[path] >= edition for path, edition in before.items()), "a document went back in time"
        require_order(stage)
        before = after
    stage.settle()
    for contest in contests:
        assert not stage.run(contest).failed
        require_exact(stage, contest)
        require_whole(stage, contest)
        writes = stage.pages.writes
        assert stage.run(contest).documents == 0
        assert stage.pages.writes == writes, "nothing moved"


@given(nights)
@settings(max_examples=40)
def test_at_every_moment_a_document_counts_what_it_lists(night: list[Step]) -> None:
    stage = Stage(*deep())
    [contest] = stage.election.contests
    for step in night:
        happen(stage, step)
        if step[3][0] == "run":
            require_whole(stage, contest)


def test_a_store_that_is_gone_is_what_these_runs_die_of() -> None:
    stage = Stage(*deep())
    [contest] = stage.election.contests
    stage.form(contest, next(iter(stage.stations)), ["turnout"])
    stage.settle()
    dying = Dying(0, landed=False)
    failed = stage.run(contest, pages=dying.around(stage.pages, "put")).failed
    assert failed and all(isinstance(error, Unavailable) for error in failed.values())
