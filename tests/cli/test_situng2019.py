"""The files of 2019 are read as they are: unknown registers stay unknown, what was never entered is no form."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.cli.situng2019 import Situng2019, SourceForm, above
from realcount.domain.errors import NotFound


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
    assert list(stations) == ["4-TPS-1", "4-TPS-2", "4-TPS-3", "5-TPS-1", "5-TPS-2", "-993-POS-1", "-993-KSK-1"]
    assert stations["4-TPS-1"].form == SourceForm(100, 50, 150, 2, 152)
    assert stations["4-TPS-1"].registered == 201
    assert stations["4-TPS-3"].form is None
    assert stations["5-TPS-1"].photographed_ms is None
    assert stations["-993-POS-1"].registered is None


def test_the_folder_above_will_do_too(data: Path) -> None:
    data.rename(data.parent / "situng2019")
    assert Situng2019(data.parent).regions()


def test_what_is_not_there_is_said_in_one_line(data: Path) -> None:
    with pytest.raises(NotFound, match=r"no wilayah_2019\.csv\.gz in .*: give the folder"):
        Situng2019(data / "nowhere").regions()
    with pytest.raises(NotFound, match="has no region '4711'"):
        Situng2019(data).regions("4711")
