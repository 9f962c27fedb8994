"""From checked rows to the election's units, with everything computed that never changes during the count.

A station of a village shares parents, ancestors and path with every other station of it, so that a million of them fit
into a few hundred megabytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from realcount.cli.election_files.network import Network
from realcount.cli.election_files.rows import Parents, StationRow
from realcount.domain.election import Child, Crumb, Election, Region, Station


def build_units(election: Election, network: Network, stations: Sequence[StationRow]) -> list[Region | Station]:
    """All units, regions first and each region after those above it, stations in the order of the file.

    The rows have passed every check. A region's children keep the order of the files; stations registered as unknown
    add nothing to `registered`.
    """
    expected = dict.fromkeys(network.regions, 0)
    registered = dict.fromkeys(network.regions, 0)
    above = {parents: network.above(parents) for parents in network.groups}
    for parents, group in network.groups.items():
        voters = sum(row.registered or 0 for row in group)
        for higher in above[parents]:
            expected[higher] += len(group)
            registered[higher] += voters

    children: dict[str, list[Child]] = {unit: [] for unit in network.regions}
    for row in network.regions.values():
        for parent in row.parents:
            child = Child(row.id, row.name, parent.hierarchy, expected[row.id], registered[row.id], serial=row.serial)
            children[parent.unit].append(child)
    for station in stations:
        for parent in station.parents:
            child = Child(
                station.id, station.name, parent.hierarchy, 1, station.registered, station.kind, station.serial
            )
            children[parent.unit].append(child)

    units: list[Region | Station] = []
    ways: dict[str, tuple[Crumb, ...]] = {}
    """From each region up, itself included: the path of its children."""
    for unit in network.order:
        row = network.regions[unit]
        region = Region(
            election=election.id,
            id=unit,
            level=row.level,
            name=row.name,
            parents=row.parents,
            ancestors=network.ancestors[unit],
            path=ways[_nearest(election, row.parents)] if row.parents else (),
            children=tuple(children.pop(unit)),
            holds="stations" if unit in network.holding else "regions",
            expected=expected[unit],
            registered=registered[unit],
        )
        ways[unit] = (*region.path, _crumb(election, region))
        units.append(region)
    for station in stations:
        units.append(
            Station(
                election=election.id,
                id=station.id,
                kind=station.kind,
                name=station.name,
                parents=station.parents,
                ancestors=above[station.parents],
                path=ways[_nearest(election, station.parents)],
                registered=station.registered,
            )
        )
    return units


def _nearest(election: Election, parents: Parents) -> str:
    """The one parent that a reader is shown the way up by: in the election's first hierarchy, else in the next one."""
    return min(parents, key=lambda parent: election.hierarchies.index(parent.hierarchy)).unit


def _crumb(election: Election, region: Region) -> Crumb:
    outside = tuple(contest.key.contest for contest in election.contests if not contest.covers(region))
    return Crumb(region.id, region.name, region.level, outside)
