"""Adding up, in any order and in any groups."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.tally import Tally, total, zero

counts = st.integers(0, 10**7)
times = st.sampled_from([f"2019-04-17T{hour:02d}:00:00.000Z" for hour in range(24)])
tallies = st.builds(
    Tally, counts, st.tuples(counts, counts), counts, counts, counts, counts, counts, counts, counts, times
)


@given(st.lists(tallies, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_children_does_not_matter(children: list[Tally], chance: random.Random) -> None:
    shuffled = children.copy()
    chance.shuffle(shuffled)
    assert total(shuffled, 2) == total(children, 2)


@given(st.lists(st.lists(tallies, max_size=4), max_size=4))
def test_the_sum_of_regions_is_the_sum_of_their_stations(regions: list[list[Tally]]) -> None:
    stations = [station for region in regions for station in region]
    assert total((total(region, 2) for region in regions), 2) == total(stations, 2)


@given(tallies)
def test_silent_children_add_nothing(tally: Tally) -> None:
    assert total([zero(2), tally, zero(2)], 2) == tally


@given(tallies)
def test_rows_of_another_contest_are_noticed(tally: Tally) -> None:
    with pytest.raises(ValueError, match="2 options among tallies of 3"):
        total([tally], 3)
