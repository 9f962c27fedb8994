"""Sums of tallies: the only arithmetic above a polling station."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from realcount.domain.tally import Tally, total, zero
from tests.small_election import DAWN, DUSK, NOON

ONE = Tally(2, (10, 5), 15, 1, 16, 1, 1, 0, 0, NOON)
TWO = Tally(3, (1, 2), 3, 0, 3, 1, 1, 1, 1, DUSK)


def test_the_sum_of_nothing_is_zero() -> None:
    assert total([], 2) == zero(2)


def test_every_number_is_added_and_the_latest_time_kept() -> None:
    assert total([ONE, TWO, zero(2)], 2) == Tally(5, (11, 7), 18, 1, 19, 2, 2, 1, 1, DUSK)
    assert total([TWO, ONE], 2) == total([ONE, TWO], 2)


def test_the_example_is_one_that_is_flagged_whatever_the_order() -> None:
    odd = [replace(TWO, example=station, findings=("total-sum",)) for station in ("S9", "S10", "S2")]
    for children in permutations([ONE, *odd]):
        added = total(children, 2)
        assert (added.example, added.findings) == ("S10", ()), "the least by its id; what was found is said at stations"
    assert total([ONE], 2).example is None


def test_zero_is_older_than_everything() -> None:
    assert zero(1).at < DAWN


def test_rows_of_two_contests_do_not_mix() -> None:
    with pytest.raises(ValueError, match="3 options among tallies of 2"):
        total([ONE, zero(3)], 2)
