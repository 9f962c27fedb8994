"""Every hour each contest becomes reports of NIST SP 1500-100; their numbers are the pages' numbers."""

from __future__ import annotations

import gzip
import importlib
import json
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.functions.night import Night
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import ELECTION

CONTEST = f"/v1/elections/{ELECTION}/contests/ppwp"
WHOLE = [900_000]
"""Milliseconds that a run has."""


@pytest.fixture
def sealed(night: Night) -> Iterator[Night]:
    """A night with one sealed form in the totals."""
    standings = [importlib.import_module(f"functions.export_{name}.handler")._standings for name in ("bulk", "nist")]
    for standing in standings:
        standing.clear()
    night.submit()
    night.approve()
    night.settle()
    night.invoke("seal_totals", SCHEDULED)
    yield night
    for standing in standings:
        standing.clear()


def test_a_run_publishes_reports_whose_numbers_are_those_of_pages_and_files(
    sealed: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    done = sealed.invoke("export_nist", SCHEDULED, left=WHOLE)
    assert done["contests"] == 3 and done["failed"] == done["behind"] == 0
    assert metrics() == {"NistReports": done["reports"], "ExportBehind": 0, "Failed": 0, "Drift": 0}
    sealed.invoke("export_bulk", SCHEDULED, left=WHOLE)
    page, bulk = sealed.read(f"{CONTEST}/nist"), sealed.read(f"{CONTEST}/bulk")
    assert page["size"] == bulk["size"]
    as_json = next(file["path"] for file in page["reports"][0]["files"] if file["path"].endswith(".json.gz"))
    report = json.loads(gzip.decompress(sealed.bulk.files[as_json][0]))
    counted: dict[str, list[int]] = {}
    for selection in report["Election"][0]["Contest"][0]["ContestSelection"]:
        for count in selection["VoteCounts"]:
            counted.setdefault(count["GpUnitId"].removeprefix("unit-"), []).append(count["Count"])
    for unit, votes in counted.items():
        assert votes == list(sealed.read(f"{CONTEST}/regions/{unit}")["votes"].values())
    assert counted["N"] == list(bulk["totals"][0]["votes"].values())
    assert sealed.invoke("export_nist", SCHEDULED, left=WHOLE)["reports"] == 0


def test_without_time_it_is_behind_and_writes_nothing(
    sealed: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    assert sealed.invoke("export_nist", SCHEDULED, left=[1_000])["behind"] == 1
    assert metrics()["ExportBehind"] == 1
    assert sealed.bulk.files == {}


def test_a_log_that_is_not_whole_is_drift_and_nothing_is_published(
    sealed: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    files = sealed.logs.of(ELECTION).files
    for path in [path for path in files if path.startswith("tile/entries/")]:
        del files[path]
    assert sealed.invoke("export_nist", SCHEDULED, left=WHOLE)["failed"] == 1
    assert metrics() == {"NistReports": 0, "ExportBehind": 0, "Failed": 0, "Drift": 1}
    assert sealed.bulk.files == {}
