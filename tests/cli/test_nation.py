"""The nation's replay on an invented small nation: worker processes, cells, every page compared; and what it must notice."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from realcount.cli.replay.nation import deal, replay_nation
from realcount.cli.replay.outcome import Outcome
from realcount.cli.situng2019 import Situng2019
from realcount.domain.errors import Unavailable
from tests.cli.invented_situng import STATIONS, InventedSitung, station


def replay(data: Path, limit: int | None = None, workers: int = 2) -> Outcome:
    return replay_nation(data, limit=limit, workers=workers, on_stage=lambda text, done, total: None)


def test_all_forms_of_all_provinces_end_on_the_nations_page_and_all_regions_are_equal(data: Path) -> None:
    stages: list[tuple[str, int, int | None]] = []
    outcome = replay_nation(data, limit=None, workers=2, on_stage=lambda *stage: stages.append(stage))
    assert outcome.good
    assert outcome.differences == ()
    assert (outcome.stations_in, outcome.stations_total) == (10, 11)
    assert outcome.votes == {"21": 796, "22": 817}
    assert (outcome.valid, outcome.invalid, outcome.voters) == (1612, 28, 2435)
    assert (outcome.regions_checked, outcome.regions_wrong) == (17, 0)
    # A form is four writes to the ledger; its station's row, and the five rows above it, which forms share.
    assert 4 + 1 < outcome.writes_per_form < 4 + 6
    assert stages[-1] == ("forms", 10, 10)


def test_one_worker_or_more_than_there_are_provinces_come_to_the_same(data: Path) -> None:
    one, many = replay(data, workers=1), replay(data, workers=5)
    assert one.votes == many.votes
    assert one.good
    assert many.good


def test_a_limit_takes_the_first_arrivals_of_the_whole_nation(data: Path) -> None:
    outcome = replay(data, limit=4)
    assert outcome.good
    assert outcome.stations_in == 4
    assert outcome.votes == {"21": 300 + 11 + 60 + 80, "22": 200 + 120 + 60 + 20}


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (("8", "suara_01"), "village 8 (MUARA): votes_21 is 21, published in 2019 was 22"),
        (("0", "suara_02"), "nation 0 (INDONESIA): votes_22 is 817, published in 2019 was 22"),
        (("-99", "kpu_n_tps_masuk"), "province -99 (LUAR NEGERI): approved is 2, published in 2019 was 22"),
    ],
)
def test_one_region_that_differs_in_one_field_makes_the_whole_replay_wrong(
    tmp_path: Path, where: tuple[str, str], line: str
) -> None:
    outcome = replay(InventedSitung(tamper={where: 22}).write(tmp_path / "data"))
    assert not outcome.good
    assert outcome.regions_wrong == 1
    assert outcome.differences == (line,)


def test_a_form_the_system_refuses_ends_the_replay_with_the_reason(tmp_path: Path) -> None:
    absurd = station("8", 3, "99999999 0 99999999 0 99999999", photo=50)
    data = InventedSitung([*STATIONS, absurd]).write(tmp_path / "data")
    with pytest.raises(Unavailable, match="must be a whole number from 0 to 9999999"):
        replay(data)


def test_a_worker_that_dies_is_noticed_and_the_other_is_not_left_behind(data: Path) -> None:
    def kill_one(text: str, done: int, total: int | None) -> None:
        if workers := multiprocessing.active_children():
            workers[0].kill()

    with pytest.raises(Unavailable, match="a worker process died"):
        replay_nation(data, limit=None, workers=2, on_stage=kill_one)
    assert multiprocessing.active_children() == []


def test_provinces_are_dealt_out_evenly_and_each_once(data: Path) -> None:
    provinces = [region for region in Situng2019(data).regions().values() if region.parent == "0"]
    assert deal(provinces, 2) == [("1",), ("20", "-99")]
    assert deal(provinces, 1) == [("1", "20", "-99")]
    assert deal(provinces, 9) == [("1",), ("20",), ("-99",)]
