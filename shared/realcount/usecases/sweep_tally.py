"""Walk a part of the tree from the stations up and bring every row and page that is behind up to date.

Triggers may be lost; this is what finds it out. On a healthy system it repairs nothing, and the number of repairs it
returns is an alarm. It never seals: of an approved form that was forgotten it lets the ledger tell the sealer again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from realcount.domain.election import ContestKey, Region
from realcount.domain.errors import NotFound, RealcountError
from realcount.domain.tally import RowChange, StationChange
from realcount.ports import ElectionStore, FormStore, PageCopies, PageStore, TallyStore
from realcount.publishing_ports import EditionStore
from realcount.rendering.deltas import is_upper
from realcount.rendering.encoding import RENDERING
from realcount.rendering.paths import changes_path, now_path, region_path, station_path
from realcount.usecases.count_form import count_form
from realcount.usecases.publish_results import publish_results
from realcount.usecases.roll_up import recompute


@dataclass(slots=True)
class Swept:
    """What a sweep found: units looked at, how many rows and pages were behind, and of how many stations the sealer was
    reminded; failures with why."""

    looked_at: int = 0
    stations: int = 0
    regions: int = 0
    pages: int = 0
    reminded: int = 0
    failed: dict[str, RealcountError] = field(default_factory=dict)

    @property
    def repairs(self) -> int:
        return self.stations + self.regions + self.pages + self.reminded


def sweep_tally(
    contest: ContestKey,
    top: str,
    *,
    elections: ElectionStore,
    forms: FormStore,
    tallies: TallyStore,
    editions: EditionStore,
    copies: PageCopies,
    pages: PageStore,
    overdue: str,
    deep: bool = True,
) -> Swept:
    """Sweep the region `top` and, if `deep`, everything below it; without, just the region itself.

    What was approved before the instant `overdue` should be sealed by now.

    Raises `NotFound` if there is no such region. Anything else that fails is returned, and the walk goes on.
    """
    swept = Swept()
    found = elections.region(contest.election, top)
    if found is None:
        raise NotFound(f"there is no region {top!r} in {contest}")
    for region in _bottom_up(contest, found, elections) if deep else (found,):
        try:
            _sweep_region(
                contest,
                region,
                swept,
                overdue,
                elections=elections,
                forms=forms,
                tallies=tallies,
                editions=editions,
                copies=copies,
                pages=pages,
            )
        except RealcountError as error:
            swept.failed[region.id] = error
    return swept


def _bottom_up(contest: ContestKey, region: Region, elections: ElectionStore) -> Iterator[Region]:
    frame = elections.contest(contest)
    if frame is None:
        raise NotFound(f"there is no contest {contest}")
    if region.holds == "regions":
        for child in region.children_in(frame):
            below = elections.region(contest.election, child.id)
            if below is None:
                raise NotFound(f"region {region.id!r} names a child {child.id!r} that does not exist")
            yield from _bottom_up(contest, below, elections)
    yield region


def _sweep_region(
    contest: ContestKey,
    region: Region,
    swept: Swept,
    overdue: str,
    *,
    elections: ElectionStore,
    forms: FormStore,
    tallies: TallyStore,
    editions: EditionStore,
    copies: PageCopies,
    pages: PageStore,
) -> None:
    swept.looked_at += 1
    behind: list[RowChange] = []
    page = region_path(contest, region.id)
    own = [page, changes_path(page), now_path(page)] if is_upper(region) else [page]
    heads = forms.heads(contest, [child.id for child in region.children]) if region.holds == "stations" else {}
    # One look at all pages, before the numbers are repaired: editions only grow, so one that is right now stays right.
    shown = pages.editions([*own, *(station_path(contest, station) for station in heads)])
    if heads:
        rows = tallies.children(contest, region.id)
        for station, head in heads.items():
            if head.approved > head.counted and head.at < overdue:
                forms.remind(contest, station, overdue)
                swept.reminded += 1
            row = rows.get(station)
            if (row is None or row.sv < head.seq) and count_form(
                StationChange(contest, station), elections=elections, forms=forms, tallies=tallies
            ):
                swept.stations += 1
            if shown.get(station_path(contest, station)) != (head.seq, RENDERING):
                behind.append(RowChange(contest, region.id, station))
    if recompute(contest, region.id, elections=elections, tallies=tallies):
        swept.regions += 1
    sv = sum(row.sv for row in tallies.children(contest, region.id).values())
    if behind or any(shown.get(path) != (sv, RENDERING) for path in own):
        published = publish_results(
            behind or [RowChange(contest, region.id, region.id)],
            elections=elections,
            forms=forms,
            tallies=tallies,
            editions=editions,
            copies=copies,
            pages=pages,
        )
        swept.pages += len({*published.stored, *published.beside})
        for (_, unit), error in published.failed.items():
            swept.failed[unit] = error
