"""The recount's own reading of the log: in pieces or at once, it comes to what was signed, or says why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from realcount.domain.errors import Drift
from realcount.domain.log.sealed_keys import registration_entry
from realcount.domain.log.unit_lists import UNITS
from realcount.evidence.signatures import holds
from realcount.local.memory import MemoryLog
from realcount.log_ports import Subject
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.recount_log import LogCount, read_units, tree_of
from tests.small_election import DAWN, DPR, DPRD, PPWP, contest, submitter
from tests.tampering.stage import counted_election
from tests.unit.usecases.office import SIGNER


class NoMarks:
    def mark(self, subjects: Sequence[Subject], first: int) -> None:
        pass


class KeyLog(MemoryLog):
    """Grows by registrations of keys, the shortest entries there are."""

    def grow(self, count: int) -> None:
        size = self.head().edge.size
        pending = [
            Pending(registration_entry(submitter(f"sub-{size + i}"), DAWN), ("key", f"sub-{size + i}"))
            for i in range(count)
        ]
        append_log(lambda: pending, log=self, seals=NoMarks(), signer=SIGNER)


def follow(count: LogCount, log: MemoryLog, goes_on: Callable[[], bool] = lambda: True) -> int:
    return count.follow(log, SIGNER.key, holds, goes_on)


def test_a_log_that_was_not_begun_is_counted_at_once() -> None:
    count = LogCount()
    assert (follow(count, MemoryLog()), count.fold.size) == (0, 0)


def test_it_goes_on_where_it_stands_across_the_ends_of_bundles() -> None:
    log, count = KeyLog(), LogCount()
    for more in (1, 2, 252, 1, 1, 256, 300, 5):
        log.grow(more)
        assert follow(count, log) == 0
        assert count.edge == log.head().edge
    assert count.fold.size == len(count.fold.keys) == 818


def test_without_time_it_takes_what_it_can_and_goes_on_next_time() -> None:
    log, count = KeyLog(), LogCount()
    log.grow(600)
    steps = iter([True, True, False])
    assert follow(count, log, lambda: next(steps)) == 600 - 512
    log.grow(100)
    assert follow(count, log, lambda: False) == 700 - 512
    assert follow(count, log) == 0
    assert count.edge == log.head().edge


def test_what_is_not_in_time_is_not_news() -> None:
    office, count = counted_election(), LogCount()
    follow(count, office.log)
    assert count.take_moved() == [], "at first everything is new, and is looked at in its turn"
    office.decide(PPWP, "S4")
    office.seal(PPWP, "S4")
    follow(count, office.log)
    assert (count.take_moved(), count.take_moved()) == ([(PPWP, "S4")], [])


def test_every_version_that_ever_counted_is_kept() -> None:
    office, count = counted_election(), LogCount()
    follow(count, office.log)
    assert {number: counted.sums.votes for number, counted in count.versions(PPWP, "S1").items()} == {
        1: (151, 120),
        2: (101, 120),
    }
    assert count.versions(PPWP, "S5")[2].sums.stations == 0
    assert count.versions(PPWP, "S6") == {}


def spoil_bundle(log: MemoryLog) -> None:
    """In the part of a bundle that was read before."""
    path = "tile/entries/000.p/30"
    log.files[path] = log.files[path].replace(b"sub-3", b"sub-x", 1)


def shorten(log: MemoryLog) -> None:
    log.checkpoints.append(log.checkpoints[0])


def lose(log: MemoryLog) -> None:
    del log.files["tile/entries/000.p/30"]


def cut(log: MemoryLog) -> None:
    log.files["tile/entries/000.p/30"] = log.files["tile/entries/000.p/30"][:-1]


def garble(log: MemoryLog) -> None:
    log.checkpoints.append(b"no note")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_bundle, "begins with other entries"),
        (shorten, "has 20 entries, and had 25 before"),
        (lose, "not there or not whole"),
        (cut, "not there or not whole"),
        (garble, "is none"),
    ],
)
def test_a_log_that_does_not_go_on_is_drift_at_every_run_until_it_is_mended(
    spoil: Callable[[MemoryLog], None], says: str
) -> None:
    log, count = KeyLog(), LogCount()
    log.grow(20)
    log.grow(5)
    follow(count, log)
    log.grow(5)
    good = dict(log.files), list(log.checkpoints)
    spoil(log)
    with pytest.raises(Drift, match=says):
        follow(count, log)
    if (
        spoil is not shorten
    ):  # Which a count that begins anew cannot know: witnesses do, and whoever saw the longer one.
        with pytest.raises(Drift):
            follow(count, log)
    log.files, log.checkpoints = good
    assert (follow(count, log), count.fold.size) == (0, 30)


def test_the_tree_is_what_the_logs_list_says_as_far_as_a_contest_reaches() -> None:
    log = counted_election().log
    trees = {key: tree_of(contest(key), read_units(log, None)) for key in (PPWP, DPR, DPRD)}
    assert set(trees[PPWP].children) == {"N", "P1", "P2", "V1", "V2", "V3"}
    assert trees[PPWP].parents("V1") == ("P1",)
    assert sorted(trees[DPR].parents("V1")) == ["D1", "P1"]
    assert (trees[DPR].parents("N"), trees[PPWP].parents("D1"), trees[PPWP].parents("W1")) == (("-",), (), ())
    assert sorted(trees[DPRD].above("S2")) == ["N", "P1", "V1", "W1"]
    assert (trees[DPRD].holds_stations("W1"), trees[DPRD].holds_stations("P1")) == (True, False)


def test_a_list_of_units_that_is_gone_or_another_is_drift() -> None:
    log = counted_election().log
    with pytest.raises(Drift, match="its opening names 000"):
        read_units(log, "000")
    del log.files[UNITS]
    with pytest.raises(Drift, match="not there"):
        read_units(log, None)
