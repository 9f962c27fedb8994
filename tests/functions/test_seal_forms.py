"""Heads that moved become entries of their election's log; a log that does not go on keeps no other's from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from realcount.domain.errors import Unavailable
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.notes import read_note
from realcount.domain.tally import StationChange
from realcount.local.memory import MemoryLog
from tests.functions.night import Night, failed, forms_event, station_path, stream_event
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import ELECTION, PPWP

OPENED = 10
"""Entries of the first batch: the opening, three contests, and zeros for their six roots."""


@pytest.fixture
def approved(night: Night) -> Night:
    for station in ("S1", "S2"):
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    return night


def heads(*stations: str) -> dict[str, object]:
    return forms_event([StationChange(PPWP, station) for station in stations])


def checkpoint(night: Night) -> tuple[str, int]:
    found = read_checkpoint(read_note(night.logs.of(ELECTION).checkpoints[-1]).text)
    return found.origin, found.size


def test_a_batch_is_sealed_at_once_and_says_how_long_it_waited(
    approved: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    approved.now = "2019-04-17T12:00:07.500Z"
    assert failed(approved.invoke("seal_forms", heads(*["S1", "S2"] * 200))) == []
    assert checkpoint(approved) == (f"count.example/{ELECTION}", OPENED + 4), "two keys, two forms"
    assert metrics() == {
        "FormsSealed": 2,
        "FormsRecalled": 0,
        "SealLag": 7_500,
        "TriggersUnreadable": 0,
        "Drift": 0,
        "Failed": 0,
    }

    assert failed(approved.invoke("seal_forms", heads("S1", "S2"))) == []
    assert metrics() == {"FormsSealed": 0, "FormsRecalled": 0, "TriggersUnreadable": 0, "Drift": 0, "Failed": 0}


def test_the_stations_page_says_where_in_the_log_it_stands(approved: Night) -> None:
    approved.settle()
    page = approved.read(station_path("S2"))
    assert (page["edition"], page["counted_version"], page["versions"][0]["sealed"]) == (3, 1, OPENED + 3)


def test_a_log_that_does_not_answer_has_its_records_come_again_and_no_others(
    approved: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    metrics()

    class Down(MemoryLog):
        def stage(self, bundle: bytes, subjects: object) -> str:
            raise Unavailable("the bucket does not answer")

    log = approved.logs.of(ELECTION)
    down = Down()
    down.files = log.files
    approved.logs._logs[ELECTION] = down
    event = stream_event([("e18#ppwp#S1", "HEAD"), ("e19#ppwp#S1", "HEAD"), ("e19#ppwp#S2", "HEAD")], "forms")
    assert failed(approved.invoke("seal_forms", event)) == ["101", "102"]
    assert metrics()["Failed"] == 1
    assert "the log of e19 does not go on: the bucket does not answer" in caplog.text

    approved.logs._logs[ELECTION] = log
    assert failed(approved.invoke("seal_forms", event)) == []
    assert metrics()["FormsSealed"] == 2


def test_a_log_that_was_tampered_with_is_for_a_person_and_nothing_counts_of_it(
    approved: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    approved.invoke("seal_forms", heads("S1"))
    log = approved.logs.of(ELECTION)
    (bundle,) = (path for path in log.files if path.startswith("tile/entries/"))
    log.files[bundle] = log.files[bundle].replace(b'"01":150', b'"01":151')
    metrics()
    assert failed(approved.invoke("seal_forms", heads("S2"))) == [], "trying again cannot help"
    assert metrics() == {"TriggersUnreadable": 0, "Drift": 1, "Failed": 0}
    head = approved.forms.head(PPWP, "S2")
    assert head is not None and head.counted == 0


def test_on_schedule_the_log_is_opened_and_revocations_are_sealed(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    assert night.invoke("seal_forms", SCHEDULED) is None
    assert checkpoint(night) == (f"count.example/{ELECTION}", OPENED), "before anything came in"
    night.keys.revoke("app-1", night.now)
    metrics()
    assert night.invoke("seal_forms", SCHEDULED) is None
    assert checkpoint(night) == (f"count.example/{ELECTION}", OPENED + 2)
    assert metrics() == {"FormsSealed": 0, "FormsRecalled": 0, "TriggersUnreadable": 0, "Drift": 0, "Failed": 0}


def test_a_form_that_cannot_be_sealed_is_counted_as_failed_and_holds_up_nothing(
    approved: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    review = approved.forms._reviews[PPWP, "S1"][1, 0]
    approved.forms._reviews[PPWP, "S1"][1, 0] = replace(review, payload=b"{}")
    metrics()
    assert failed(approved.invoke("seal_forms", heads("S1", "S2"))) == []
    assert (metrics()["FormsSealed"], approved.forms.seals(PPWP, "S1")) == (1, {})
