"""A curve is made of pages that were current, each once; what was published of it never goes away."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.domain.curve import Point, hour_of, tick_of
from realcount.domain.errors import NotFound, Unavailable
from realcount.domain.instants import from_instant, to_instant
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.local.memory import MemoryCopies, MemoryPages
from realcount.rendering.encoding import document_of
from realcount.rendering.history import history_page, point_of, read_day, read_history
from realcount.rendering.lifetimes import FINISHED, HISTORY
from realcount.rendering.milestones import read_milestones
from realcount.rendering.paths import history_path, milestones_path, region_path
from realcount.rendering.results import region_page
from realcount.usecases.record_history import Recorded, record_history
from realcount.usecases.upper_regions import upper_regions
from tests.sealed_night import elections
from tests.small_election import DPR, DPRD, PPWP, contest, election, region
from tests.unit.usecases.test_list_corrections import Behind, Dying

BEGAN = "2019-04-17T21:01:07.000Z"


class Night:
    """Pages of the presidents' contest, and the clock. `shown` are the pages of each region as they were published."""

    def __init__(self) -> None:
        self.pages, self.copies = MemoryPages(), MemoryCopies()
        self.seconds = 0
        self.counted = {"N": 0, "P1": 0, "P2": 0, "V1": 0, "V2": 0, "V3": 0}
        self.shown: dict[str, dict[int, Page]] = {unit: {} for unit in self.counted}
        self.publish(*self.counted)

    @property
    def now(self) -> str:
        return to_instant(from_instant(BEGAN) + timedelta(seconds=self.seconds))

    def publish(self, *units: str, counted: int = 0) -> None:
        for unit in units:
            self.counted[unit] += counted
            children = [child.id for child in region(unit).children_in(contest())]
            version = self.counted[unit]
            tally = Tally(version, (version * 2, version), version * 3, 0, version * 3, 1, 1, 0, 0, self.now)
            page = region_page(election(), contest(), region(unit), {children[0]: tally} if version else {})
            self.pages.put(page)
            self.shown[unit][version] = page

    def record(self, **given: Any) -> Recorded:
        return record_history(
            contest(), self.now, elections=elections(), **{"copies": self.copies, "pages": self.pages, **given}
        )

    def days(self, unit: str) -> list[str]:
        curve = read_history(self.pages.get(history_path(region_path(PPWP, unit))))
        return [day.date for day in curve.days]

    def points(self, unit: str) -> list[Point]:
        """Of all days."""
        paths = [history_path(region_path(PPWP, unit), day) for day in self.days(unit)]
        found = [self.pages.get(path) for path in paths]
        assert all(found), "a day is listed that is not there"
        return [point for path, page in zip(paths, found, strict=True) for point in read_day(page, path[-10:]).points]


def test_only_what_moved_is_written_and_only_once_a_tick() -> None:
    night = Night()
    assert night.record() == Recorded(0, 6), "zeros are no point"
    night.publish("N", "P1", counted=1)
    assert night.record() == Recorded(2, 6)
    writes = night.pages.writes
    night.publish("N", counted=1)
    assert night.record().points == 0, "the tick is recorded"
    night.seconds += 300
    assert night.record().points == 1
    night.seconds += 300
    assert night.record().points == 0
    assert night.pages.writes == writes + 2, "the page, and the day of N: its hour has a point"
    assert [point.edition for point in night.points("N")] == [1, 2]
    assert [point.edition for point in night.points("P1")] == [1]


def test_a_point_is_what_the_page_said() -> None:
    night = Night()
    night.publish("N", counted=4)
    night.record()
    page = night.pages.get(history_path(region_path(PPWP, "N"), "2019-04-17"))
    assert page is not None and (page.max_age, page.edition) == (HISTORY, 1)
    assert document_of(page) == {
        **{"election": "e19", "contest": "ppwp", "every": 300},
        "region": {"id": "N", "level": "nation", "name": "Region N"},
        "columns": [
            *("at", "edition", "received", "approved", "flagged", "valid", "invalid", "voters"),
            *("votes.01", "votes.02"),
        ],
        "date": "2019-04-17",
        "complete": False,
        "points": [["2019-04-17T21:00:00.000Z", 4, 1, 1, 0, 12, 0, 12, 8, 4]],
        "links": {
            "self": "/v1/elections/e19/contests/ppwp/regions/N/history/2019-04-17",
            "history": "/v1/elections/e19/contests/ppwp/regions/N/history",
            "page": "/v1/elections/e19/contests/ppwp/regions/N",
        },
    }
    all_days = night.pages.get(history_path(region_path(PPWP, "N")))
    assert all_days is not None
    assert document_of(all_days)["days"] == [
        {
            **{"date": "2019-04-17", "complete": False, "edition": None},
            "link": "/v1/elections/e19/contests/ppwp/regions/N/history/2019-04-17",
        }
    ]


def test_a_day_that_is_over_is_closed_and_kept_for_long() -> None:
    night = Night()
    night.publish("N", counted=1)
    night.record()
    night.seconds += 3 * 3600
    night.record()
    page = night.pages.get(history_path(region_path(PPWP, "N"), "2019-04-17"))
    assert page is not None and (page.max_age, document_of(page)["complete"]) == (FINISHED, True)
    assert night.days("N") == ["2019-04-17"], "nothing moved on the next day"
    writes = night.pages.writes
    night.seconds += 300
    night.record()
    assert night.pages.writes == writes
    night.publish("N", counted=1)
    night.record()
    assert night.days("N") == ["2019-04-17", "2019-04-18"]
    assert [point.edition for point in night.points("N")] == [1, 2]


def test_an_empty_history_has_no_time_and_no_day() -> None:
    page = history_page(contest(), region("N"), read_history(None), 0)
    document = document_of(page)
    assert (document["points"], document["days"], page.edition) == ([], [], 0)


def test_milestones_are_reached_once_and_stay() -> None:
    night = Night()
    children = {
        "P1": Tally(10, (0, 0), 0, 0, 0, 5, 5, 0, 0, night.now),
        "P2": Tally(1, (0, 0), 0, 0, 0, 0, 0, 0, 0, night.now),
    }
    night.pages.put(region_page(election(), contest(), region("N"), children))
    night.record()
    found = read_milestones(night.pages.get(milestones_path(region_path(PPWP, "N"))))
    assert [(one.kind, one.region, one.per_cent) for one in found] == [
        ("first-form", "N", None),
        *(("share", "N", share) for share in (1, 10, 25, 50, 75)),
        ("complete", "P1", None),
    ]
    assert {(one.edition, one.at, one.expected) for one in found} == {
        (11, "2019-04-17T21:00:00.000Z", 6),
        (11, "2019-04-17T21:00:00.000Z", 5),
    }
    # All is withdrawn, and all comes in.
    for sv, approved in ((20, 0), (30, 1)):
        night.seconds += 300
        children["P2"] = Tally(sv, (0, 0), 0, 0, 0, approved, approved, 0, 0, night.now)
        children["P1"] = Tally(10 + sv, (0, 0), 0, 0, 0, 5 * approved, 5 * approved, 0, 0, night.now)
        night.pages.put(region_page(election(), contest(), region("N"), children))
        night.record()
    found = read_milestones(night.pages.get(milestones_path(region_path(PPWP, "N"))))
    assert [(one.kind, one.region, one.per_cent) for one in found[7:]] == [
        *(("share", "N", share) for share in (90, 95, 99)),
        ("complete", "P2", None),
        ("complete", "N", None),
    ]


def test_the_upper_regions_of_each_contest() -> None:
    assert [one.id for one in upper_regions(contest(PPWP), elections())] == ["N", "P1", "P2", "V1", "V2", "V3"]
    assert [one.id for one in upper_regions(contest(DPR), elections())] == [
        "N",
        "D1",
        "D2",
        "P1",
        "P2",
        "V1",
        "V3",
        "V2",
    ]
    assert [one.id for one in upper_regions(contest(DPRD), elections())] == ["N", "W1", "P1", "P2", "V1", "V2", "V3"]


def test_one_region_that_fails_keeps_no_other_from_being_recorded() -> None:
    night = Night()
    night.publish("N", "P1", "V1", counted=1)
    del night.pages._pages[region_path(PPWP, "P1")]
    done = night.record()
    assert (done.points, {unit: type(error) for unit, error in done.failed.items()}) == (2, {"P1": NotFound})


def test_a_store_that_does_not_answer_is_the_next_runs() -> None:
    night = Night()
    night.publish("N", counted=1)
    with pytest.raises(Unavailable):
        night.record(pages=Silent())
    assert night.record().points == 1


class Silent:
    def find_all(self, paths: Any) -> Any:
        raise Unavailable("nobody answers")


STEPS = st.one_of(
    st.tuples(st.just("publish"), st.lists(st.sampled_from(("N", "P1", "V3")), min_size=1, max_size=3)),
    st.tuples(st.just("later"), st.sampled_from((20, 299, 300, 301, 900, 3_600, 50_000))),
    st.tuples(st.just("run")),
    st.tuples(st.just("dies"), st.integers(0, 8), st.booleans()),
    st.tuples(st.just("overtaken"), st.sampled_from((0, 10, 300, 3_600))),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_whatever_happens_points_are_pages_and_stay(steps: list[tuple[Any, ...]]) -> None:
    night = Night()
    seen: dict[str, list[Point]] = {}
    for one in steps:
        match one:
            case ("publish", units):
                night.publish(*units, counted=1)
            case ("later", seconds):
                night.seconds += seconds
            case ("run",):
                night.record()
            case ("dies", at, landed):
                dying = Dying(at, landed)
                with suppress(Unavailable):
                    night.record(pages=dying.around(night.pages, "put"), copies=dying.around(night.copies, "keep"))
            case ("overtaken", seconds):
                # Somebody else's run comes and goes after this one has read, up to an hour later.
                before = night.now

                def meanwhile(seconds: int = seconds) -> None:
                    night.publish("N", counted=1)
                    night.seconds += seconds
                    night.record()

                record_history(
                    contest(), before, elections=elections(), copies=night.copies, pages=Behind(night.pages, meanwhile)
                )
        check(night, seen)
    night.seconds += 300
    assert not night.record().failed
    check(night, seen)
    for unit, counted in night.counted.items():
        points = night.points(unit)
        assert (points[-1].edition if points else 0) == counted, "what is current is the last point"
        hours = read_history(night.pages.get(history_path(region_path(PPWP, unit)))).points
        assert [point for i, point in enumerate(points) if not i or hour_of(points[i - 1].at) != hour_of(point.at)] == [*hours]  # fmt: skip
        days = read_history(night.pages.get(history_path(region_path(PPWP, unit)))).days
        assert all(day.complete == (day.date < night.now[:10]) for day in days)


def check(night: Night, seen: dict[str, list[Point]]) -> None:
    """Every published point was a page of the region; times and editions only grow; what was there is there."""
    for unit in night.counted:
        points = night.points(unit)
        assert points[: len(seen.get(unit, ()))] == seen.get(unit, [])
        seen[unit] = points
        assert [point.edition for point in points] == sorted({point.edition for point in points})
        assert [point.at for point in points] == sorted({point.at for point in points})
        for point in points:
            page = night.shown[unit][point.edition]
            assert point == point_of(page, point.at, contest().option_ids())
            assert point.at == tick_of(point.at)
