"""Which reports a contest has, and the places in each of them.

A summary for every region down to `PART_DEPTH` below a root: the region, its children, and their numbers. A report at the level of
polling stations for every part of the tree (`domain.contest_tree.part_of`): all regions and stations of the part, and the
numbers of the stations alone, so that nothing in it is counted twice. In both, the regions above, without numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from realcount.domain.contest_tree import PART_DEPTH, ContestTree, part_of
from realcount.domain.election import Child, Region
from realcount.domain.form import FIGURES
from realcount.domain.paper import WITHDRAWAL, Paper
from realcount.domain.sum_tree import Sums
from realcount.rendering.nist.report import PRECINCT, SUMMARY, Unit

_VALID, _INVALID, _VOTERS = (FIGURES.index(name) for name in ("valid", "invalid", "voters.total"))


@dataclass(slots=True)
class Plan:
    """One report to be: about which region, in which format, and the `way` to it from the root. A report of stations has the
    stations below each region of its part, in the order of the walk."""

    region: Region
    format: str
    way: tuple[Region, ...]
    holding: list[tuple[Region, list[Child]]] = field(default_factory=list)


def plans_of(tree: ContestTree) -> Iterator[Plan]:
    """All reports of a contest. Summaries first; those of stations as the walk meets their parts."""
    for region, way in tree.walk():
        if len(way) <= PART_DEPTH + 1:
            yield Plan(region, SUMMARY, way)
    seen: set[str] = set()
    plan: Plan | None = None
    for region, way in tree.walk():
        part = part_of(way)
        if part is None:
            continue
        if plan is None or plan.region is not part:
            if plan is not None and any(stations for _, stations in plan.holding):
                yield plan
            plan = Plan(part, PRECINCT, way[: [above.id for above in way].index(part.id) + 1])
        plan.holding.append((region, list(tree.stations(region, seen))))
    if plan is not None and any(stations for _, stations in plan.holding):
        yield plan


def summary_units(plan: Plan, tree: ContestTree, sums: Mapping[str, Sums], papers: Mapping[str, Paper]) -> list[Unit]:
    units = _above(plan)
    children = list(plan.region.children_in(tree.contest))
    units.append(_region(plan.region, [child.id for child in children], sums[plan.region.id]))
    if plan.region.holds == "stations":
        return [*units, *(_station(child, papers.get(child.id)) for child in children)]
    return [*units, *(_region(tree.regions[child.id], (), sums[child.id]) for child in children)]


def precinct_units(plan: Plan, tree: ContestTree, papers: Mapping[str, Paper]) -> list[Unit]:
    here = {region.id for region, _ in plan.holding}
    units = _above(plan)
    for region, stations in plan.holding:
        below = [child.id for child in region.children_in(tree.contest) if child.id in here] if not stations else []
        units.append(_frame(region, [*below, *(child.id for child in stations)]))
        units += (_station(child, papers.get(child.id)) for child in stations)
    return units


def stations_of(plan: Plan) -> Iterator[Child]:
    return (child for _, stations in plan.holding for child in stations)


def _above(plan: Plan) -> list[Unit]:
    return [_frame(region, [below.id]) for region, below in zip(plan.way, plan.way[1:], strict=False)]


def _frame(region: Region, children: Sequence[str]) -> Unit:
    """A region without its numbers."""
    return Unit(region.id, region.level, region.name, children, region.expected, 0, None, False)


def _region(region: Region, children: Sequence[str], sums: Sums) -> Unit:
    return Unit(
        *(region.id, region.level, region.name, children, region.expected, sums.stations, region.registered, True),
        *(sums.votes, sums.valid, sums.invalid, sums.voters),
    )


def _station(child: Child, paper: Paper | None) -> Unit:
    known = paper is not None and paper.kind != WITHDRAWAL
    place = (child.id, None, child.name, (), 1, int(known), child.registered, True)
    if paper is None or not known:
        return Unit(*place[:7], False)
    figures = list(paper.figures())
    return Unit(*place, list(paper.votes()), figures[_VALID], figures[_INVALID], figures[_VOTERS])
