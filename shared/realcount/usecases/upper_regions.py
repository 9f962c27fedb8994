"""Which regions of a contest are upper ones, and which lie above a station."""

from __future__ import annotations

from collections.abc import Iterator

from realcount.domain.election import TOP, Contest, Region, Station
from realcount.domain.errors import NotFound
from realcount.ports import ElectionStore
from realcount.rendering.deltas import UPPER, is_upper


def upper_regions(contest: Contest, elections: ElectionStore) -> Iterator[Region]:
    """Each once, a region before those below it. Raises `NotFound` for one that is not loaded, and `Unavailable`."""
    seen: set[str] = set()
    level = list(contest.roots)
    while level:
        below: list[str] = []
        for unit in level:
            if unit in seen:
                continue
            seen.add(unit)
            region = _region(contest, unit, elections)
            if not is_upper(region):
                continue
            yield region
            if region.holds == "regions" and len(region.path) < UPPER:
                below += [child.id for child in region.children_in(contest)]
        level = below


def regions_above(contest: Contest, station: Station, elections: ElectionStore) -> list[Region]:
    """Every region that the station's numbers flow into in this contest, each once, one after those below it.

    Raises as `upper_regions`."""
    found: dict[str, Region] = {}
    level = list(contest.parents_of(station))
    while level:
        above: list[str] = []
        for unit in level:
            if unit == TOP:
                continue
            region = found.pop(unit, None) or _region(contest, unit, elections)
            found[unit] = region  # again at the end, if a longer way leads here as well
            above += contest.parents_of(region)
        level = above
    return list(found.values())


def _region(contest: Contest, unit: str, elections: ElectionStore) -> Region:
    region = elections.region(contest.key.election, unit)
    if region is None:
        raise NotFound(f"there is no region {unit!r} in {contest.key}")
    return region
