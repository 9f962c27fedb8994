"""Flagged stations are listed region by region; what moved is read again and nothing else is; a list is never cut short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from realcount.domain.election import Contest, ContestKey
from realcount.domain.errors import Unavailable
from realcount.domain.tally import Tally
from realcount.rendering import encoding
from realcount.rendering import flagged as rendering
from realcount.rendering.encoding import document_of
from realcount.rendering.flagged import is_list
from realcount.rendering.paths import flagged_path, region_path
from tests import small_election as small
from tests.unit.usecases.flagged_stage import NOON, Stage, deep


@pytest.fixture
def stage() -> Stage:
    return Stage(*deep())


@pytest.fixture
def contest(stage: Stage) -> Contest:
    return stage.election.contests[0]


class Read:
    """Rows that note under which regions they were read."""

    def __init__(self, rows: Any) -> None:
        self._rows, self.regions = rows, list[str]()

    def children(self, contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        self.regions.append(parent)
        found: Mapping[str, Tally] = self._rows.children(contest, parent)
        return found


def test_before_the_polls_close_every_upper_region_has_an_empty_one(stage: Stage, contest: Contest) -> None:
    nation, regency = stage.read(contest, "nation"), stage.read(contest, "r-1-1")
    assert (nation["holds"], nation["flagged"], nation["updated_at"], nation["by_finding"]) == ("regions", 0, None, {})
    assert [child["id"] for child in nation["children"]] == ["r-1", "r-2"]
    assert (regency["holds"], regency["stations"], regency["parts"]) == ("stations", [], 1)
    assert stage.run(contest).documents == 0, "which a run has nothing to add to"


def test_from_the_nation_down_to_what_was_found(stage: Stage, contest: Contest) -> None:
    stage.form(contest, "r-1-2-1-1-s3", ["total-sum", "votes-sum"])
    stage.form(contest, "r-1-2-2-2-s1", ["turnout"], counts=False)
    stage.form(contest, "r-1-2-2-2-s2")
    stage.form(contest, "r-2-1-1-1-s1", ["turnout"])
    stage.settle()
    assert stage.run(contest).documents == 2 + 2 + 1, "two regencies, two provinces, the nation"
    nation = stage.read(contest, "nation")
    counted = {"votes-sum": 1, "total-sum": 1, "turnout": 2}
    assert (nation["edition"], nation["flagged"], nation["waiting"]) == (4, 3, 1)
    assert nation["by_finding"] == counted and nation["stations"] == []
    first, second = nation["children"]
    assert (first["flagged"], first["waiting"], first["edition"], second["flagged"]) == (2, 1, 3, 1)
    page = stage.pages.get(first["link"])
    assert page is not None
    assert [child["flagged"] for child in document_of(page)["children"]] == [0, 2]
    regency = stage.read(contest, "r-1-2")
    way = [stage.regions["r-1-2-1"], stage.regions["r-1-2-1-1"]]
    assert regency["stations"][0] == {
        "id": "r-1-2-1-1-s3",
        "kind": "TPS",
        "name": stage.stations["r-1-2-1-1-s3"].name,
        "path": [{"id": region.id, "name": region.name} for region in way],
        "edition": 1,
        "updated_at": NOON,
        "counts": True,
        "findings": ["total-sum", "votes-sum"],
        "link": "/v1/elections/simulation-7/contests/ppwp/stations/r-1-2-1-1-s3",
    }
    assert [(one["id"], one["counts"]) for one in regency["stations"][1:]] == [("r-1-2-2-2-s1", False)]


def test_only_what_moved_is_looked_at_and_only_where_something_is_flagged(stage: Stage, contest: Contest) -> None:
    rows = Read(stage.tallies)
    stage.form(contest, "r-1-2-1-1-s3", ["turnout"])
    stage.form(contest, "r-1-2-2-1-s1")
    stage.form(contest, "r-2-2-1-1-s1")
    stage.settle()
    stage.run(contest, tallies=rows)
    assert set(rows.regions) == {"nation", "r-1", "r-2", "r-1-2", "r-2-2", "r-1-2-1", "r-1-2-1-1"}
    rows.regions.clear()
    stage.run(contest, tallies=rows)
    assert set(rows.regions) == {"nation"}
    stage.form(contest, "r-1-2-2-2-s1", ["turnout"])
    stage.settle()
    rows.regions.clear()
    stage.run(contest, tallies=rows)
    assert set(rows.regions) == {"nation", "r-1", "r-1-2", "r-1-2-2", "r-1-2-2-2"}, "r-1-2-1 is remembered"
    assert [one["id"] for one in stage.read(contest, "r-1-2")["stations"]] == ["r-1-2-1-1-s3", "r-1-2-2-2-s1"]


def test_a_long_list_goes_on_in_parts_and_ends_when_it_becomes_shorter(
    stage: Stage, contest: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "PART", 2)
    stations = [f"r-1-1-1-1-s{number}" for number in range(1, 6)]
    for station in stations:
        stage.form(contest, station, ["turnout"])
    stage.settle()
    stage.run(contest)
    whole = stage.read(contest, "r-1-1")
    assert ([one["id"] for one in whole["stations"]], whole["parts"], whole["flagged"]) == (stations, 3, 5)
    for station in stations[:2]:
        stage.form(contest, station)
    stage.settle()
    stage.run(contest)
    whole = stage.read(contest, "r-1-1")
    assert ([one["id"] for one in whole["stations"]], whole["parts"], whole["flagged"]) == (stations[2:], 2, 3)
    left = stage.pages.get(flagged_path(region_path(contest.key, "r-1-1"), 3))
    assert left is not None and left == stage.copies.get(left.path)
    said = document_of(left)
    assert (said["stations"], said["edition"], said["links"]["next"]) == ([], whole["edition"], None)


class Forbidden:
    """A store in which one region's document, or rows, cannot be reached."""

    def __init__(self, store: Any, part: str) -> None:
        self._store, self._part = store, part

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def asked(*args: Any) -> Any:
            if any(self._part in str(getattr(one, "path", one)) for one in args):
                raise Unavailable(f"{self._part} does not answer")
            return method(*args)

        return asked


def test_one_region_that_fails_keeps_no_other_from_being_listed(
    stage: Stage, contest: Contest, caplog: pytest.LogCaptureFixture
) -> None:
    stage.form(contest, "r-1-1-1-1-s1", ["turnout"])
    stage.form(contest, "r-1-2-1-1-s1", ["turnout"])
    stage.settle()
    done = stage.run(contest, tallies=Forbidden(stage.tallies, "r-1-1"))
    assert list(done.failed) == ["r-1-1"]
    assert "the flagged stations of r-1-1 in simulation-7/ppwp are not listed" in caplog.text
    province = stage.read(contest, "r-1")
    assert [(one["edition"], one["flagged"]) for one in province["children"]] == [(0, 0), (1, 1)]
    assert stage.read(contest, "nation")["edition"] == 1, "as it was listed before"
    assert not stage.run(contest).failed
    assert (stage.read(contest, "nation")["flagged"], stage.read(contest, "nation")["edition"]) == (2, 2)


def forget(stage: Stage) -> None:
    """As an election of an earlier release, or after the documents were deleted."""
    for path in [path for path in stage.pages._pages if "/flagged" in path]:
        del stage.pages._pages[path]
        del stage.copies._copies[path]


def test_what_was_lost_is_made_again_and_what_cannot_be_is_not_said_to_be_empty(stage: Stage, contest: Contest) -> None:
    stage.form(contest, "r-1-1-1-1-s1", ["turnout"])
    stage.settle()
    stage.run(contest)
    whole = dict(stage.pages._pages)
    forget(stage)
    failed = stage.run(contest, tallies=Forbidden(stage.tallies, "r-2-1")).failed
    assert set(failed) == {"r-2-1", "r-2", "nation"}
    assert "region 'r-2-1' of simulation-7/ppwp has never been listed" in str(failed["r-2"])
    assert stage.pages.get(flagged_path(region_path(contest.key, "nation"))) is None
    stage.run(contest)
    assert stage.pages._pages == whole


def test_what_was_deleted_is_not_made_again_from_memory(stage: Stage, contest: Contest) -> None:
    stage.form(contest, "r-1-1-1-1-s1", ["turnout"])
    stage.settle()
    stage.run(contest)
    rows = stage.tallies._rows[contest.key, "r-1-1-1-1"]
    rows["r-1-1-1-1-s1"] = replace(rows["r-1-1-1-1-s1"], findings=("votes-sum",))  # repaired, at the same version
    forget(stage)
    stage.run(contest)
    assert stage.read(contest, "r-1-1")["stations"][0]["findings"] == ["votes-sum"]
    stage.form(contest, "r-1-1-1-2-s1", ["total-sum"])
    stage.settle()
    stage.run(contest)
    assert [one["findings"] for one in stage.read(contest, "r-1-1")["stations"]] == [["votes-sum"], ["total-sum"]]


def test_when_there_is_no_time_the_rest_is_left_and_comes_first_the_next_time(stage: Stage, contest: Contest) -> None:
    for regency in ("r-1-1", "r-1-2", "r-2-1"):
        stage.form(contest, f"{regency}-1-1-s1", ["turnout"])
    stage.settle()
    first = stage.run(contest, goes_on=iter((True, False, False)).__next__)
    assert (first.left, first.failed) == (2, {})
    assert stage.read(contest, "nation")["flagged"] == 1
    stage.form(contest, "r-1-1-1-1-s2", ["turnout"])
    stage.settle()
    second = stage.run(contest, goes_on=iter((True, True, False)).__next__)
    assert second.left == 1
    assert [stage.read(contest, regency)["flagged"] for regency in ("r-1-1", "r-1-2", "r-2-1")] == [1, 1, 1]
    stage.run(contest)
    assert stage.read(contest, "nation")["flagged"] == 4


def test_without_time_and_without_an_earlier_list_nothing_is_said(stage: Stage, contest: Contest) -> None:
    forget(stage)
    done = stage.run(contest, goes_on=lambda: False)
    assert (done.left, done.documents, done.failed) == (4, 0, {})


def test_documents_of_an_older_rendering_are_made_anew(
    stage: Stage, contest: Contest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.form(contest, "r-1-1-1-1-s1", ["turnout"])
    stage.settle()
    stage.run(contest)
    assert stage.run(contest).documents == 0
    monkeypatch.setattr(encoding, "RENDERING", encoding.RENDERING + 1)
    monkeypatch.setattr(rendering, "RENDERING", rendering.RENDERING + 1)
    assert stage.run(contest).documents == 7
    assert stage.run(contest).documents == 0


def test_a_region_with_two_parents_is_listed_once_and_counted_in_both() -> None:
    stage = Stage(small.election(), small.units())
    contest = next(one for one in stage.election.contests if one.key == small.DPR)
    stage.form(contest, "S4", ["turnout"])
    stage.settle()
    assert stage.run(contest).documents == 4, "V2, P1, N and D2"
    assert [stage.read(contest, region)["flagged"] for region in ("V2", "P1", "N", "D2", "D1")] == [1, 1, 1, 1, 0]
    assert stage.read(contest, "D2")["children"][0]["link"] == flagged_path(region_path(small.DPR, "V2"))


def test_where_a_list_cannot_lead_to_another_it_is_one_itself(stage: Stage, contest: Contest) -> None:
    """A constituency of districts: what lies below it has no document of its own."""
    district = stage.regions["r-1-1-1"]
    constituency = replace(
        stage.regions["r-1"], children=(replace(stage.regions["r-1-1"].children[0], id=district.id),)
    )
    assert not is_list(contest, stage.regions["r-1"], stage.regions.__getitem__)
    assert is_list(contest, constituency, stage.regions.__getitem__)
    assert is_list(contest, stage.regions["r-1-1"], stage.regions.__getitem__)
