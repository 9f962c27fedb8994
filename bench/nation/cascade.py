"""Tally writes per form: the real `count_form` and `roll_up`, fed from streams that are cut into batches as Lambda cuts them.

A stream has shards, an item's shard follows from its partition key, and each shard hands over a batch every second: what
came since, and no more than the template's `BatchSize`. Every function keeps up; the capacity model says what that takes.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar, cast
from zlib import crc32

from bench.nation.tree import Ledger, Tree
from realcount.cli.situng2019_election import CONTEST, NATION
from realcount.domain.election import TOP
from realcount.domain.tally import RowChange, StationChange
from realcount.local.memory import MemoryTallies
from realcount.local.template import read_stack
from realcount.usecases.count_form import count_form
from realcount.usecases.roll_up import roll_up

T = TypeVar("T")
Row = dict[str, object]

SHARDS = 4
"""One for each thousand write units that a table is warmed to (`WarmWriteUnits`)."""

APPROVAL_AFTER = 60
"""Seconds from a form to its approval, where they are two events."""

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class Stream(Generic[T]):
    """What waits to be read, by shard. `key` is what decides the shard: the partition key."""

    def __init__(self, key: Callable[[T], str], batch_size: int) -> None:
        self._key, self._batch_size = key, batch_size
        self._shards: list[deque[T]] = [deque() for _ in range(SHARDS)]

    def send(self, change: T) -> None:
        self._shards[crc32(self._key(change).encode()) % SHARDS].append(change)

    def waiting(self) -> int:
        return sum(map(len, self._shards))

    def second(self, deliver: Callable[[Sequence[T]], None]) -> None:
        """What is there now, in batches. What comes while it is worked on waits for the next second."""
        for shard, there in [(shard, len(shard)) for shard in self._shards]:
            while there > 0:
                batch = [shard.popleft() for _ in range(min(there, self._batch_size))]
                there -= len(batch)
                deliver(batch)

    def batch(self, deliver: Callable[[Sequence[T]], None]) -> None:
        """One batch of each shard, as large as may be: a reader that has been standing still."""
        for shard in self._shards:
            if shard:
                deliver([shard.popleft() for _ in range(min(len(shard), self._batch_size))])


@dataclass
class Night:
    """One count from nothing."""

    tree: Tree
    batch_sizes: dict[str, int]
    rows: int = field(default=0, init=False)
    """Rows written for stations; all others are regions'."""

    def __post_init__(self) -> None:
        self.ledger = Ledger()
        self.tallies = MemoryTallies(self._on_row)
        self.forms = Stream[StationChange](lambda change: change.station, self.batch_sizes["count_form"])
        self.tally = Stream[RowChange](lambda change: change.parent, self.batch_sizes["roll_up"])

    def count(self, changes: Sequence[StationChange]) -> None:
        for change in dict.fromkeys(changes):
            self.rows += count_form(
                change, elections=cast(Any, self.tree), forms=cast(Any, self.ledger), tallies=self.tallies
            )

    def roll_up(self, changes: Sequence[RowChange]) -> None:
        outcome = roll_up(changes, elections=cast(Any, self.tree), tallies=self.tallies)
        if outcome.failed:
            raise SystemExit(f"regions failed: {outcome.failed}")

    def approved(self) -> int:
        """What the nation shows."""
        nation = self.tallies.row(CONTEST, TOP, NATION)
        return nation.approved if nation else 0

    def _on_row(self, change: RowChange) -> None:
        self.tally.send(change)


def batch_sizes() -> dict[str, int]:
    """What the template says."""
    return {one.function: one.batch_size for one in read_stack(TEMPLATE).subscriptions}


def live(tree: Tree, sizes: dict[str, int], rate: int, seconds: int, seed: int = 1) -> Row:
    """Forms from anywhere, so many a second; each is approved a minute later, which is a second change of the same row."""
    stations = random.Random(seed).sample(tree.stations, min(rate * seconds, len(tree.stations)))
    night, began = Night(tree, sizes), time.process_time()
    late: list[int] = []
    known = [0]
    spent = [(0, 0.0)]
    span = -(-len(stations) // rate)
    for second in range(span + APPROVAL_AFTER + 20):
        for at in (second, second - APPROVAL_AFTER):
            for station in stations[at * rate : (at + 1) * rate] if 0 <= at < span else ():
                night.forms.send(night.ledger.happened(station))
        known.append(min(len(stations), max(0, (second - APPROVAL_AFTER + 1) * rate)))
        night.forms.second(night.count)
        night.tally.second(night.roll_up)
        if APPROVAL_AFTER <= second < span + APPROVAL_AFTER:
            shows = night.approved()
            late.append(next(back for back in range(len(known)) if known[-1 - back] <= shows))
        if second < span:
            spent.append((night.tallies.writes, time.process_time() - began))
    return _row("live", f"{rate:,} forms/s for {span} s, anywhere, received and a minute later approved", night, len(stations), began) | {
        "seconds_behind": max(late, default=0),
        "growth": _growth(spent),
    }  # fmt: skip


def backlog(tree: Tree, sizes: dict[str, int], forms: int, stood_still: str, seed: int = 1) -> Row:
    """Forms from anywhere, received and approved while a function stood still; then it goes, in batches as large as may be.

    If that was `count_form`, `roll_up` follows at its heels, which is the dearest: a reader that lags shares more.
    """
    stations = random.Random(seed).sample(tree.stations, forms)
    night, began = Night(tree, sizes), time.process_time()
    for change in [night.ledger.happened(station) for _ in range(2) for station in stations]:
        night.forms.send(change)
    while night.forms.waiting():
        night.forms.batch(night.count)
        if stood_still == "count_form":
            night.tally.second(night.roll_up)
    while night.tally.waiting():
        night.tally.batch(night.roll_up)
    return _row("backlog", f"all at once, after `{stood_still}` had stood still", night, forms, began)


def table(rows: Sequence[Row]) -> str:
    """The rows for a person, as Markdown."""
    lines = [
        "| forms come | batches of | forms | changes of a station per form | rows written per change | per form, all in all "
        "| nation behind, s | CPU µs per form | last third to second |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['story']} | {row['batch_size']:,} | {row['forms']:,} | {row['changes'] / row['forms']:.0f} "
        f"| **{row['per_change']}** | {row['per_form']} "
        f"| {row.get('seconds_behind', '')} | {row['cpu_us']} | {row.get('growth', '')} |"
        for row in rows
    ]
    return "\n".join(lines)


def _row(kind: str, story: str, night: Night, forms: int, began: float) -> Row:
    cpu = time.process_time() - began
    if night.approved() != forms:
        raise SystemExit(f"{story}: the nation shows {night.approved()} of {forms} forms")
    return {
        "kind": kind,
        "story": story,
        "batch_size": night.batch_sizes["roll_up"],
        "forms": forms,
        "changes": night.rows,
        "writes": night.tallies.writes,
        "per_change": round(night.tallies.writes / night.rows, 2),
        "per_form": round(night.tallies.writes / forms, 2),
        "regions_per_form": round((night.tallies.writes - night.rows) / forms, 2),
        "cpu_us": round(cpu / forms * 1e6),
    }


def _growth(spent: Sequence[tuple[int, float]]) -> float:
    """Processor time per written row in the last third, by that in the second, of rows and time up to each second."""
    (first, at), (second, later), (third, end) = (spent[part * (len(spent) - 1) // 3] for part in (1, 2, 3))
    if first == second or second == third:
        return 1.0  # Too few to tell.
    return round(((end - later) / (third - second)) / ((later - at) / (second - first)), 2)
