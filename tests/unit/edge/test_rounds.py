"""The sweep's plan: the top of every contest each minute, and everything below it once in fifteen."""

from __future__ import annotations

from collections import Counter

import pytest

from realcount.domain.election import Child, Region
from realcount.edge.rounds import RESERVE, ROUND, Sweep, minute_of, plan_run, while_time_allows
from realcount.local.memory import MemoryElections
from tests.small_election import DPR, DPRD, PPWP, election, region, units


@pytest.fixture
def elections() -> MemoryElections:
    store = MemoryElections()
    store.begin(election())
    store.put_units(units())
    store.complete(election())
    return store


def with_provinces(store: MemoryElections, provinces: int, regencies: int) -> MemoryElections:
    """The nation of `ppwp` with so many provinces of so many regencies each."""
    nation = region("N")

    def above(name: str, children: list[str]) -> Region:
        entries = tuple(Child(child, child, "region", 1, None) for child in children)
        return Region("e19", name, "level", name, (), ("N",), (), entries, "regions", 1, 0)

    names = [f"P{i}" for i in range(provinces)]
    store.put_units([above("N", names), *(above(p, [f"{p}.{j}" for j in range(regencies)]) for p in names)])
    assert nation.holds == "regions"
    return store


def test_every_minute_looks_at_the_roots_and_their_children_of_every_contest(elections: MemoryElections) -> None:
    shallow = {
        Sweep(PPWP, "P1", False),
        Sweep(PPWP, "P2", False),
        Sweep(PPWP, "N", False),
        *(Sweep(DPR, unit, False) for unit in ("P1", "P2", "N", "V1", "V3", "D1", "V2", "D2")),
        *(Sweep(DPRD, unit, False) for unit in ("P1", "P2", "N", "W1")),
    }
    for minute in range(2 * ROUND):
        assert shallow <= set(plan_run(minute, elections))


def test_a_root_comes_after_its_children(elections: MemoryElections) -> None:
    order = [sweep.region for sweep in plan_run(0, elections) if sweep.contest == PPWP and not sweep.deep]
    assert order.index("N") > max(order.index("P1"), order.index("P2"))


def test_every_subtree_is_swept_once_in_a_round(elections: MemoryElections) -> None:
    deep = Counter(sweep for minute in range(ROUND) for sweep in plan_run(minute, elections) if sweep.deep)
    below = {sweep.region: times for sweep, times in deep.items() if sweep.contest == PPWP}
    assert below == {"V1": 1, "V2": 1, "V3": 1}
    # In the parliament's contest each village has two parents, and so two turns.
    assert {sweep.region: times for sweep, times in deep.items() if sweep.contest == DPR} == {"V1": 2, "V2": 2, "V3": 2}
    assert Sweep(DPRD, "W1", True) in deep  # a root that holds stations stands for itself


@pytest.mark.parametrize("provinces", [1, 14, 15, 16, 34, 38])
def test_a_round_of_a_whole_nation_leaves_nothing_out(elections: MemoryElections, provinces: int) -> None:
    store = with_provinces(elections, provinces, 14)
    runs = [[s for s in plan_run(minute, store) if s.deep and s.contest == PPWP] for minute in range(90, 90 + ROUND)]
    assert Counter(s.region for run in runs for s in run) == {
        f"P{i}.{j}": 1 for i in range(provinces) for j in range(14)
    }
    assert max(map(len, runs)) <= 14 * (provinces // ROUND + 1)


def test_each_round_begins_with_another_subtree_so_that_the_last_get_their_turn(elections: MemoryElections) -> None:
    store = with_provinces(elections, 1, 5)
    first = []
    for round_ in range(5):
        runs = [plan_run(round_ * ROUND + minute, store) for minute in range(ROUND)]
        deep = [sweep.region for run in runs for sweep in run if sweep.deep and sweep.contest == PPWP]
        first.append(deep[0])
    assert sorted(first) == [f"P0.{j}" for j in range(5)]


def test_without_an_election_there_is_nothing_to_sweep() -> None:
    assert plan_run(0, MemoryElections()) == []


def test_minutes_are_counted_since_1970() -> None:
    assert minute_of("1970-01-01T00:00:59.999Z") == 0
    assert minute_of("2019-04-17T12:01:00.000Z") - minute_of("2019-04-17T12:00:59.999Z") == 1


SWEEPS = [Sweep(PPWP, str(n), True) for n in range(10)]


class Lambda:
    """A run with so many milliseconds, in which each sweep takes as long as it is told."""

    def __init__(self, left: int) -> None:
        self.left = left

    def remaining(self) -> int:
        return self.left


def run(left: int, takes: list[int]) -> int:
    clock, done = Lambda(left), 0
    for _, milliseconds in zip(while_time_allows(SWEEPS, clock.remaining), takes, strict=False):
        clock.left -= milliseconds
        done += 1
    return done


def test_all_is_done_where_there_is_time_for_all() -> None:
    assert run(300_000, [1_000] * 10) == 10


def test_nothing_is_begun_without_the_reserve() -> None:
    assert run(RESERVE - 1, [0] * 10) == 0
    assert run(RESERVE, [0] * 10) == 10


def test_nothing_is_begun_that_could_take_longer_than_there_is() -> None:
    # After 40 s of the first, 100 s are left: enough for twice as long. After another 40 s, 60 s are not.
    assert run(140_000, [40_000] * 10) == 2
