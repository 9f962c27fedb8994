"""Every row of the tally in one reading, in no order: which regions have to be looked at closely.

A reading of a whole table is no snapshot: a parent's row may be read before or after its children's. So what does not fit
here is no difference yet, but a suspicion. What fits is right: each station's numbers are those of the log, and each
region's are the sum of its children's by value, whenever each of them was read. Where nothing is suspected the totals of
the whole tree are the log's, by addition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from realcount.domain.counted import Counted
from realcount.domain.election import TOP, ContestKey
from realcount.domain.instants import EPOCH
from realcount.domain.sum_tree import nothing
from realcount.domain.tally import Row, Tally
from realcount.usecases.recount_log import LogCount, Tree
from realcount.usecases.recount_stations import numbers_of

Place = tuple[ContestKey, str]


def numbers_in(tally: Tally) -> list[int]:
    """Everything in a row that is added up, with its version first."""
    return [
        *(tally.sv, tally.valid, tally.invalid, tally.voters),
        *(tally.received, tally.approved, tally.flagged, tally.incomplete),
        *tally.votes,
    ]


@dataclass(slots=True)
class Sum:
    """What the rows under one region come to."""

    numbers: list[int]
    at: str = EPOCH

    def add(self, tally: Tally) -> None:
        """Raises `ValueError` for a row of another number of options."""
        self.numbers = [a + b for a, b in zip(self.numbers, numbers_in(tally), strict=True)]
        self.at = max(self.at, tally.at)

    def equals(self, row: Tally | None) -> bool:
        if row is None:
            return not any(self.numbers)
        return numbers_in(row) == self.numbers and row.at == self.at


def no_sum(options: int) -> Sum:
    return Sum([0] * (8 + options))


@dataclass(slots=True)
class Suspects:
    """`regions` whose rows do not fit, and `strays`: rows at places that the election does not have."""

    rows: int = 0
    regions: dict[Place, None] = field(default_factory=dict)
    strays: list[Row] = field(default_factory=list)


def suspects_among(rows: Iterable[Row], trees: Mapping[ContestKey, Tree], count: LogCount) -> Suspects:
    """Reads `rows` once and keeps the sums of the regions, not the rows."""
    found = Suspects()
    sums: dict[Place, Sum] = {}
    own: dict[Place, dict[str, Tally]] = {}
    counted_under: Counter[Place] = Counter()
    for row in rows:
        found.rows += 1
        contest, parent, child, tally = row
        tree = trees.get(contest)
        if tree is None or parent not in tree.parents(child):
            found.strays.append(row)
            continue
        if child in tree.children:
            own.setdefault((contest, child), {})[parent] = tally
        else:
            counted = count.fold.stations.get((contest, child))
            counted_under[contest, parent] += counted is not None
            if not _as_logged(tally, counted):
                found.regions[contest, parent] = None
        if parent != TOP:
            options = len(tree.contest.options)
            try:
                sums.setdefault((contest, parent), no_sum(options)).add(tally)
            except ValueError:
                found.regions[contest, parent] = None
    for place, missing in (_counted_stations(trees, count) - counted_under).items():
        if missing:
            found.regions[place] = None
    for contest, tree in trees.items():
        nothing_below = no_sum(len(tree.contest.options))
        for region in tree.children:
            sum_ = sums.get((contest, region), nothing_below)
            held = own.get((contest, region), {})
            if not all(sum_.equals(held.get(parent)) for parent in tree.parents(region)):
                found.regions[contest, region] = None
    return found


def _as_logged(tally: Tally, counted: Counted | None) -> bool:
    return numbers_of(tally) == (counted.sums if counted else nothing(len(tally.votes)))


def _counted_stations(trees: Mapping[ContestKey, Tree], count: LogCount) -> Counter[Place]:
    """How many stations the log counts directly under each region: each of them must have a row there."""
    found: Counter[Place] = Counter()
    for contest, station in count.fold.stations:
        tree = trees.get(contest)
        for parent in tree.parents(station) if tree else ():
            found[contest, parent] += 1
    return found
