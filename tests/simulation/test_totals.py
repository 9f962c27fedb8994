"""Two who seal totals and one who seals forms at once, each of which may die anywhere: what is sealed is true at its size.

As in test_sealing: the real use cases run in tasks that give way before each store operation, and what the product's order
holds in every schedule that is tried, each order that looks simpler breaks in some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from greenlet import GreenletExit, getcurrent, greenlet

from realcount.domain.errors import Conflict, Drift, NotFound, Rejected
from realcount.usecases import renew_sums, seal_totals
from tests import small_election as small
from tests.faults.mutation import Edit, Mutant
from tests.sealed_night import ROOTS, SealedNight

STEPS_AT_MOST = 3_000
SEALER = 2
COMMITTED = 4
"""The steps after which its batch is in the log, and nothing of it is published."""


class Yielding:
    """A store that gives way before each operation."""

    def __init__(self, store: object, hub: greenlet) -> None:
        self._store, self._hub = store, hub

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._store, name)

        def run(*arguments: Any) -> Any:
            self._hub.switch()
            return operation(*arguments)

        return run


def night() -> SealedNight:
    """Two forms are sealed and one waits."""
    found = SealedNight()
    found.approve(small.PPWP, "S1", (1, 2))
    found.approve(small.DPRD, "S2", (3, 4))
    found.seal()
    found.approve(small.PPWP, "S4", (5, 6))
    return found


def totaller(world: SealedNight, hub: greenlet) -> None:
    try:
        world.totals(Yielding(world.log, hub), pause=lambda attempt: hub.switch())
    except Conflict:
        return  # The next run, in five minutes, comes to it.


def sealer(world: SealedNight, hub: greenlet) -> None:
    """Seals until nothing waits. A lost race is a trigger that comes again."""
    while world.unsealed() or world.log.head().batch is not None:
        try:
            world.seal(Yielding(world.log, hub))
        except Conflict:
            hub.switch()


def run(order: Sequence[tuple[int, int]], death: tuple[int, int] | None = None) -> int:
    """One schedule: who takes how many steps, one after another; then all run on by turns. `death` is who dies, and
    before which of its steps. Returns how many steps the first takes."""
    world = night()
    hub = getcurrent()
    tasks = [
        greenlet(lambda: totaller(world, hub)),
        greenlet(lambda: totaller(world, hub)),
        greenlet(lambda: sealer(world, hub)),
    ]
    taken = [0] * len(tasks)

    def step(who: int) -> bool:
        if (who, taken[who]) == death and not tasks[who].dead:
            tasks[who].throw(GreenletExit)
        if tasks[who].dead:
            return False
        tasks[who].switch()
        taken[who] += 1
        assert taken[who] < STEPS_AT_MOST, "they keep each other from coming to rest"
        return True

    try:
        for i, (who, steps) in enumerate(order):
            for _ in range(steps):
                step(who)
            if i == 0:
                world.approve(small.PPWP, "S1", (7, 8))
        while any(list(map(step, range(len(tasks))))):  # Each of them, each time.
            pass
    finally:
        for task in tasks:
            if not task.dead:
                task.throw(GreenletExit)
    world.check()
    # Whatever died, the next triggers bring all of it to its end.
    world.seal()
    world.totals()
    last = {(said.contest, said.unit): said.sums.stations for said in world.check()[-len(ROOTS) :]}
    assert (last[small.PPWP, "N"], last[small.DPRD, "N"], last[small.DPRD, "W1"]) == (2, 1, 1)
    assert not world.unsealed() and world.log.head().batch is None
    assert world.totals().snapshots == 0
    return taken[0]


@cache
def alone() -> int:
    """How many steps one takes when nobody is in its way."""
    return run([(0, STEPS_AT_MOST)])


def schedules() -> Iterator[tuple[list[tuple[int, int]], tuple[int, int] | None]]:
    whole = alone()
    for first in range(whole + 1):
        yield [(0, first), (1, STEPS_AT_MOST)], None
        yield [(0, first), (SEALER, STEPS_AT_MOST)], None
        yield [(0, first), (1, STEPS_AT_MOST)], (0, first)
        yield [(0, first), (SEALER, STEPS_AT_MOST), (1, STEPS_AT_MOST)], None
        yield [(SEALER, first), (0, STEPS_AT_MOST)], (SEALER, first)
        yield [(0, first), (SEALER, COMMITTED)], (SEALER, COMMITTED)
    for first in range(0, whole, 3):
        for second in range(1, whole, 7):
            yield [(0, first), (1, second), (SEALER, second)], None
            yield [(0, first), (SEALER, second // 2), (1, second)], (1, second)


def explore() -> int:
    tried = 0
    for order, death in schedules():
        run(order, death)
        tried += 1
    return tried


def test_whatever_is_sealed_is_true_at_its_size() -> None:
    assert explore() >= 300


BROKEN = {
    "nobody looks whether another's snapshots came in between": (
        seal_totals,
        "        return () if overtaken else snapshots\n",
        "        return snapshots\n",
    ),
    "it is looked before the head is read, and not with it": (
        seal_totals,
        "    for attempt in range(1, ATTEMPTS + 1):\n",
        "    found = pending()\n    pending = lambda: found  # noqa: E731\n    for attempt in range(1, ATTEMPTS + 1):\n",
    ),
    "snapshots are over what is there when they are appended": (
        seal_totals,
        "    written = _append(snapshots_of(roots, size, now), head, log, signer, pause)\n",
        "    written = _append(snapshots_of(roots, log.head().edge.size, now), head, log, signer, pause)\n",
    ),
    "nodes above the first level are not written": (
        renew_sums,
        "    for _ in in_steps(each, tree.write, tree.inner()):\n        pass\n",
        "",
    ),
    "forms are marked by totals, that is, not at all": (
        seal_totals,
        "        _require_ours(subjects)\n        self._log.mark",
        "        self._log.mark",
    ),
    "the first of two versions of a station counts": (
        seal_totals,
        "moved.setdefault(contest, {})[station] = _branch(contest, station, counts, frames[contest])\n",
        "moved.setdefault(contest, {}).setdefault(station, _branch(contest, station, counts, frames[contest]))\n",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_every_simpler_way_is_wrong_in_some(name: str) -> None:
    module, was, now = BROKEN[name]
    with (
        Mutant(name, "", (), (Edit(module, was, now),)).applied(),
        pytest.raises((AssertionError, Drift, NotFound, Rejected)),
    ):
        explore()
