"""The recount as Lambda calls it: what it remembers, what it counts, and whom it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from realcount.domain.errors import Unavailable
from realcount.domain.tally import Row
from tests.functions.night import Night
from tests.functions.test_sweep_tally import SCHEDULED, minute
from tests.small_election import ELECTION, PPWP, STATIONS

QUIET = {
    "RecountRows": 0,
    "RecountBehind": 0,
    "RecountLeft": 0,
    "RecountLate": 0,
    "Unsealed": 0,
    "ReceiptsUnmatched": 0,
    "Drift": 0,
    "Failed": 0,
}
NOBODY_MISSED = {**QUIET, "RecountRows": 12}
"""Six stations, three villages, two provinces and the nation."""


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Handlers are modules, and remember from test to test as an environment does from run to run."""
    from functions.recount import handler

    handler._standings.clear()
    yield
    handler._standings.clear()


@pytest.fixture
def counted(night: Night) -> Night:
    for station in STATIONS:
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    night.settle()
    return night


def run(night: Night, n: int = 0, **more: object) -> dict[str, int]:
    night.now = minute(n)
    result: dict[str, int] = night.invoke("recount", SCHEDULED, **more)  # type: ignore[arg-type]
    return result


def test_a_receipt_whose_form_was_taken_away_is_counted_and_named(
    counted: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    """It had not been sealed yet, so the log knows nothing of it."""
    counted.submit(
        at="S1", form=counted.form(at="S1", version=2, kind="correction", reason="a slip", prev=_hash(counted))
    )
    newest = counted.forms.head(PPWP, "S1")
    assert newest is not None and newest.latest == 2
    counted.forms._versions[PPWP, "S1"].pop()
    counted.forms._heads[PPWP, "S1"] = replace(newest, latest=1, latest_state="approved")
    metrics()
    sent = 0.0
    for n in range(0, 100, 5):  # Twenty shares: within a hundred minutes every receipt's turn has come.
        counted.now = f"2019-04-17T{12 + n // 60}:{n % 60:02d}:00.000Z"
        counted.invoke("recount", SCHEDULED)
        sent += metrics()["ReceiptsUnmatched"]
    assert sent == 1
    assert "receipt without a match: that of upload" in caplog.text
    assert "is for a form that is not in the ledger" in caplog.text


def _hash(night: Night) -> str:
    head = night.forms.head(PPWP, "S1")
    assert head is not None
    return head.latest_hash


def test_an_election_without_a_form_has_nothing_to_compare(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    assert run(night)["drift"] == 0
    assert metrics() == QUIET


def test_a_night_at_rest_is_as_its_log_says(counted: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    metrics()
    before = counted.state()
    assert run(counted) == {"rows": 12, "regions": 21, "drift": 0, "behind": 0}
    assert metrics() == NOBODY_MISSED
    assert counted.state() == before, "it writes nothing"


def test_what_was_counted_is_remembered_and_what_is_new_is_read(counted: Night) -> None:
    run(counted)
    log = counted.logs.of(ELECTION)
    read: list[str] = []
    file = log.file
    log.file = lambda path: (read.append(path), file(path))[1]  # type: ignore[method-assign]
    run(counted, 5)
    assert read == []
    night = counted
    night.submit(night.form(at="S1", version=2, prev=head_of(night), kind="correction", reason="as on the paper"))
    night.approve()
    night.settle()
    read.clear()
    assert run(night, 10)["drift"] == 0
    assert read == [f"tile/entries/000.p/{log.head().edge.size}"]


def head_of(night: Night) -> str:
    head = night.forms.head(PPWP, "S1")
    assert head is not None
    return head.latest_hash


def test_drift_is_counted_and_named_with_contest_row_and_both_numbers(
    counted: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    rows = counted.tallies._rows[PPWP, "V1"]
    rows["S1"] = replace(rows["S1"], votes=(151, 120))
    metrics()
    assert run(counted)["drift"] >= 1
    assert metrics()["Drift"] >= 1
    assert (
        "drift: tally: 'S1' under 'V1' in e19/ppwp: numbers should be 1 counted, votes [150, 120], valid 270, "
        "invalid 5, voters 275, found 1 counted, votes [151, 120]" in caplog.text
    )
    assert rows["S1"].votes == (151, 120), "it repairs nothing"
    assert run(counted, 5)["drift"] >= 1, "until somebody has looked"


def test_a_log_that_was_tampered_with_is_drift(
    counted: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    log = counted.logs.of(ELECTION)
    log.checkpoints.append(log.checkpoints[-1].replace(b"count.example/e19", b"count.example/e18", 1))
    metrics()
    run(counted)
    assert (metrics()["Drift"], "is not signed by the key" in caplog.text) == (1, True)


def test_a_run_that_has_no_time_says_how_much_is_left_and_goes_on(
    counted: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    entries = counted.logs.of(ELECTION).head().edge.size
    assert run(counted, left=[20_000])["behind"] == entries > 6
    assert (metrics()["RecountBehind"], run(counted, 5)["behind"]) == (entries, 0)
    metrics()
    run(counted, 10, left=[60_000, 60_000, 20_000])
    assert metrics()["RecountLeft"] == 19


def test_a_form_that_waits_to_be_sealed_is_told(counted: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    counted.submit(counted.form(at="S1", version=2, prev=head_of(counted), kind="correction", reason="as on the paper"))
    counted.approve()
    run(counted, 1)
    metrics()
    run(counted, 3)
    assert metrics()["Unsealed"] == 1


def test_what_stays_behind_is_late_and_no_drift(counted: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    counted.submit(counted.form(at="S1", version=2, prev=head_of(counted), kind="correction", reason="as on the paper"))
    for n in (0, 5, 10, 15, 20):
        metrics()
        run(counted, n)
        sent = metrics()
        assert (sent["Drift"], sent["RecountLate"]) == (0, 0)
    run(counted, 25)
    sent = metrics()
    assert (sent["Drift"], sent["RecountLate"]) == (0, 2), "its row, and its page"
    counted.settle()
    run(counted, 30)
    assert metrics()["RecountLate"] == 0


def test_a_table_that_does_not_answer_is_no_drift(counted: Night, metrics: Callable[[], Mapping[str, float]]) -> None:
    def down(election: str) -> Iterator[Row]:
        raise Unavailable("throttled")

    counted.tallies.all_rows = down  # type: ignore[method-assign]
    metrics()
    run(counted)
    sent = metrics()
    assert (sent["Failed"], sent["Drift"]) == (1, 0)
