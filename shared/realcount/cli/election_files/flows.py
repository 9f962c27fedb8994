"""Whether numbers flow as they must: every station into each region above it by exactly one way, in every contest.

Findings are of two sorts. Those of *presence* (a circle, two ways, mixed children) are always true. Those of *absence*
(nothing below, nothing above, stations that do not arrive) would be raised a thousandfold by one mistyped line, so they
are looked for only once everything else is clean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from realcount.cli.election_files.finding import FileFinding
from realcount.cli.election_files.frame import Frame
from realcount.cli.election_files.network import Network, circles
from realcount.cli.election_files.rows import Parents
from realcount.domain.election import Contest


@dataclass(frozen=True, slots=True)
class Flow:
    """One contest's numbers on their way up, as `Contest.parents_of` sends them: a root passes nothing on.

    `reach` maps a region to every region its numbers arrive in, itself first; `arriving` the parents of stations to the
    regions theirs arrive in. `twice` are the units whose ways meet again, with the region where they meet.
    """

    contest: Contest
    reach: dict[str, tuple[str, ...]] = field(default_factory=dict)
    arriving: dict[Parents, tuple[str, ...]] = field(default_factory=dict)
    twice: list[tuple[str | Parents, str]] = field(default_factory=list)

    def above(self, parents: Parents, unit: str | Parents) -> tuple[str, ...]:
        ways = [
            region
            for parent in parents
            if parent.hierarchy in self.contest.hierarchies
            for region in self.reach.get(parent.unit, ())
        ]
        distinct = tuple(dict.fromkeys(ways))
        if len(distinct) < len(ways):
            # Noted where the ways part, and only there: every unit below would repeat it.
            self.twice.append((unit, next(region for i, region in enumerate(ways) if region in ways[:i])))
        return distinct


def trace(contest: Contest, network: Network) -> Flow:
    """Follow a contest's numbers. Visits only what lies below its roots, so that thousands of local contests cost little."""
    flow = Flow(contest)
    roots = set(contest.roots)
    downward = network.downward(contest.roots)
    for unit in downward:
        if unit in roots:
            flow.reach[unit] = (unit,)
        elif above := flow.above(network.regions[unit].parents, unit):
            flow.reach[unit] = (unit, *above)
    for parents in dict.fromkeys(parents for unit in downward for parents in network.holding.get(unit, ())):
        if above := flow.above(parents, parents):
            flow.arriving[parents] = above
    return flow


@dataclass(frozen=True, slots=True)
class FlowChecks:
    """The checks over one network. Lines and files of findings are those of the rows concerned."""

    frame: Frame | None
    region_file: str
    station_file: str
    network: Network
    flows: Sequence[Flow]

    def presence(self) -> Iterator[FileFinding]:
        for circle in circles(self.network):
            way = " → ".join([*circle, circle[0]])
            yield self._of_region(circle[0], "parents", f"is its own ancestor: {way}")
        for unit in self.network.regions:
            if self.network.below[unit] and unit in self.network.holding:
                yield self._of_region(
                    unit, "id", f"{unit!r} holds both regions and polling stations: put a region between"
                )
        for i, flow in enumerate(self.flows):
            yield from self._two_ways(flow)
            yield from self._nested_roots(flow, i)

    def _two_ways(self, flow: Flow) -> Iterator[FileFinding]:
        for unit, region in flow.twice:
            problem = f"leads to region {region!r} by two ways in contest {_id(flow)}: votes would count twice"
            if isinstance(unit, str):
                yield self._of_region(unit, "parents", problem)
            else:
                yield from self._of_group(unit, problem)

    def _nested_roots(self, flow: Flow, index: int) -> Iterator[FileFinding]:
        for j, root in enumerate(flow.contest.roots):
            row = self.network.regions.get(root)
            for parent in row.parents if row and self.frame else ():
                if self.frame and parent.hierarchy in flow.contest.hierarchies and parent.unit in flow.reach:
                    upper = flow.reach[parent.unit][-1]
                    problem = f"{root!r} lies below another root, {upper!r}, which would miss its votes"
                    yield self.frame.finding(f"contests[{index}].roots[{j}]", problem)
                    break

    def absence(self) -> Iterator[FileFinding]:
        expected = dict.fromkeys(self.network.regions, 0)
        for parents, group in self.network.groups.items():
            for region in self.network.above(parents):
                expected[region] += len(group)
        for unit, count in expected.items():
            if not count:
                yield self._of_region(unit, "id", f"{unit!r} has no polling station below it")

        roots = {root for flow in self.flows for root in flow.contest.roots}
        needed = roots.union(*(self.network.ancestors[root] for root in roots))
        for unit, row in self.network.regions.items():
            if not row.parents and unit not in needed:
                problem = f"{unit!r} has no parents and is no contest's root: its numbers would end nowhere"
                yield self._of_region(unit, "parents", problem)
        voting = {parents for flow in self.flows for parents in flow.arriving}
        for parents in self.network.groups.keys() - voting:
            yield from self._of_group(
                parents, "leads to no root: it votes in no contest" if parents else "a polling station needs a parent"
            )
        for flow in self.flows:
            yield from self._strays(flow)
            yield from self._shortfalls(flow, expected)

    def _strays(self, flow: Flow) -> Iterator[FileFinding]:
        """Regions that numbers of the contest flow into, and from which they never arrive at a root."""
        strays: dict[str, str] = {}
        ways = [(unit, self.network.regions[unit].parents) for unit in flow.reach if unit not in flow.contest.roots]
        ways += [(self.network.groups[parents][0].id, parents) for parents in flow.arriving]
        for unit, parents in ways:
            for parent in parents:
                if parent.hierarchy in flow.contest.hierarchies and parent.unit not in flow.reach:
                    strays.setdefault(parent.unit, unit)
        for stray, unit in strays.items():
            problem = (
                f"numbers of {unit!r} in contest {_id(flow)} flow into {stray!r}, from which no way leads to a root"
            )
            yield self._of_region(stray, "parents", problem)

    def _shortfalls(self, flow: Flow, expected: dict[str, int]) -> Iterator[FileFinding]:
        """Regions whose page would say that so many stations are expected, of which some can never come."""
        arrived = dict.fromkeys(flow.reach, 0)
        for parents, regions in flow.arriving.items():
            for region in regions:
                arrived[region] += len(self.network.groups[parents])
        for unit, count in arrived.items():
            if count != expected[unit]:
                problem = (
                    f"{expected[unit]} polling stations lie below {unit!r}, but in contest {_id(flow)} {count} arrive"
                )
                yield self._of_region(unit, "id", problem)

    def _of_region(self, unit: str, where: str, problem: str) -> FileFinding:
        return FileFinding(self.region_file, self.network.regions[unit].line, where, problem)

    def _of_group(self, parents: Parents, problem: str) -> Iterator[FileFinding]:
        for row in self.network.groups[parents]:
            yield FileFinding(self.station_file, row.line, "parents", problem)


def _id(flow: Flow) -> str:
    return repr(flow.contest.key.contest)
