"""On schedule the totals of every election are sealed; one log that is not what it must be keeps no other's from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from realcount.domain.log.entries import read_entry
from realcount.domain.log.snapshots import Snapshot
from tests.functions.night import Night
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import ELECTION, election
from tests.unit.usecases.test_seal_forms import entries

ROOTS = sum(len(contest.roots) for contest in election().contests)


@pytest.fixture
def sealed(night: Night) -> Night:
    for station in ("S1", "S2"):
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    night.seal("S1", "S2")
    return night


def test_the_totals_are_sealed_once(sealed: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    metrics()
    assert sealed.invoke("seal_totals", SCHEDULED) == {"snapshots": ROOTS, "left": 0, "failed": 0}
    assert metrics() == {"TotalsSealed": ROOTS, "EntriesLeft": 0, "Failed": 0, "Drift": 0}
    last = [read_entry(entry) for entry in entries(sealed.logs.of(ELECTION))[-ROOTS:]]
    assert all(isinstance(said, Snapshot) for said in last)
    assert sealed.invoke("seal_totals", SCHEDULED) == {"snapshots": 0, "left": 0, "failed": 0}
    assert metrics() == {"TotalsSealed": 0, "EntriesLeft": 0, "Failed": 0, "Drift": 0}


def test_a_log_that_is_not_what_it_was_is_for_a_person(
    sealed: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    log = sealed.logs.of(ELECTION)
    bundle = max(path for path in log.files if path.startswith("tile/entries/"))
    log.files[bundle] = log.files[bundle].replace(b'"01":150', b'"01":151')
    metrics()
    assert sealed.invoke("seal_totals", SCHEDULED)["failed"] == 1
    assert (metrics()["Drift"], "the totals of e19 are not sealed" in caplog.text) == (1, True)
