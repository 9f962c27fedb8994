"""Forms come in again in the order of 2019, and two replays are the same replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.cli.replay.arrivals import in_order, with_times
from realcount.cli.situng2019 import Situng2019, SourceStation

VILLAGES = {"4", "5", "8", "23", "-993"}

ORDER = [
    *("900000011", "900000007", "900000002", "900000005", "900000008", "900000009", "900000001", "900000006"),
    *("900000004", "900000010"),  # nobody photographed these two
]


@pytest.fixture
def stations(data: Path) -> list[SourceStation]:
    return list(Situng2019(data).stations(VILLAGES))


def test_first_photographed_first_and_the_rest_after_them_in_the_order_of_the_file(
    stations: list[SourceStation],
) -> None:
    assert [station.id for station in in_order(stations)] == ORDER


def test_a_limit_counts_all_arrivals_whoever_asks(stations: list[SourceStation]) -> None:
    assert [station.id for station in in_order(stations, 5)] == ORDER[:5]
    assert [station.id for station in in_order(stations, 5, {"4", "5"})] == ["900000002", "900000005"]
    assert len(in_order(stations, 99)) == len(ORDER)


def test_times_never_run_backwards_and_the_list_is_given_back(stations: list[SourceStation]) -> None:
    arrivals = in_order(stations)
    times = [now for _, now in with_times(arrivals)]
    assert times == sorted(times)
    assert times[:2] == ["2019-04-18T00:01:00.000Z", "2019-04-18T00:05:00.000Z"]
    assert times[-2:] == ["2019-04-18T00:40:01.000Z", "2019-04-18T00:40:02.000Z"]
    assert arrivals == []
