"""What a sweep finds behind, and that it finds nothing on a healthy system."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realcount.domain.election import TOP, ContestKey
from realcount.domain.errors import Drift, NotFound, Unavailable
from realcount.domain.page import Page
from realcount.domain.tally import StationChange
from realcount.rendering.paths import region_path
from realcount.usecases.sweep_tally import Swept, sweep_tally
from tests.small_election import BEFORE, DPR, DPRD, DUSK, NOON, PPWP
from tests.unit.usecases.office import Office


@pytest.fixture
def office() -> Office:
    """Forms of two villages are in the ledger, and sealed; every other trigger was lost."""
    office = Office()
    for station in ("S1", "S6"):
        office.submit(at=station)
        office.decide(at=station)
        office.seal(at=station)
    return office


def sweep(office: Office, top: str = "N", of: ContestKey = PPWP, *, overdue: str = BEFORE, deep: bool = True) -> Swept:
    return sweep_tally(
        of, top, elections=office.elections, forms=office.forms, tallies=office.tallies, editions=office.editions, copies=office.copies,
        pages=office.pages, overdue=overdue, deep=deep,
    )  # fmt: skip


def test_one_sweep_does_everything(office: Office) -> None:
    swept = sweep(office)
    assert (swept.looked_at, swept.stations, swept.regions, swept.pages) == (6, 2, 5, 7)
    assert not swept.failed
    row = office.tallies.row(PPWP, TOP, "N")
    assert row is not None and row.votes == (300, 240)
    page = office.pages.get(region_path(PPWP, "N"))
    assert page is not None and page.edition == 6


def test_on_a_healthy_system_it_repairs_nothing(office: Office) -> None:
    sweep(office)
    swept = sweep(office)
    assert (swept.looked_at, swept.repairs) == (6, 0)


def test_a_row_that_is_behind_is_brought_up(office: Office) -> None:
    sweep(office)
    office.correct(votes={"01": 1, "02": 2})
    office.decide()
    swept = sweep(office)
    assert (swept.stations, swept.regions, swept.pages) == (1, 3, 4)


def test_a_stations_page_that_is_behind_is_found_though_its_row_is_right(office: Office) -> None:
    office.count()
    office.climb()
    swept = sweep(office, "V1")
    assert (swept.stations, swept.regions, swept.pages) == (0, 0, 2)


@pytest.mark.parametrize("behind", ["now", "changes"])
def test_what_is_behind_beside_a_page_is_found_though_the_page_is_right(office: Office, behind: str) -> None:
    """Its publisher died after the page, and the trigger never came again."""
    sweep(office)
    path = f"{region_path(PPWP, 'P1')}/{behind}"
    sure = office.pages._pages.pop(path)
    swept = sweep(office)
    assert (swept.pages, swept.repairs) == (1, 1)
    found = office.pages.get(path)
    assert found is not None and found.edition == sure.edition


def test_a_shallow_sweep_looks_at_one_region(office: Office) -> None:
    assert sweep(office, "V1").stations == 1
    swept = sweep(office, "P1", deep=False)
    assert (swept.looked_at, swept.regions, swept.pages) == (1, 1, 1)


def test_a_row_missed_under_a_second_parent_is_found_from_the_other_root() -> None:
    office = Office()
    office.submit(DPRD, "S2")
    sweep(office, "N", DPRD)
    del office.tallies._rows[DPRD, "W1"]["S2"]
    assert sweep(office, "W1", DPRD).stations == 1


def test_a_district_has_its_own_pages() -> None:
    office = Office()
    office.submit(DPR, "S6")
    sweep(office, "N", DPR)
    assert sweep(office, "D1", DPR).pages == 1


def test_drift_is_reported_and_the_walk_goes_on(office: Office) -> None:
    sweep(office)
    rows = office.tallies._rows[PPWP, "P1"]
    rows["V1"] = replace(rows["V1"], valid=1)
    swept = sweep(office)
    assert isinstance(swept.failed["V1"], Drift)
    assert swept.looked_at == 6


def test_a_page_that_cannot_be_stored_is_reported(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(page: Page) -> bool:
        raise Unavailable("no answer")

    monkeypatch.setattr(office.pages, "put", refuse)
    assert isinstance(sweep(office).failed["S1"], Unavailable)


def test_of_an_approved_form_that_was_forgotten_the_sealer_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    told: list[StationChange] = []
    monkeypatch.setattr(office.forms, "_on_change", told.append)
    office.submit()
    office.decide()
    told.clear()
    assert sweep(office, overdue=NOON).reminded == 0, "it was approved at noon: it may be on its way"
    assert told == []
    swept = sweep(office, overdue=DUSK)
    assert (swept.reminded, swept.repairs) == (1, 1)
    assert told == [StationChange(PPWP, "S1")]
    office.seal()
    assert sweep(office, overdue=DUSK).reminded == 0


def test_what_is_not_there_cannot_be_swept(office: Office) -> None:
    with pytest.raises(NotFound, match="no region 'nowhere'"):
        sweep(office, "nowhere")
    with pytest.raises(NotFound, match="no contest"):
        sweep(office, "N", ContestKey("e19", "mayor"))


def test_a_tree_with_a_child_missing(office: Office) -> None:
    del office.elections._regions["e19", "V2"]
    with pytest.raises(NotFound, match="names a child 'V2' that does not exist"):
        sweep(office)
