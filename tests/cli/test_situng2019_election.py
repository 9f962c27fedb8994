"""The election files made of the 2019 data are good files, and say what the data says."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.cli.election_files import read_election
from realcount.cli.situng2019 import Situng2019
from realcount.cli.situng2019_election import CONTEST, write_election
from realcount.domain.election import Region, Station


def test_what_is_written_is_read_back_with_every_count(data: Path, tmp_path: Path) -> None:
    source = Situng2019(data)
    assert write_election(source, tmp_path / "out") == {"regions": 17, "stations": 11}
    files = read_election(tmp_path / "out")
    units = {unit.id: unit for unit in files.units}
    for published in source.regions().values():
        region = units[published.id]
        assert isinstance(region, Region)
        assert (region.expected, region.registered) == (published.totals.expected, published.totals.registered)
        assert (region.name, region.level) == (published.name, published.level)
    post = units["900000011"]
    assert isinstance(post, Station)
    assert (post.kind, post.name, post.registered) == ("POS", "POS 1", None)
    assert post.ancestors == ("-993", "-992", "-991", "-99", "0")
    contest = files.election.contest(CONTEST.contest)
    assert contest is not None
    assert contest.option_ids() == ("21", "22")
    assert "total" not in contest.fields


def test_a_part_keeps_the_regions_above_it(data: Path, tmp_path: Path) -> None:
    write_election(Situng2019(data), tmp_path / "out", "7")
    ids = [unit.id for unit in read_election(tmp_path / "out").units]
    assert ids == ["0", "1", "6", "7", "8", "900000006", "900000007"]


def test_the_same_data_gives_the_same_election(data: Path, tmp_path: Path) -> None:
    digests = set()
    for name in ("a", "b"):
        write_election(Situng2019(data), tmp_path / name)
        digests.add(read_election(tmp_path / name).election.digest)
    assert len(digests) == 1


def test_nothing_is_overwritten(data: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty: give a new folder"):
        write_election(Situng2019(data), tmp_path / "out")
