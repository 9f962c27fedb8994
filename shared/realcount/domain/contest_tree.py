"""All regions of one contest with what is below them: what a file about the whole of it is written along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from realcount.domain.election import Child, Contest, Region
from realcount.domain.sum_tree import Sums, nothing

PART_DEPTH = 2
"""How deep below a root the regions lie that have files of their own: regencies, where the root is a nation."""


class Visit(NamedTuple):
    """A region on the walk, with the way that led to it: root first, itself last."""

    region: Region
    way: tuple[Region, ...]


@dataclass(slots=True)
class ContestTree:
    """`regions` by id: everything that the contest's roots reach, once it is `complete`. `digest` names the election's files
    that they come from."""

    contest: Contest
    digest: str
    regions: dict[str, Region] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Regions that are named by what is here, and are not here themselves."""
        named = dict.fromkeys(self.contest.roots)
        for region in self.regions.values():
            if region.holds == "regions":
                named |= dict.fromkeys(child.id for child in region.children_in(self.contest))
        return [unit for unit in named if unit not in self.regions]

    def walk(self) -> Iterator[Visit]:
        """Every region once, parents before children, in the order of roots and of children on their page. What lies under two
        regions is met under the first of them. Parts of the tree stay together."""
        seen: set[str] = set()
        waiting = [(root, ()) for root in reversed(self.contest.roots)]  # type: list[tuple[str, tuple[Region, ...]]]
        while waiting:
            unit, above = waiting.pop()
            if unit in seen:
                continue
            seen.add(unit)
            region = self.regions[unit]
            way = (*above, region)
            yield Visit(region, way)
            if region.holds == "regions":
                waiting += [(child.id, way) for child in reversed(list(region.children_in(self.contest)))]

    def stations(self, region: Region, seen: set[str]) -> Iterator[Child]:
        """Those directly below the region that are not in `seen` yet; they are then."""
        if region.holds != "stations":
            return
        for child in region.children_in(self.contest):
            if child.id not in seen:
                seen.add(child.id)
                yield child

    def sums(self, stations: Mapping[str, Sums]) -> dict[str, Sums]:
        """What each region comes to: the sum of its children. A station that is not in `stations` adds nothing."""
        zero = nothing(len(self.contest.options))
        done: dict[str, Sums] = {}
        waiting = list(self.contest.roots)
        while waiting:
            unit = waiting[-1]
            region = self.regions[unit]
            children = [child.id for child in region.children_in(self.contest)]
            below = [child for child in children if child not in done] if region.holds == "regions" else []
            if below:
                waiting += below
                continue
            waiting.pop()
            known: Mapping[str, Sums] = done if region.holds == "regions" else stations
            done[unit] = _sum((known[child] for child in children if child in known), zero)
        return done


def part_of(way: tuple[Region, ...]) -> Region | None:
    """The region whose file a region's stations are in: the one at `PART_DEPTH`, or the region itself if it lies above and
    holds stations. None for a region that is above all parts."""
    if len(way) > PART_DEPTH:
        return way[PART_DEPTH]
    return way[-1] if way[-1].holds == "stations" else None


def _sum(parts: Iterator[Sums], zero: Sums) -> Sums:
    stations = valid = invalid = voters = 0
    votes = list(zero.votes)
    for part in parts:
        stations += part.stations
        valid += part.valid
        invalid += part.invalid
        voters += part.voters
        for i, count in enumerate(part.votes):
            votes[i] += count
    return Sums(stations, valid, invalid, voters, tuple(votes))
