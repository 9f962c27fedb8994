"""Whatever triggers were lost, fifteen minutes of sweeping bring every row and page up to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from realcount.domain.election import Child, ContestKey, Parent, Region
from realcount.domain.errors import Unavailable
from realcount.edge.rounds import ROUND
from tests.functions.night import Night, region_path, station_path
from tests.small_election import PPWP, STATIONS, region

SCHEDULED = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2019-04-17T12:00:00Z",
    "region": "ap-southeast-3",
    "resources": ["arn:aws:events:ap-southeast-3:123456789012:rule/every-minute"],
    "detail": {},
}


def minute(n: int) -> str:
    return f"2019-04-17T12:{n:02d}:00.000Z"


def sweep(night: Night, n: int, **more: object) -> dict[str, int]:
    night.now = minute(n)
    result: dict[str, int] = night.invoke("sweep_tally", SCHEDULED, **more)  # type: ignore[arg-type]
    return result


def lose_every_trigger(night: Night) -> None:
    for station in STATIONS:
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    night.seal(*STATIONS)
    night.heads_moved.clear()
    night.rows_moved.clear()


def test_a_round_repairs_everything_and_the_next_finds_nothing(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    lose_every_trigger(night)
    metrics()
    repaired = sum(sweep(night, n)["repairs"] for n in range(ROUND))
    sent = metrics()
    assert sent["SweepRepairs"] == repaired > 0
    assert (sent["Failed"], sent["Drift"], sent["SweepsLeft"]) == (0, 0, 0)
    assert sum(sweep(night, ROUND + n)["repairs"] for n in range(ROUND)) == 0
    nation = night.read(region_path("N"))
    assert (nation["votes"], nation["stations"]["approved"]) == ({"01": 900, "02": 720}, 6)
    assert night.read(station_path("S6"))["stations"]["approved"] == 1


def test_a_round_has_forgotten_forms_sealed(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    """Approved at noon and never heard of; two minutes later the sweep says so, and the ledger's stream says it on."""
    for station in STATIONS:
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    night.heads_moved.clear()
    night.rows_moved.clear()
    for n in range(2, ROUND + 2):
        sweep(night, n)
    assert {change.station for change in night.heads_moved} == set(STATIONS)
    night.settle()
    assert night.read(region_path("N"))["votes"] == {"01": 900, "02": 720}
    for n in range(ROUND + 2, 2 * ROUND + 2):
        assert sweep(night, n)["repairs"] == 0


def test_what_was_approved_a_moment_ago_is_no_repair(night: Night) -> None:
    night.submit()
    night.approve()
    night.heads_moved.clear()
    for n in range(2):
        sweep(night, n)
    assert night.heads_moved == []


def test_a_sweep_reaches_the_stations_however_deep_they_lie(night: Night) -> None:
    """Another level is put between province P1 and its villages."""
    between = replace(region("P1"), id="R1", parents=(Parent("region", "P1"),), ancestors=("P1", "N"))
    province = replace(region("P1"), children=(Child("R1", "Region R1", "region", 5, None),))
    villages = [
        replace(region(name), parents=(Parent("region", "R1"), *region(name).parents[1:])) for name in ("V1", "V2")
    ]
    night.elections.put_units([between, province, *villages])
    lose_every_trigger(night)
    for n in range(ROUND):
        sweep(night, n)
    assert night.read(region_path("N"))["votes"] == {"01": 900, "02": 720}


def test_a_quiet_night_reports_zero_repairs_and_not_silence(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    assert sweep(night, 0)["repairs"] == 0
    assert metrics() == {"SweepRepairs": 0, "SweepsLeft": 0, "Drift": 0, "Failed": 0}


def test_a_run_stops_in_time_and_says_what_it_left(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    lose_every_trigger(night)
    metrics()
    result = sweep(night, 0, left=[60_000, 45_000, 5_000])
    assert result["left"] > 0
    assert metrics()["SweepsLeft"] == result["left"]


def test_one_region_that_does_not_answer_leaves_the_others_swept(
    night: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    lose_every_trigger(night)
    metrics()
    read = night.elections.region

    def flaky(election: str, unit: str) -> Region | None:
        if unit == "V2":
            raise Unavailable("throttled")
        return read(election, unit)

    night.elections.region = flaky  # type: ignore[method-assign]
    for n in range(ROUND):
        sweep(night, n)
    assert metrics()["Failed"] > 0
    assert "V2" in caplog.text
    row = night.tallies.row(PPWP, "P1", "V1")
    assert row is not None and row.approved == 3


def test_drift_is_counted_every_round_and_repaired_by_nobody(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    lose_every_trigger(night)
    for n in range(ROUND):
        sweep(night, n)
    row = night.tallies.row(ContestKey("e19", "ppwp"), "N", "P1")
    assert row is not None
    night.tallies._rows[PPWP, "N"]["P1"] = poked = replace(row, valid=row.valid + 1)
    metrics()
    for n in range(ROUND, 2 * ROUND):
        sweep(night, n)
    assert metrics()["Drift"] >= ROUND
    assert night.tallies.row(PPWP, "N", "P1") == poked
