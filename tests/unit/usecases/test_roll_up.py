"""A region's row is the sum of its children's, recomputed; drift is shown, never repaired."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realcount.domain.election import TOP
from realcount.domain.errors import Conflict, Drift, NotFound, Unavailable
from realcount.domain.tally import RowChange, Tally
from realcount.usecases.roll_up import ATTEMPTS, RolledUp, recompute, roll_up
from tests.small_election import DPR, PPWP
from tests.unit.usecases.office import Office


@pytest.fixture
def office() -> Office:
    """Two approved forms of village V1, counted."""
    office = Office()
    for station in ("S1", "S2"):
        office.submit(at=station)
        office.decide(at=station)
        office.seal(at=station)
        office.count(at=station)
    return office


def roll(office: Office, *parents: str) -> RolledUp:
    return roll_up(
        [RowChange(PPWP, parent, "") for parent in parents], elections=office.elections, tallies=office.tallies
    )


def test_one_call_climbs_one_level(office: Office) -> None:
    assert roll(office, "V1").written == [(PPWP, "V1")]
    row = office.tallies.row(PPWP, "P1", "V1")
    assert row is not None
    assert (row.sv, row.votes, row.valid, row.voters, row.approved) == (6, (300, 240), 540, 550, 2)
    assert office.tallies.row(PPWP, "N", "P1") is None


def test_the_top_is_reached_and_ends_there(office: Office) -> None:
    office.climb()
    row = office.tallies.row(PPWP, TOP, "N")
    assert row is not None and row.votes == (300, 240)
    assert roll(office, TOP) == RolledUp()


def test_nothing_new_is_not_written(office: Office) -> None:
    office.climb()
    writes = office.tallies.writes
    assert roll(office, "V1", "P1", "N", "V1").unchanged == 3
    assert office.tallies.writes == writes


def test_a_village_with_two_parents_has_two_rows() -> None:
    office = Office()
    office.submit(DPR, "S6")
    office.count(DPR, "S6")
    assert recompute(DPR, "V3", elections=office.elections, tallies=office.tallies)
    assert office.tallies.row(DPR, "P2", "V3") == office.tallies.row(DPR, "D1", "V3") is not None


def test_a_correction_lowers_the_total(office: Office) -> None:
    office.climb()
    office.correct(votes={"01": 15, "02": 12})
    office.decide()
    office.seal()
    office.count()
    office.climb()
    row = office.tallies.row(PPWP, TOP, "N")
    assert row is not None and row.votes == (165, 132)


def test_equal_versions_with_other_numbers_are_drift_and_stay_for_a_person_to_see(office: Office) -> None:
    office.climb()
    rows = office.tallies._rows[PPWP, "P1"]
    rows["V1"] = poked = replace(rows["V1"], valid=rows["V1"].valid + 1)
    failed = roll(office, "V1", "P1").failed
    assert list(failed) == [(PPWP, "V1"), (PPWP, "P1")], "seen from below and from above"
    assert isinstance(failed[PPWP, "V1"], Drift)
    assert "region 'V1' of e19/ppwp holds" in str(failed[PPWP, "V1"])
    assert office.tallies.row(PPWP, "P1", "V1") == poked


def test_one_regions_failure_does_not_keep_the_others(office: Office) -> None:
    outcome = roll(office, "nowhere", "V1")
    assert isinstance(outcome.failed[PPWP, "nowhere"], NotFound)
    assert outcome.written == [(PPWP, "V1")]


def test_a_lost_race_is_run_again_with_what_is_there_now(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_row = office.tallies.replace

    def lose_once(contest: object, parent: str, child: str, tally: Tally, was: int) -> None:
        monkeypatch.setattr(office.tallies, "replace", replace_row)
        office.submit(at="S3")
        office.count(at="S3")
        roll(office, "V1")  # The winner, who saw more.
        replace_row(PPWP, parent, child, tally, was)

    monkeypatch.setattr(office.tallies, "replace", lose_once)
    assert roll(office, "V1").unchanged == 1
    row = office.tallies.row(PPWP, "P1", "V1")
    assert row is not None and row.received == 3


def test_a_race_that_is_always_lost_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[int] = []

    def lose(contest: object, parent: str, child: str, tally: Tally, was: int) -> None:
        lost.append(was)
        raise Conflict("somebody else")

    monkeypatch.setattr(office.tallies, "replace", lose)
    failed = roll(office, "V1").failed[PPWP, "V1"]
    assert isinstance(failed, Unavailable)
    assert len(lost) == ATTEMPTS


def test_rows_that_were_not_all_read_lower_no_sum(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was cut off may report fewer rows than there are; the own row says how many there were."""
    office.climb()
    monkeypatch.setattr(office.tallies, "children", lambda *_: {})
    failed = roll(office, "V1").failed
    assert isinstance(failed[PPWP, "V1"], Unavailable)
    row = office.tallies.row(PPWP, "P1", "V1")
    assert row is not None and row.sv == 6
