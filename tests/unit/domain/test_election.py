"""Which numbers flow where: contests choose hierarchies, units may have several parents."""

from __future__ import annotations

from realcount.domain.election import TOP, ContestKey
from tests.small_election import DPR, DPRD, PPWP, contest, election, region, station


def test_the_presidents_contest_follows_the_regions_alone() -> None:
    assert contest(PPWP).parents_of(region("V1")) == ("P1",)
    assert contest(PPWP).parents_of(station("S2")) == ("V1",)


def test_a_village_lies_in_a_province_and_in_an_electoral_district() -> None:
    assert contest(DPR).parents_of(region("V1")) == ("P1", "D1")


def test_a_station_may_have_two_parents_itself() -> None:
    assert contest(DPRD).parents_of(station("S2")) == ("V1", "W1")
    assert contest(DPRD).parents_of(station("S1")) == ("V1",)


def test_a_root_flows_to_the_top() -> None:
    for root in contest(DPR).roots:
        assert contest(DPR).parents_of(region(root)) == (TOP,)


def test_a_contest_covers_its_roots_and_what_lies_below_by_its_hierarchies() -> None:
    assert contest(DPR).covers(region("D1"))
    assert contest(DPR).covers(station("S6"))
    assert not contest(PPWP).covers(region("D1"))
    assert not contest(DPR).covers(region("W1"))


def test_children_of_other_hierarchies_are_not_the_contests() -> None:
    assert [child.id for child in region("D1").children_in(contest(DPR))] == ["V1", "V3"]
    assert list(region("D1").children_in(contest(PPWP))) == []


def test_an_election_knows_its_contests() -> None:
    assert election().contest("dpr") == contest(DPR)
    assert election().contest("mayor") is None
    assert str(ContestKey("e", "c")) == "e/c"
