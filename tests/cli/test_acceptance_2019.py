"""The count of 2019, real input: a twentieth of the nation in memory, a regency through the signed path; at night all of the
nation, and a province. Takes minutes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from realcount.cli.election_files import read_election
from realcount.cli.situng2019 import Situng2019
from realcount.cli.situng2019_election import write_election
from realcount.domain.election import Region
from tests.cli.real_2019 import real_2019

REALCOUNT = Path(sys.executable).with_name("realcount")

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]


def replay(*arguments: str) -> dict[str, Any]:
    command = [str(REALCOUNT), "replay", *arguments, "--data", str(real_2019()), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome


def test_the_election_of_2019_is_a_good_folder_with_every_denominator(tmp_path: Path) -> None:
    source = Situng2019(real_2019())
    assert write_election(source, tmp_path / "out") == {"regions": 91_540, "stations": 813_336}
    units = read_election(tmp_path / "out").units
    published = source.regions()
    regions = [unit for unit in units if isinstance(unit, Region)]
    assert len(regions) == len(published) == 91_540
    for region in regions:
        totals = published[region.id].totals
        assert (region.expected, region.registered) == (totals.expected, totals.registered)


def test_malinau_goes_through_the_signed_path() -> None:
    outcome = replay("province", "--region", "64949")
    assert (outcome["stations_in"], outcome["stations_total"]) == (290, 290)
    assert outcome["votes"] == {"21": 36_119, "22": 7_176}
    assert (outcome["valid"], outcome["invalid"], outcome["voters"]) == (42_772, 759, 43_680)
    assert outcome["regions_wrong"] == 0


@pytest.mark.nightly
def test_kalimantan_utara_goes_through_the_signed_path() -> None:
    outcome = replay("province", "--region", "928068")
    assert (outcome["stations_in"], outcome["stations_total"]) == (2_186, 2_186)
    assert outcome["votes"] == {"21": 247_352, "22": 105_498}
    assert (outcome["valid"], outcome["invalid"], outcome["voters"]) == (350_521, 6_978, 358_655)
    assert (outcome["regions_checked"], outcome["regions_wrong"]) == (541, 0)


def test_a_twentieth_of_the_nation_goes_through_the_use_cases() -> None:
    """The first forms to arrive, against the same sums made from the file alone."""
    outcome = replay("nation", "--limit", "40000")
    assert (outcome["stations_in"], outcome["stations_total"]) == (40_000, 813_336)
    assert (outcome["regions_checked"], outcome["regions_wrong"]) == (91_540, 0)


@pytest.mark.nightly
def test_the_whole_nation_goes_through_the_use_cases() -> None:
    outcome = replay("nation")
    assert (outcome["stations_in"], outcome["stations_total"]) == (806_576, 813_336)
    assert outcome["votes"] == {"21": 84_298_880, "22": 68_221_284}
    assert (outcome["valid"], outcome["invalid"], outcome["voters"]) == (151_950_244, 4_190_487, 155_621_659)
    assert (outcome["regions_checked"], outcome["regions_wrong"]) == (91_540, 0)
    assert outcome["peak_rss_mib"] < 6 * 1024
