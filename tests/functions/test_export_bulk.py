"""Every quarter of an hour whole contests become files; metrics say how many, and what kept one from it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.functions.night import Night
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import ELECTION

PAGE = f"/v1/elections/{ELECTION}/contests/ppwp/bulk"
WHOLE = [900_000]
"""Milliseconds that a run has."""


@pytest.fixture
def sealed(night: Night) -> Iterator[Night]:
    """A night with one sealed form in the totals."""
    standings = importlib.import_module("functions.export_bulk.handler")._standings
    standings.clear()
    night.submit()
    night.approve()
    night.settle()
    night.invoke("seal_totals", SCHEDULED)
    yield night
    standings.clear()


def test_a_run_publishes_each_contest_and_the_page_that_leads_to_it(
    sealed: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    done = sealed.invoke("export_bulk", SCHEDULED, left=WHOLE)
    assert done == {"folders": 3, "files": len(sealed.bulk.files) - 3, "behind": 0, "failed": 0}
    assert metrics() == {"BulkFolders": 3, "ExportBehind": 0, "Failed": 0, "Drift": 0}
    page = sealed.read(PAGE)
    assert page["totals"][0]["votes"] == {"01": 150, "02": 120}
    region = sealed.read(f"/v1/elections/{ELECTION}/contests/ppwp/regions/N")
    assert (page["totals"][0]["votes"], page["totals"][0]["valid"]) == (region["votes"], region["valid"])
    copy = sealed.copies.get(PAGE)
    assert copy is not None and copy.edition == page["size"]
    assert sealed.invoke("export_bulk", SCHEDULED, left=WHOLE) == {"folders": 0, "files": 0, "behind": 0, "failed": 0}


def test_without_time_it_is_behind_and_writes_nothing(
    sealed: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    assert sealed.invoke("export_bulk", SCHEDULED, left=[1_000])["behind"] == 1
    assert metrics()["ExportBehind"] == 1
    assert sealed.bulk.files == {}


def test_a_log_that_is_not_whole_is_drift_and_nothing_is_published(
    sealed: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    files = sealed.logs.of(ELECTION).files
    for path in [path for path in files if path.startswith("tile/entries/")]:
        del files[path]
    assert sealed.invoke("export_bulk", SCHEDULED, left=WHOLE)["failed"] == 1
    assert metrics() == {"BulkFolders": 0, "ExportBehind": 0, "Failed": 0, "Drift": 1}
    assert sealed.bulk.files == {}
