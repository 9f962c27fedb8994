"""The invented election is one, and always the same one."""

from __future__ import annotations

from pathlib import Path

from realcount.cli.election_files import read_election
from realcount.local.simulation.election import NATION, invent, write_files


def test_its_files_pass_the_real_reader(tmp_path: Path) -> None:
    election = invent(7)
    write_files(election, tmp_path)
    files = read_election(tmp_path)
    assert files.election.id == election.contest.election
    assert files.election.label.startswith("SIMULATION")
    stations = [station for station, _, _ in election.stations()]
    assert 100 <= len(stations) <= 200
    assert len(files.units) == len(stations) + len(election.places)
    nation = next(unit for unit in files.units if unit.id == NATION)
    assert (nation.expected, nation.registered) == (len(stations), sum(people for _, people, _ in election.stations()))


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    digests = []
    for number, seed in enumerate((7, 7, 8)):
        write_files(invent(seed), tmp_path / str(number))
        digests.append(read_election(tmp_path / str(number)).election.digest)
    assert digests[0] == digests[1] != digests[2]


def test_every_station_has_the_officials_of_its_province() -> None:
    election = invent(7)
    assert len(election.provinces()) == 2
    for station, _, village in election.stations():
        assert station.startswith(village.id)
        assert election.province_of(village) in election.provinces()
        assert village.id.startswith(election.province_of(village))
