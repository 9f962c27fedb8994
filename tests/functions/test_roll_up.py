"""Rows that moved move the region above them, each region once, and one region's trouble is its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from realcount.domain.election import TOP, ContestKey
from realcount.domain.errors import Unavailable
from realcount.domain.tally import RowChange, Tally
from tests.functions.night import Night, failed, stream_event, tally_event
from tests.small_election import PPWP


@pytest.fixture
def counted(night: Night) -> Night:
    """S1 (under V1 and P1) and S6 (under V3 and P2) are approved, and their rows are in the tally."""
    for station in ("S1", "S6"):
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    night.seal("S1", "S6")
    night.invoke("count_form", stream_event([("e19#ppwp#S1", "HEAD"), ("e19#ppwp#S6", "HEAD")], "forms"))
    return night


def test_a_batch_climbs_one_level_and_writes_each_region_once(
    counted: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    changes = [RowChange(PPWP, "V1", "S1"), RowChange(PPWP, "V3", "S6")] * 300
    assert failed(counted.invoke("roll_up", tally_event(changes))) == []
    row = counted.tallies.row(PPWP, "P1", "V1")
    assert row is not None and (row.votes, row.approved) == ((150, 120), 1)
    assert counted.tallies.row(PPWP, "N", "P1") is None
    assert metrics() == {"RegionsRolledUp": 2, "TriggersUnreadable": 0, "Drift": 0, "Failed": 0}


def test_the_row_of_a_root_lies_under_nothing_and_triggers_nothing(
    counted: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    assert failed(counted.invoke("roll_up", tally_event([RowChange(PPWP, TOP, "N")]))) == []
    assert metrics()["RegionsRolledUp"] == 0


def test_only_the_records_below_the_region_that_failed_are_asked_for_again(
    counted: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    read = counted.tallies.children

    def flaky(contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        if parent == "V3":
            raise Unavailable("throttled")
        return read(contest, parent)

    counted.tallies.children = flaky  # type: ignore[method-assign]
    rows = [RowChange(PPWP, "V3", "S6"), RowChange(PPWP, "V1", "S1"), RowChange(PPWP, "V3", "S7")]
    assert failed(counted.invoke("roll_up", tally_event(rows))) == ["100", "102"]
    assert counted.tallies.row(PPWP, "P1", "V1") is not None
    assert metrics() == {"RegionsRolledUp": 1, "TriggersUnreadable": 0, "Drift": 0, "Failed": 1}


def test_drift_is_shown_to_a_person_and_not_tried_again(
    counted: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    counted.settle()
    row = counted.tallies.row(PPWP, "P1", "V1")
    assert row is not None
    counted.tallies._rows[PPWP, "P1"]["V1"] = replace(row, votes=(151, 120))
    metrics()
    before = counted.state()
    assert failed(counted.invoke("roll_up", tally_event([RowChange(PPWP, "V1", "S1")]))) == []
    assert counted.state() == before
    assert metrics() == {"RegionsRolledUp": 0, "TriggersUnreadable": 0, "Drift": 1, "Failed": 0}
    assert "V1" in caplog.text


def test_what_a_use_case_logs_comes_out_once_as_json_with_the_requests_id() -> None:
    """The use case knows the standard library's logging only. In a process of its own, where no test watches the log."""
    program = """
from realcount.domain.tally import RowChange
from tests.functions.night import Night, tally_event
from tests.small_election import PPWP
Night().invoke("roll_up", tally_event([RowChange(PPWP, "V9", "S1")]))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    [line] = [json.loads(text) for text in run.stdout.splitlines() if '"message"' in text]
    assert line["level"] == "ERROR"
    assert "V9" in line["message"]
    assert line["function_request_id"] == "6f0e4f1c-7f3f-4a4e-9d53-2f6a7f1d1a11"
    assert line["service"] == "realcount"
    assert run.stderr == ""
