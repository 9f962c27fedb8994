"""On schedule every upper region's page becomes a point, and one contest that cannot be read keeps no other's out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.functions.night import Night, region_path
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import DPR


def test_what_is_current_becomes_a_point(night: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    empty = night.read(f"{region_path('N')}/history")
    assert (empty["points"], empty["days"], empty["every"]) == ([], [], 3600)
    assert night.invoke("record_history", SCHEDULED) == {"points": 0, "failed": 0}
    night.submit()
    night.approve()
    night.settle()
    metrics()
    assert night.invoke("record_history", SCHEDULED) == {"points": 3, "failed": 0}
    assert metrics() == {"HistoryPoints": 3, "Failed": 0, "Drift": 0}
    page = night.read(region_path("N"))
    history = night.read(f"{region_path('N')}/history")
    assert history["columns"] == [
        *("at", "edition", "received", "approved", "flagged", "valid", "invalid", "voters", "votes.01", "votes.02")
    ]
    assert history["points"] == [["2019-04-17T12:00:00.000Z", page["edition"], 1, 1, 0, 270, 5, 275, 150, 120]]
    [day] = history["days"]
    assert night.read(day["link"])["points"] == history["points"]
    milestones = night.read(f"{region_path('N')}/milestones")["milestones"]
    assert [one["per_cent"] for one in milestones] == [10, 1, None]
    assert milestones[-1]["page"] == f"{region_path('N')}/editions/{page['edition']}"
    assert night.invoke("record_history", SCHEDULED) == {"points": 0, "failed": 0}


def test_a_page_that_is_not_there_is_named_and_counted(
    night: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    del night.pages._pages[region_path("N", DPR)]
    metrics()
    assert night.invoke("record_history", SCHEDULED)["failed"] == 1
    assert metrics()["Failed"] == 1
    assert "the history of N in e19/dpr was not recorded" in caplog.text
