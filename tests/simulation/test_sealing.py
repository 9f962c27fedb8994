"""Two sealers at once, each of which may die anywhere: the log has every approved form once, and never takes one back.

The real use case runs in two tasks that give way before each store operation. Every schedule with few switches between
them, and a death at every operation, is tried; what the product's order of steps holds in all of them, each order that
looks simpler breaks in some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from greenlet import GreenletExit, getcurrent, greenlet

from realcount.domain.errors import Conflict, Drift
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import leaf_hash, root_of
from realcount.domain.log.notes import read_note
from realcount.domain.log.proofs import Tree
from realcount.domain.log.tiles import TileName, decode_bundle, tile_names
from realcount.local.memory.log import KeptKey, MemoryLog, MemorySeals
from realcount.log_ports import LogHead, Subject
from realcount.usecases import append_log as product
from realcount.usecases.append_log import Pending
from tests.faults.mutation import Edit, Mutant

SIGNER = KeptKey("count.example/2019", bytes(range(32)))
SIGNER.sign = cache(SIGNER.sign)  # type: ignore[method-assign]  # thousands of runs sign the same few roots
BEFORE = 254
"""Entries in the log when a run begins: the next ones fill a tile and begin another."""


def form(number: int) -> Subject:
    return ("form", "ppwp", f"{number:06d}", "1")


def entry(number: int) -> bytes:
    return b"form %d" % number


def pending(numbers: Sequence[int]) -> list[Pending]:
    return [Pending(entry(number), form(number)) for number in numbers]


class World:
    """The stores, and what is approved: one form at the start, two more while the sealers are at work."""

    def __init__(self, log: MemoryLog | None = None) -> None:
        self.log, self.seals = log or MemoryLog(), MemorySeals()
        log_before, seals_before = _prepared()
        self.log.files, self.log.checkpoints = dict(log_before.files), list(log_before.checkpoints)
        self.seals.marks = dict(seals_before.marks)
        self.log.advance(self.log.head(), log_before.head())
        self.approved = BEFORE

    def waiting(self) -> list[Pending]:
        """Newest first: no order is promised, and this one makes two sealers' batches differ in their first entry."""
        return pending(
            [number for number in range(BEFORE, self.approved)[::-1] if form(number) not in self.seals.marks]
        )

    def entries(self) -> list[bytes]:
        """Every entry, as a reader of the public files finds them."""
        size = published(self.log)[-1].size
        return [
            found
            for name in tile_names(size)
            if name.level < 0
            for found in decode_bundle(name, self.log.file(name.path))
        ]


@cache
def _prepared() -> tuple[MemoryLog, MemorySeals]:
    log, seals = MemoryLog(), MemorySeals()
    product.append_log(lambda: pending(range(BEFORE)), log=log, seals=seals, signer=SIGNER)
    return log, seals


def published(log: MemoryLog) -> list[Checkpoint]:
    return [_read(data) for data in log.checkpoints]


@cache
def _read(checkpoint: bytes) -> Checkpoint:
    return read_checkpoint(read_note(checkpoint).text)


_leaf = cache(leaf_hash)


@cache
def _root(entries: tuple[bytes, ...]) -> bytes:
    return root_of([_leaf(text) for text in entries])


class Yielding:
    """A store that gives way before each operation, and looks at the world after each."""

    def __init__(self, store: object, hub: greenlet, after: Callable[[], None]) -> None:
        self._store, self._hub, self._after = store, hub, after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._store, name)

        def run(*arguments: Any) -> Any:
            self._hub.switch()
            result = operation(*arguments)
            self._after()
            return result

        return run


def check(world: World) -> None:
    """What must hold at every moment."""
    checkpoints = published(world.log)
    sizes = [checkpoint.size for checkpoint in checkpoints]
    assert sizes == sorted(set(sizes)), f"the checkpoint did not only move forward: {sizes}"
    latest = list(world.seals.marks.values())[BEFORE:]
    assert all(index < sizes[-1] for index in latest), "a form counts that nobody can see"


def check_end(world: World) -> None:
    """What must hold when everything is at rest."""
    entries = world.entries()
    assert sorted(entries) == sorted(map(entry, range(world.approved))), "a form is missing, or there twice"
    assert {form(int(text.split()[1])): i for i, text in enumerate(entries)} == world.seals.marks
    for checkpoint in published(world.log):
        assert checkpoint.root == _root(tuple(entries[: checkpoint.size])), "a checkpoint says what its files do not"
        assert Tree(checkpoint.size, lambda name: world.log.file(name.path)).root() == checkpoint.root
    assert world.log.head().batch is None


def sealer(world: World, hub: greenlet) -> None:
    """Seals until nothing waits any more. A lost race is a trigger that comes again."""
    log = Yielding(world.log, hub, lambda: check(world))
    seals = Yielding(world.seals, hub, lambda: check(world))
    while world.waiting() or world.log.head().batch is not None:
        try:
            product.append_log(world.waiting, log=log, seals=seals, signer=SIGNER)
        except Conflict:
            hub.switch()


def run(switches: Sequence[int], death: int | None) -> int:
    """One schedule: the first sealer takes so many steps, then the second, and so on; the rest is run to its end.

    `death` kills the first sealer at its step of that number; a form is approved at every switch. Returns how many steps
    the first sealer takes when it is left alone.
    """
    world = World()
    world.approved += 1
    hub = getcurrent()
    tasks = [greenlet(lambda: sealer(world, hub)) for _ in range(2)]
    taken = [0, 0]

    def step(who: int) -> bool:
        if who == 0 and taken[0] == death:
            tasks[0].throw(GreenletExit)
        if tasks[who].dead:
            return False
        tasks[who].switch()
        taken[who] += 1
        assert taken[who] < 2_000, "two sealers keep each other from coming to rest"
        return True

    try:
        for i, steps in enumerate(switches):
            for _ in range(steps):
                step(i % 2)
            world.approved = min(world.approved + 1, BEFORE + 3)
        alive = True
        while alive:
            alive = any([step(0), step(1)])
    finally:
        for task in tasks:
            if not task.dead:
                task.throw(GreenletExit)
    while world.waiting() or world.log.head().batch is not None:
        product.append_log(world.waiting, log=world.log, seals=world.seals, signer=SIGNER)
    check_end(world)
    return taken[0]


def schedules() -> Iterator[tuple[tuple[int, ...], int | None]]:
    alone = 22
    for first in range(alone):
        yield (first,), first  # It dies, and the other goes on.
        for second in range(alone):
            yield (first, second), None
            yield (first, second, 3), first + 2
    for first in range(0, alone, 2):
        for second in range(1, alone, 2):
            for third in range(1, alone, 5):
                yield (first, second, third), None


def explore() -> int:
    tried = 0
    for switches, death in schedules():
        run(switches, death)
        tried += 1
    return tried


def test_every_schedule_ends_in_a_log_that_has_each_form_once() -> None:
    assert explore() > 1_400


BROKEN = {
    "files before the commit": (
        "    head = log.advance(head, LogHead(head.seq + 1, head.edge, batch))\n",
        "    after, tiles = head.edge.append([leaf_hash(one.entry) for one in waiting])\n"
        "    for path, data in ({t.name.path: t.data for t in tiles}\n"
        "                       | _bundles(head.edge, [one.entry for one in waiting], log)).items():\n"
        "        log.put_file(path, data)\n"
        "    head = log.advance(head, LogHead(head.seq + 1, head.edge, batch))\n",
    ),
    "the last batch is not finished first": (
        "    if head.batch is not None:\n        head = _finish(head, log, seals, signer)\n",
        "    head = LogHead(head.seq, head.edge, None) if head.batch is None else log.head()\n",
    ),
    "what waits is read before the last batch is finished": (
        "    head = log.head()\n    if head.batch is not None:\n        head = _finish(head, log, seals, signer)\n"
        "    waiting = list({one.subject: one for one in pending()}.values())\n",
        "    waiting = list(pending())\n    head = log.head()\n    if head.batch is not None:\n"
        "        head = _finish(head, log, seals, signer)\n",
    ),
    "the head is written without its lock": (
        "    head = log.advance(head, LogHead(head.seq + 1, head.edge, batch))\n",
        "    head = log.advance(log.head(), LogHead(head.seq + 1, head.edge, batch))\n",
    ),
    "the checkpoint is written without looking": (
        "        if current.size >= after.size:\n            _require_ours(current, after.size, root, log)\n            return\n",
        "",
    ),
    "a form counts before its checkpoint is out": (
        "    _publish(after, files, log, signer)\n    seals.mark(subjects, before.size)\n",
        "    seals.mark(subjects, before.size)\n    _publish(after, files, log, signer)\n",
    ),
    "the head is at rest before its forms are marked": (
        "    seals.mark(subjects, before.size)\n    return log.advance(head, LogHead(head.seq + 1, after, None))\n",
        "    rest = log.advance(head, LogHead(head.seq + 1, after, None))\n    seals.mark(subjects, before.size)\n"
        "    return rest\n",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_every_simpler_order_is_wrong_in_some(name: str) -> None:
    was, now = BROKEN[name]
    with (
        Mutant(name, "", (), (Edit(product, was, now),)).applied(),
        pytest.raises((AssertionError, Drift, ValueError)),
    ):
        explore()


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000", "tile/0/001.p/1", "tile/1/000.p/1"])
def test_a_bit_that_flips_on_its_way_is_never_signed(path: str) -> None:
    """As it happened to a log of certificates in 2022, which could not be repaired."""

    class Flipping(MemoryLog):
        def put_file(self, path_: str, data: bytes) -> None:
            super().put_file(path_, bytes([data[0], data[1] ^ 4]) + data[2:] if path_ == path else data)

    world = World(Flipping())
    world.approved = BEFORE + 3
    signed = len(world.log.checkpoints)
    with pytest.raises(Drift, match=path):
        product.append_log(world.waiting, log=world.log, seals=world.seals, signer=SIGNER)
    assert len(world.log.checkpoints) == signed
    assert world.waiting(), "and nothing counts of it"


def test_a_bundle_that_was_changed_since_stops_the_log() -> None:
    world = World()
    bundle = TileName(-1, 0, BEFORE).path
    world.log.files[bundle] = world.log.files[bundle].replace(b"form 7", b"form 8", 1)
    world.approved += 1
    with pytest.raises(Drift, match=bundle):
        product.append_log(world.waiting, log=world.log, seals=world.seals, signer=SIGNER)
    assert len(world.log.checkpoints) == 1


def test_a_head_that_was_set_back_marks_nothing_that_the_published_log_has_not() -> None:
    """A restored table, or somebody's hand: the files that are written then are new ones, and nothing in them is wrong."""
    world = World()
    before = world.log.head()
    world.approved += 2
    product.append_log(world.waiting, log=world.log, seals=world.seals, signer=SIGNER)
    world.log.advance(world.log.head(), before)
    marks = dict(world.seals.marks)
    signed = len(world.log.checkpoints)
    with pytest.raises(Drift, match="of which the first 255 are others than these"):
        product.append_log(lambda: pending([1000]), log=world.log, seals=world.seals, signer=SIGNER)
    assert (world.seals.marks, len(world.log.checkpoints)) == (marks, signed)


def test_with_nothing_to_seal_nothing_is_written() -> None:
    world = World()
    assert product.append_log(world.waiting, log=world.log, seals=world.seals, signer=SIGNER) == 0
    before = World()
    assert (world.log.files, world.log.checkpoints) == (before.log.files, before.log.checkpoints)


class Counting(MemoryLog):
    """Counts what a batch asks of the store: operations, and bytes written and read."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = self.bytes = 0

    def put_file(self, path: str, data: bytes) -> None:
        self.operations, self.bytes = self.operations + 1, self.bytes + len(data)
        super().put_file(path, data)

    def file(self, path: str) -> bytes:
        data = super().file(path)
        self.operations, self.bytes = self.operations + 1, self.bytes + len(data)
        return data

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        written = sum(len(hash_) for row in now.edge.rows for hash_ in row)
        self.operations, self.bytes = self.operations + 1, self.bytes + written
        return super().advance(was, now)


def cost_at(size: int) -> tuple[int, int]:
    """Of sealing a thousand forms of 2 KB when so many entries are in the log."""
    log = Counting()
    edge, tiles = Edge().append([number.to_bytes(32, "big") for number in range(size)])
    log.files |= {tile.name.path: tile.data for tile in tiles}
    log.advance(log.head(), LogHead(1, edge))
    log.operations = log.bytes = 0
    waiting = [Pending(entry(number) + bytes(2_000), form(number)) for number in range(1_000)]
    product.append_log(lambda: waiting, log=log, seals=MemorySeals(), signer=SIGNER)
    return log.operations, log.bytes


def test_a_batch_costs_the_same_however_long_the_log_is() -> None:
    """Sizes that are whole bundles, since no entries lie in this log; 800,000 entries have one level of tiles more."""
    (few, small), (many, large) = cost_at(31 * 256), cost_at(3_125 * 256)
    assert many <= few * 1.2, (few, many)
    assert large <= small * 1.2, (small, large)
