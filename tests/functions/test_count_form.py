"""Heads that moved become rows of the tally; a station that fails is asked for again and keeps no other waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from realcount.domain.election import ContestKey
from realcount.domain.errors import Unavailable
from realcount.domain.ledger import Head
from realcount.domain.tally import StationChange
from tests.functions.night import Night, failed, forms_event, stream_event
from tests.small_election import PPWP


def change(station: str) -> StationChange:
    return StationChange(PPWP, station)


def test_a_head_that_moved_moves_the_stations_row_once(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    night.submit()
    night.approve()
    night.seal("S1")
    metrics()
    event = forms_event([change("S1")] * 400)
    assert night.invoke("count_form", event) == {"batchItemFailures": []}
    row = night.tallies.row(PPWP, "V1", "S1")
    assert row is not None and (row.sv, row.votes, row.approved) == (3, (150, 120), 1)
    assert night.tallies.writes == 1
    assert metrics() == {"StationsCounted": 1, "TriggersUnreadable": 0, "Drift": 0, "Failed": 0}

    assert night.invoke("count_form", event) == {"batchItemFailures": []}
    assert metrics()["StationsCounted"] == 0


def test_versions_and_reviews_are_no_triggers(night: Night) -> None:
    night.submit()
    place = "e19#ppwp#S1"
    night.invoke("count_form", stream_event([(place, "V#000001"), (place, "R#000001")], "forms"))
    assert night.tallies.row(PPWP, "V1", "S1") is None


def test_only_the_records_of_the_station_that_failed_are_asked_for_again(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    for station in ("S1", "S2", "S3"):
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
    metrics()
    look = night.forms.head

    def flaky(contest: ContestKey, station: str) -> Head | None:
        if station == "S2":
            raise Unavailable("throttled")
        return look(contest, station)

    night.forms.head = flaky  # type: ignore[method-assign]
    response = night.invoke("count_form", forms_event([change("S1"), change("S2"), change("S3"), change("S2")]))
    # Two records each, version and head: the heads are 101, 103, 105, 107.
    assert failed(response) == ["103", "107"]
    assert night.tallies.row(PPWP, "V1", "S1") and night.tallies.row(PPWP, "V1", "S3")
    assert metrics() == {"StationsCounted": 2, "TriggersUnreadable": 0, "Drift": 0, "Failed": 1}

    night.forms.head = look  # type: ignore[method-assign]
    assert failed(night.invoke("count_form", forms_event([change("S2"), change("S3"), change("S2")]))) == []
    assert night.tallies.row(PPWP, "V1", "S2")


def test_a_form_of_no_election_is_counted_as_failed_but_does_not_hold_up_the_shard(
    night: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    response = night.invoke("count_form", forms_event([change("S9")]))
    assert failed(response) == []
    assert metrics()["Failed"] == 1
    assert "S9" in caplog.text


def test_a_strangers_item_is_dropped_and_counted(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    night.submit()
    metrics()
    event = stream_event([("not a key of ours", "HEAD"), ("e19#ppwp", "HEAD"), ("e19#ppwp#S1", "HEAD")], "forms")
    event["Records"][0]["dynamodb"]["Keys"] = {"id": {"N": "1"}}
    assert failed(night.invoke("count_form", event)) == []
    assert metrics() == {"StationsCounted": 1, "TriggersUnreadable": 2, "Drift": 0, "Failed": 0}
