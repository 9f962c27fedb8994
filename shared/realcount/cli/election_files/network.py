"""The regions as a network: who lies above whom, through which hierarchy, and whether there is a way round in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from realcount.cli.election_files.rows import Parents, RegionRow, StationRow


@dataclass(frozen=True, slots=True)
class Network:
    """`regions` and `groups` are what the files say, the rest is what follows.

    `groups` are the stations by the very same parents: what is true of one of a group's stations is true of all.
    `order` lists regions, each after all its parents, and `rank` is a region's place in it; regions on a circle, or
    below one, are missing from both.
    `ancestors` are all regions above one, in any hierarchy, the nearest first; `below` are the regions directly below,
    `holding` the groups of stations directly below, for the regions that have any.
    """

    regions: Mapping[str, RegionRow]
    groups: Mapping[Parents, Sequence[StationRow]]
    order: Sequence[str]
    ancestors: Mapping[str, tuple[str, ...]]
    below: Mapping[str, Sequence[str]]
    holding: Mapping[str, Sequence[Parents]]
    rank: Mapping[str, int]

    def above(self, parents: Parents) -> tuple[str, ...]:
        """All regions above a unit with these parents. Parents that do not exist, or lie on a circle, lead nowhere."""
        units = dict.fromkeys(parent.unit for parent in parents if parent.unit in self.ancestors)
        return tuple(dict.fromkeys([*units, *(region for unit in units for region in self.ancestors[unit])]))

    def downward(self, roots: Iterable[str]) -> list[str]:
        """The roots and all regions below them in any hierarchy, parents first; regions on a circle are left out."""
        found = {root for root in roots if root in self.ancestors}
        waiting = list(found)
        while waiting:
            fresh = [unit for unit in self.below[waiting.pop()] if unit in self.ancestors and unit not in found]
            found.update(fresh)
            waiting.extend(fresh)
        return sorted(found, key=self.rank.__getitem__)


def build_network(regions: Mapping[str, RegionRow], stations: Iterable[StationRow]) -> Network:
    """Pure. Parents that are not among `regions` are ignored here; `references` reports them."""
    groups: dict[Parents, list[StationRow]] = {}
    for station in stations:
        groups.setdefault(station.parents, []).append(station)

    waiting = {unit: {parent.unit for parent in row.parents if parent.unit in regions} for unit, row in regions.items()}
    below: dict[str, list[str]] = {unit: [] for unit in regions}
    for unit, above in waiting.items():
        for parent in above:
            below[parent].append(unit)
    order = [unit for unit, above in waiting.items() if not above]
    for unit in order:  # Grows while we walk it: a region comes up once the last of its parents has.
        for child in below[unit]:
            waiting[child].discard(unit)
            if not waiting[child]:
                order.append(child)

    holding: dict[str, list[Parents]] = {}
    for parents in groups:
        for region in dict.fromkeys(parent.unit for parent in parents):
            holding.setdefault(region, []).append(parents)
    ancestors: dict[str, tuple[str, ...]] = {}
    rank = {unit: i for i, unit in enumerate(order)}
    network = Network(regions, groups, order, ancestors, below, holding, rank)
    for unit in order:
        ancestors[unit] = network.above(regions[unit].parents)
    return network


def circles(network: Network) -> list[list[str]]:
    """Every circle of regions, each once, beginning with the region that comes first in the file."""
    left = network.regions.keys() - network.ancestors.keys()
    found: list[list[str]] = []
    done: set[str] = set()
    for start in sorted(left, key=lambda unit: network.regions[unit].line):
        trail: dict[str, None] = {}
        unit: str | None = start
        # Whatever is left over has a parent that is left over too, so walking up must come round.
        while unit is not None and unit not in done and unit not in trail:
            trail[unit] = None
            unit = next((parent.unit for parent in network.regions[unit].parents if parent.unit in left), None)
        if unit is not None and unit in trail:
            names = list(trail)
            circle = names[names.index(unit) :]
            first = min(range(len(circle)), key=lambda i: network.regions[circle[i]].line)
            found.append(circle[first:] + circle[:first])
        done.update(trail)
    return found
