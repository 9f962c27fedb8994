"""The flagged stations below a region, by the rows of the tally: only into what has any below it.

Rows carry how many are flagged, and a station's row what was found. So it costs two readings for each region with a flagged
station in it, and nothing for all others. What was read stays in the caller's memory under the version of the row that led
there: a region whose row did not move since is not read again.

A row is read before what lies below it. What is listed is therefore at least as new as the row, and as newly as that, what
came since may be listed or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from realcount.domain.election import Contest, ContestKey, Region
from realcount.domain.errors import NotFound
from realcount.domain.tally import Tally
from realcount.ports import ElectionStore
from realcount.read_ports import RowReader
from realcount.rendering.flagged import FlaggedStation, flagged_station


class Known(NamedTuple):
    """What was found below a region when its row was of version `sv`."""

    sv: int
    stations: tuple[FlaggedStation, ...]


Found: TypeAlias = dict[str, Known]
"""By region below the one whose list it is for."""

Memory: TypeAlias = dict[tuple[ContestKey, str], Found]
"""By contest, and the region whose list it is for."""


def flagged_below(
    contest: Contest,
    region: Region,
    rows: Mapping[str, Tally],
    *,
    elections: ElectionStore,
    tallies: RowReader,
    memory: Found,
) -> list[FlaggedStation]:
    """In the order of the regions and stations. `rows` are those of the region's children. Raises `NotFound`, `Unavailable`."""

    def below(parent: Region, of: Mapping[str, Tally], way: tuple[Region, ...]) -> list[FlaggedStation]:
        found: list[FlaggedStation] = []
        for child in parent.children_in(contest):
            row = of.get(child.id)
            if row is None or not row.flagged:
                continue
            if parent.holds == "stations":
                found.append(flagged_station(contest.key, child, row, way))
                continue
            known = memory.get(child.id)
            if known is None or known.sv != row.sv:
                inner = elections.region(contest.key.election, child.id)
                if inner is None:
                    raise NotFound(f"there is no region {child.id!r} in {contest.key}")
                listed = below(inner, tallies.children(contest.key, child.id), (*way, inner))
                known = memory[child.id] = Known(row.sv, tuple(listed))
            found += known.stations
        return found

    return below(region, rows, ())
