"""Every interleaving there is, for a region of two children: the roll-up is right in all of them, its simpler cousins not.

The model is the protocol of `roll_up` stripped to its steps. Two children change a number of times; each change triggers
a worker; two workers run at once, one trigger may be doubled and one worker may die and be called again. A worker reads
its own row, then one child, then the other, then writes. Each of these is one step, and every order of steps is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest

CHANGES = (3, 2)
Worker = tuple[int, int, int, int] | None
"""The step it is at, the own `sv` it read, and the two children's versions; -1 for what it has not read. None: idle."""

FRESH = (0, -1, -1, -1)


@dataclass(frozen=True)
class Variant:
    """What a worker does differently from the product, which is `Variant()`; and which of the faults below it leads to."""

    name: str = "the product"
    order: tuple[str, ...] = ("own", "a", "b", "put")
    condition: str = "lock"
    retries: bool = True
    stale_reads: bool = False
    breaks: tuple[str, ...] = field(default=())


class State(NamedTuple):
    """`children` and `row` are vectors of versions, a row's `sv` is their sum; `replica` is what a lagging read may see."""

    children: tuple[int, int]
    replica: tuple[int, int]
    row: tuple[int, int]
    triggers: int
    workers: tuple[Worker, Worker]
    doubles: int
    crashes: int


START = State((0, 0), (0, 0), (0, 0), 0, (None, None), 1, 1)


class Broken(AssertionError):
    """A state was reached that must not be."""


def explore(variant: Variant) -> int:
    """Visit every reachable state; returns how many there are. Raises `Broken` at the first that must not be."""
    seen, frontier = {START}, [START]
    while frontier:
        state = frontier.pop()
        following = list(successors(state, variant))
        if not following and state.row != state.children:
            raise Broken(f"drift at rest: {state}")
        for after in following:
            if after not in seen:
                check(state, after)
                seen.add(after)
                frontier.append(after)
    return len(seen)


def check(before: State, after: State) -> None:
    if sum(after.row) < sum(before.row):
        raise Broken(f"the version went back: {before.row} {after.row}")
    if any(now < was for was, now in zip(before.row, after.row, strict=True)):
        raise Broken(f"a counted form vanished: {before.row} {after.row}")


def successors(state: State, variant: Variant) -> Iterator[State]:
    a, b = state.children
    for children in ((a + 1, b), (a, b + 1)):
        if children[0] <= CHANGES[0] and children[1] <= CHANGES[1]:
            replica = state.replica if variant.stale_reads else children
            yield state._replace(children=children, replica=replica, triggers=state.triggers + 1)
    if state.replica != state.children:
        yield state._replace(replica=state.children)
    if state.triggers and state.doubles:
        yield state._replace(triggers=state.triggers + 1, doubles=0)
    for at, worker in enumerate(state.workers):
        if worker is not None:
            if state.crashes:  # It dies, and its trigger comes again.
                yield moved(state._replace(triggers=state.triggers + 1, crashes=0), at, None)
            yield from worked(state, at, worker, variant)
        elif state.triggers:
            yield moved(state._replace(triggers=state.triggers - 1), at, FRESH)


def worked(state: State, at: int, worker: tuple[int, int, int, int], variant: Variant) -> Iterator[State]:
    """The next step of one worker; more than one outcome only where a read may be stale."""
    step, own, a, b = worker
    match variant.order[step]:
        case "own":
            yield moved(state, at, (step + 1, sum(state.row), a, b))
        case "a":
            for version in {state.children[0], state.replica[0]}:
                yield moved(state, at, (step + 1, own, version, b))
        case "b":
            for version in {state.children[1], state.replica[1]}:
                yield moved(state, at, (step + 1, own, a, version))
        case "put":
            unchanged = a + b == own
            if unchanged or not holds(variant.condition, sum(state.row), own, a + b):
                yield moved(state, at, None if unchanged or not variant.retries else FRESH)
            else:
                yield moved(state._replace(row=(a, b)), at, None)


def holds(condition: str, stored: int, own: int, sv: int) -> bool:
    return {"lock": stored == own, "greater": stored < sv, "none": True}[condition]


def moved(state: State, at: int, worker: Worker) -> State:
    """Workers are alike, so which is which says nothing: sorting them halves the states."""
    pair = sorted((worker, state.workers[1 - at]), key=lambda one: one or (-1, -1, -1, -1))
    return state._replace(workers=(pair[0], pair[1]))


BROKEN = (
    Variant("blind put", condition="none", breaks=("drift at rest", "went back", "vanished")),
    Variant("skip on conflict", retries=False, breaks=("drift at rest",)),
    Variant("greater without lock", condition="greater", retries=False, breaks=("vanished", "drift at rest")),
    Variant("eventually consistent children", stale_reads=True, breaks=("drift at rest", "went back", "vanished")),
    Variant("own row last", order=("a", "b", "own", "put"), breaks=("went back", "vanished", "drift at rest")),
)


def test_the_product_is_right_in_every_interleaving() -> None:
    assert explore(Variant()) > 20_000


@pytest.mark.parametrize("variant", BROKEN, ids=lambda variant: variant.name)
def test_every_simplification_is_wrong_in_some(variant: Variant) -> None:
    with pytest.raises(Broken) as broken:
        explore(variant)
    assert any(word in str(broken.value) for word in variant.breaks), str(broken.value)
