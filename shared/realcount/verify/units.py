"""The tree of the election as the log was opened with it: which regions a contest's numbers go through, and whom a key
reaches.

The file is the log's own claim, and a claim can be absurd: regions inside themselves, stations with regions in them. Such
a tree is refused before anything walks over it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from realcount.domain.election import ContestKey, Parent
from realcount.domain.errors import NotFound, Rejected
from realcount.domain.log.snapshots import ContestFrame, Opening
from realcount.domain.log.unit_lists import children_in, list_digest, read_unit_list
from realcount.domain.official import OfficialKey
from realcount.verify.findings import Finding, Findings
from realcount.verify.sources import Source, TooLarge, unpacked

FILE = "units"
MAX_UNITS = 512 * 1024 * 1024
"""Bytes of the file as unpacked: a nation of 900,000 units has 80 MB."""

MAX_DEPTH = 64
"""Regions one inside the other."""


@dataclass(frozen=True, slots=True)
class ContestTree:
    """The regions below and at one root of one contest. `depth` is 0 at the root."""

    root: str
    hierarchies: Sequence[str]
    children: Mapping[str, Sequence[str]]
    depth: Mapping[str, int]


@dataclass(slots=True)
class Units:
    """`parents` of every unit in the order of the file; `regions` are those that are no stations."""

    parents: dict[str, tuple[Parent, ...]] = field(default_factory=dict)
    regions: set[str] = field(default_factory=set)
    trees: dict[ContestKey, list[ContestTree]] = field(default_factory=dict)
    _above: dict[tuple[Parent, ...], frozenset[str]] = field(default_factory=dict)

    def is_station(self, unit: str) -> bool:
        return unit in self.parents and unit not in self.regions

    def above(self, unit: str) -> frozenset[str]:
        """All regions above a unit, in any hierarchy."""
        parents = self.parents.get(unit, ())
        known = self._above.get(parents)
        if known is None:
            near = {parent.unit for parent in parents}
            known = frozenset(near.union(*(self.above(region) for region in near)))
            self._above[parents] = known
        return known

    def reached_by(self, key: OfficialKey, station: str) -> bool:
        """`OfficialKey.speaks_for`, by the tree that the log was opened with."""
        return station in key.regions or not self.above(station).isdisjoint(key.regions)

    def votes_in(self, contest: ContestKey, station: str) -> Iterator[tuple[ContestTree, str]]:
        """The trees of the contest that the station is in, and the region there that lists it."""
        parents = self.parents.get(station, ())
        for tree in self.trees.get(contest, ()):
            for parent in parents:
                if parent.hierarchy in tree.hierarchies and parent.unit in tree.depth:
                    yield tree, parent.unit
                    break


def read_units(
    source: Source, opening: Opening, contests: Mapping[ContestKey, ContestFrame], findings: Findings
) -> Units | None:
    """The tree, with those of these contests in it, or None if there is none to add up by. Raises `Unavailable`."""
    try:
        data = unpacked(source.get(FILE, MAX_UNITS), MAX_UNITS)
    except NotFound as error:
        findings.add(Finding("missing", FILE, str(error), "the tree of the election"))
        return None
    except TooLarge as error:
        findings.add(Finding("too-large", FILE, str(error), f"at most {MAX_UNITS} bytes"))
        return None
    except ValueError as error:
        findings.add(Finding("bad-units", FILE, str(error), "the tree of the election, plain or as gzip writes it"))
        return None
    digest = list_digest([data])
    if digest != opening.units:
        findings.add(Finding("units-differ", FILE, f"SHA-256 {digest}", f"{opening.units}, as the opening says", 0))
    return units_in(data, contests, findings)


def units_in(data: bytes, contests: Mapping[ContestKey, ContestFrame], findings: Findings) -> Units | None:
    units = Units()
    shared: dict[tuple[Parent, ...], tuple[Parent, ...]] = {}  # Stations of a village share their parents.
    try:
        for unit in read_unit_list(data.splitlines(keepends=True)):
            units.parents[unit.id] = shared.setdefault(unit.parents, unit.parents)
            if not unit.station:
                units.regions.add(unit.id)
    except Rejected as error:
        findings.add(Finding("bad-units", FILE, str(error), "a line for each unit, in the order of their ids"))
        return None
    if wrong := _first_wrong(units, shared):
        findings.add(
            Finding("bad-units", FILE, wrong[1], "regions inside regions, stations inside them", unit=wrong[0])
        )
        return None
    by_hierarchies: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
    for contest, frame in contests.items():
        children = by_hierarchies.get(frame.hierarchies)
        if children is None:
            children = by_hierarchies[frame.hierarchies] = children_in(units.parents, frame.hierarchies)
        for root in dict.fromkeys(frame.roots):
            tree = _tree(units, root, frame.hierarchies, children)
            if isinstance(tree, str):
                expected = f"a tree below {root} for {contest}"
                findings.add(Finding("bad-units", FILE, tree, expected, unit=root))
                return None
            units.trees.setdefault(contest, []).append(tree)
    return units


def _first_wrong(units: Units, groups: Mapping[tuple[Parent, ...], tuple[Parent, ...]]) -> tuple[str, str] | None:
    """A unit that lies in nothing, in a station, or in itself."""
    for parents in groups:
        for parent in parents:
            if parent.unit not in units.regions:
                what = "is a station" if parent.unit in units.parents else "is not listed"
                return parent.unit, f"{parent.unit} has units in it, and {what}"
    waiting = {region: len(units.parents[region]) for region in units.regions}
    inside: dict[str, list[str]] = {}
    for region in units.regions:
        for parent in units.parents[region]:
            inside.setdefault(parent.unit, []).append(region)
    ready = [region for region, above in waiting.items() if not above]
    for _ in range(MAX_DEPTH):
        below = [region for upper in ready for region in inside.get(upper, ())]
        ready = []
        for region in below:
            waiting[region] -= 1
            if not waiting[region]:
                ready.append(region)
    lost = sorted({*ready, *(region for region, above in waiting.items() if above)})
    return (lost[0], f"{lost[0]} lies in itself, or below more than {MAX_DEPTH} others") if lost else None


def _tree(
    units: Units, root: str, hierarchies: Sequence[str], children: Mapping[str, Sequence[str]]
) -> ContestTree | str:
    """The tree below a root, or what is wrong with it: a unit that is reached twice would be counted twice."""
    if root not in units.regions:
        return f"the root {root} is no region"
    depth = {root: 0}
    stations: set[str] = set()
    below = [root]
    while below:
        region = below.pop()
        for child in children.get(region, ()):
            if child in depth or child in stations:
                return f"{child} is reached in two ways"
            if child in units.regions:
                depth[child] = depth[region] + 1
                below.append(child)
            else:
                stations.add(child)
    return ContestTree(root, hierarchies, children, depth)
