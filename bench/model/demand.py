"""Which pages there are and how often each is asked for: the nation, regions by rank, stations alike.

91,540 regions in five contests are too many to go through one by one for every point of a curve. Ranks are exact for the
first two hundred; behind that, runs of ranks within one level and two per cent of each other stand for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bench.model.inputs import Inputs

EXACT = 200
STEP = 1.02


@dataclass(frozen=True, slots=True)
class Pages:
    """`count` pages of one level and contest, each asked for by the share `share` of all requests."""

    level: int
    first_contest: bool
    count: float
    share: float


def demand(inputs: Inputs) -> list[Pages]:
    """All pages, in groups. Shares times counts add up to one."""
    contests, regions = int(inputs("contests")), tuple(int(count) for count in inputs.all("regions"))
    nation, stations, zipf = inputs("nation_share"), inputs("station_share"), inputs("zipf")
    groups = [(0, 1.0, nation)]
    ranks = list(_ranks(regions[1:]))
    weight = sum(count * _mean_weight(first, count, zipf) for _, first, count in ranks)
    rest = 1 - nation - stations
    groups += [(level, count, rest * _mean_weight(first, count, zipf) / weight) for level, first, count in ranks]
    groups.append((len(regions), inputs("stations"), stations / inputs("stations")))
    main = inputs("main_contest_share") if contests > 1 else 1.0
    pages = [Pages(level, True, count, share * main) for level, count, share in groups]
    if contests > 1:
        others = contests - 1
        pages += [Pages(level, False, count * others, share * (1 - main) / others) for level, count, share in groups]
    return pages


def catalogue(pages: int, zipf: float) -> list[tuple[int, float]]:
    """So many pages of one kind: how many of a group, and the share of requests for each of them."""
    runs = [(count, _mean_weight(first, count, zipf)) for _, first, count in _ranks((pages,))]
    weight = sum(count * each for count, each in runs)
    return [(count, each / weight) for count, each in runs]


@cache
def _ranks(levels: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    """Level, first rank and number of ranks of each run; larger regions first, so a level's ranks follow the last's."""
    return tuple(_runs(levels))


def _runs(levels: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    first = 1
    for level, count in enumerate(levels, start=1):
        end = first + count
        while first < end:
            length = 1 if first <= EXACT else max(1, min(int(first * (STEP - 1)), end - first))
            yield level, first, length
            first += length


@cache
def _mean_weight(first: int, count: int, zipf: float) -> float:
    """The mean of rank^-zipf over a run of ranks, by its middle: exact for one rank, off by 3e-5 for two per cent."""
    return float((first + (count - 1) / 2) ** -zipf)
