"""The step in which a form begins, changes or ceases to count."""

from __future__ import annotations

import pytest

from realcount.domain.errors import NotFound, Unavailable
from tests.small_election import DPRD, PPWP
from tests.unit.usecases.office import Office


def test_a_station_without_a_form_moves_nothing() -> None:
    assert Office().count() is False


def test_a_form_moves_its_stations_row_once() -> None:
    office = Office()
    office.submit()
    assert office.count() is True
    assert office.count() is False
    row = office.tallies.row(PPWP, "V1", "S1")
    assert row is not None
    assert (row.sv, row.votes, row.received, row.approved) == (1, (0, 0), 1, 0)


def test_what_counts_is_the_approved_version() -> None:
    office = Office()
    office.submit()
    office.decide()
    office.seal()
    office.correct(votes={"01": 1, "02": 2})
    office.count()
    row = office.tallies.row(PPWP, "V1", "S1")
    assert row is not None
    assert (row.sv, row.votes) == (4, (150, 120))


def test_what_is_approved_does_not_count_before_it_is_sealed() -> None:
    office = Office()
    office.submit()
    office.decide()
    office.count()
    row = office.tallies.row(PPWP, "V1", "S1")
    assert row is not None
    assert (row.sv, row.votes, row.received, row.approved) == (2, (0, 0), 1, 0)
    office.seal()
    assert office.count()
    row = office.tallies.row(PPWP, "V1", "S1")
    assert row is not None
    assert (row.sv, row.votes, row.received, row.approved) == (3, (150, 120), 1, 1)


def test_a_station_with_two_parents_has_two_equal_rows() -> None:
    office = Office()
    office.submit(DPRD, "S2")
    office.decide(DPRD, "S2")
    office.seal(DPRD, "S2")
    assert office.count(DPRD, "S2")
    assert office.tallies.row(DPRD, "V1", "S2") == office.tallies.row(DPRD, "W1", "S2") is not None


def test_one_parent_that_was_missed_is_made_up_for() -> None:
    office = Office()
    office.submit(DPRD, "S2")
    office.count(DPRD, "S2")
    del office.tallies._rows[DPRD, "W1"]["S2"]
    assert office.count(DPRD, "S2") is True
    assert office.tallies.row(DPRD, "W1", "S2") is not None


def test_a_form_that_no_election_names() -> None:
    with pytest.raises(NotFound, match="which no election file names"):
        Office().count(PPWP, "S9")


def test_a_version_that_was_not_read_is_not_a_station_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was cut off may report an item as absent; the head says that it is there."""
    office = Office()
    office.submit()
    office.decide()
    office.count()
    before = office.tallies.row(PPWP, "V1", "S1")
    office.correct(votes={"01": 1, "02": 2})
    monkeypatch.setattr(office.forms, "version", lambda *_: None)
    with pytest.raises(Unavailable, match="a version it names was not read"):
        office.count()
    assert office.tallies.row(PPWP, "V1", "S1") == before
