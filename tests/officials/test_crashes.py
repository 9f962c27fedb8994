"""The process is killed, or the power goes, at any step of an evening: no form is lost, each arrives once, all have receipts."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.officials.delivery import NoLine
from tests.officials.evening import STATIONS, Evening
from tests.officials.fragile_disk import FragileDisk

SEEDS = (1, 2)


def test_an_evening_without_trouble_sends_each_file_once() -> None:
    evening = Evening()
    evening.run()
    evening.check()
    assert set(evening.line.puts.values()) == {1}
    evening.run()
    evening.check()
    assert set(evening.line.puts.values()) == {1}, "what has a receipt is not sent again"


def steps_of_an_evening() -> int:
    evening = Evening()
    evening.run()
    return evening.disk.steps


@pytest.mark.parametrize("power", [False, True])
def test_a_crash_at_every_single_step(power: bool) -> None:
    for step in range(1, steps_of_an_evening() + 1):
        for seed in SEEDS if power else SEEDS[:1]:
            evening = Evening()
            assert evening.struck(step, power=power, seed=seed)
            evening.run()
            evening.check()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), troubles=st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=6))
def test_any_sequence_of_crashes_under_any_weather(seed: int, troubles: list[tuple[int, bool]]) -> None:
    random, evening = Random(seed), Evening()
    evening.line.weather = lambda call: random.choices(("fine", "lost", "mute"), (6, 1, 1))[0]
    for step, power in troubles:
        evening.struck(step, power=power, seed=random.randrange(2**32))
        evening.clock.sleep(random.choice([1, 300, 700, 4000]))
    for _ in range(30):
        try:
            evening.run()
        except NoLine:
            continue
    evening.line.weather = lambda call: "fine"
    evening.run()
    evening.check()


class _DeafDisk(FragileDisk):
    """Says that folders are on the disk, and they are not."""

    def sync(self, path: Path) -> None:
        if path.name != "forms" and path.suffix:
            super().sync(path)
        else:
            self._step()


def test_a_disk_that_lies_about_folders_loses_forms() -> None:
    """The check is able to fail: without folders being synced, it does."""
    with pytest.raises((AssertionError, KeyError)):  # noqa: PT012
        for seed in range(20):
            evening = Evening(disk=_DeafDisk(Path("/outbox-parent")))
            evening.disk.top.kept = {}
            evening.struck(70, power=True, seed=seed)
            evening.run()
            evening.check()


def test_forms_that_were_said_to_be_safe_are_there_after_the_power_went() -> None:
    """Without a line at all: what an official leaves with is what was kept."""
    evening = Evening()
    evening.line.weather = lambda call: "lost"
    with pytest.raises(NoLine):
        evening.run()
    for seed in range(20):
        evening.disk.random = Random(seed)
        evening.disk.power_cut()
        assert {item.form.station for item in evening.items()} == set(STATIONS)
    evening.line.weather = lambda call: "fine"
    evening.run()
    evening.check()


def test_what_a_killed_process_left_is_safe_once_the_next_one_says_so() -> None:
    """A name that a killed process moved and did not sync outlives it, and not a power cut: whoever opens the outbox syncs it."""
    for step in range(1, 40):
        for seed in range(4):
            evening = Evening()
            evening.line.weather = lambda call: "lost"
            evening.struck(step, power=False)
            with pytest.raises(NoLine):
                evening.run()
            evening.disk.random = Random(seed)
            evening.disk.power_cut()
            assert {item.form.station for item in evening.items()} == set(evening.promised) == set(STATIONS)
