"""The files of 2019 are read as they are: unknown registers stay unknown, what was never entered is no form."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.cli.situng2019 import Situng2019, SourceForm, above
from realcount.domain.errors import NotFound
from tests.cli.invented_situng import STATIONS, InventedSitung, station


def test_regions_know_their_parent_and_what_was_published(data: Path) -> None:
    regions = Situng2019(data).regions()
    nation = regions["0"]
    assert (nation.parent, nation.level, nation.totals.expected, nation.totals.approved) == (None, "nation", 11, 10)
    assert regions["2"].name == "BUKIT, KOTA"
    assert regions["-99"].totals.registered == 0
    assert above(regions, "5") == ["3", "2", "1", "0"]


def test_a_part_is_a_region_with_everything_below_it(data: Path) -> None:
    assert list(Situng2019(data).regions("1")) == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_stations_say_what_is_known_and_nothing_else(data: Path) -> None:
    stations = {station.id: station for station in Situng2019(data).stations({"4", "5", "-993"})}
    assert list(stations) == ["900000001", "900000002", "900000003", "900000004", "900000005", "900000011", "900000010"]
    assert stations["900000001"].form == SourceForm(100, 50, 150, 2, 152)
    assert stations["900000001"].registered == 201
    assert stations["900000003"].form is None
    assert stations["900000004"].photographed_ms is None
    assert stations["900000011"].registered is None


def test_the_folder_above_will_do_too(data: Path) -> None:
    data.rename(data.parent / "situng2019")
    assert Situng2019(data.parent).regions()


def test_what_is_not_there_is_said_in_one_line(data: Path) -> None:
    with pytest.raises(NotFound, match=r"no wilayah_2019\.csv\.gz in .*: give the folder"):
        Situng2019(data / "nowhere").regions()
    with pytest.raises(NotFound, match="has no region '4711'"):
        Situng2019(data).regions("4711")


def test_a_station_has_the_same_number_in_every_part_and_villages_abroad_come_last(data: Path) -> None:
    source = Situng2019(data)
    everywhere = {(s.village, s.number, s.kind): s.id for s in source.stations(source.regions())}
    assert sorted(everywhere.values()) == [str(900_000_000 + number) for number in range(1, 12)]
    for one in source.stations({"23"}):
        assert everywhere["23", one.number, one.kind] == one.id
    assert [everywhere["-993", "1", kind] for kind in ("KSK", "POS")] == ["900000010", "900000011"]


def test_numbers_follow_the_village_and_the_number_and_not_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [*STATIONS[::-1], station("5", 10, ""), station("5", 9, "")]
    source = Situng2019(InventedSitung(rows).write(tmp_path / "data"))
    found = {(s.village, int(s.number)): int(s.id) for s in source.stations({"4", "5", "8", "23"})}
    assert sorted(found, key=found.__getitem__) == sorted(found, key=lambda key: (int(key[0]), key[1]))
