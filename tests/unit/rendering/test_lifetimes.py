"""How long caches may keep a page."""

from __future__ import annotations

import re

import pytest

from realcount.rendering.lifetimes import ONCE_COMPLETE, WHILE_COUNTING, cache_control, max_age

DEPTHS = range(7)


def test_the_nation_is_never_old_and_a_village_may_be() -> None:
    assert [max_age(depth, complete=False) for depth in DEPTHS] == [5, 5, 15, 60, 60, 60, 60]


def test_what_is_complete_may_be_kept_longer_at_every_depth() -> None:
    assert [max_age(depth, complete=True) for depth in DEPTHS] == [30, 30, 60, 300, 300, 300, 300]
    assert all(max_age(depth, complete=True) > max_age(depth, complete=False) for depth in DEPTHS)


@pytest.mark.parametrize("by_depth", [WHILE_COUNTING, ONCE_COMPLETE])
def test_a_page_below_is_never_kept_for_less_than_the_page_above(by_depth: tuple[int, ...]) -> None:
    assert list(by_depth) == sorted(by_depth)


@pytest.mark.parametrize(("seconds", "stale"), [(5, 300), (15, 300), (30, 300), (60, 600), (300, 600)])
def test_the_header_lets_nobody_wait_and_nothing_grow_too_old(seconds: int, stale: int) -> None:
    assert cache_control(seconds) == (
        f"public, max-age={seconds}, s-maxage={seconds}, stale-while-revalidate={stale}, stale-if-error=86400"
    )


def test_nobody_sees_a_correction_later_than_a_quarter_of_an_hour_on_any_page() -> None:
    """The oldest that a first look may be: kept to the end of its time, then answered once more while asking."""
    for seconds in {*WHILE_COUNTING, *ONCE_COMPLETE}:
        [stale] = re.findall(r"stale-while-revalidate=(\d+)", cache_control(seconds))
        assert seconds + int(stale) <= 15 * 60
