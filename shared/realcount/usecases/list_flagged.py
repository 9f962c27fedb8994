"""Every five minutes: where stations are flagged and why, a list for each regency, and above it how many there are where.

From the roots down, only where a page moved: of which edition everything is listed stands in the documents themselves, of a
region in that of the region above it. The lists are made anew first, then what counts them, a region after all below it.
Whoever dies in between is behind above, and the next run finds that; what is listed already is not listed again.

A document's `edition` is that of the page whose rows it was made of, read as the page's are (`rows_at_one_moment`). What lies
deeper is read after them, so a list has at least what that page counts. Once nothing moves it has exactly that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from realcount.domain.election import Contest, Region
from realcount.domain.errors import NotFound, RealcountError, Unavailable
from realcount.domain.instants import EPOCH
from realcount.domain.page import Page
from realcount.domain.tally import Tally, total
from realcount.ports import ElectionStore, PageCopies, PageStore
from realcount.read_ports import RowReader
from realcount.rendering.deltas import is_upper
from realcount.rendering.flagged import (
    Flags,
    flags_of,
    is_list,
    list_pages,
    overview_page,
    read_flags,
    read_overview,
    read_parts,
    total_flags,
)
from realcount.rendering.paths import flagged_path, region_path
from realcount.usecases.flagged_stations import Memory, flagged_below
from realcount.usecases.publish_results import rows_at_one_moment
from realcount.usecases.recount_log import GoesOn
from realcount.usecases.renew_sums import Each

log = logging.getLogger(__name__)


@dataclass(slots=True)
class FlaggedListed:
    """What one run came to: documents written, regions there was no time for, and regions that failed, with why."""

    documents: int = 0
    left: int = 0
    failed: dict[str, RealcountError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Overview:
    """A region of regions, and what its children were listed as before this run."""

    region: Region
    known: Mapping[str, Flags]


def list_flagged(
    contest: Contest,
    *,
    elections: ElectionStore,
    tallies: RowReader,
    copies: PageCopies,
    pages: PageStore,
    memory: Memory,
    goes_on: GoesOn,
    each: Each = map,
) -> FlaggedListed:
    """Bring the documents of a contest up to its rows. `memory` is the caller's, the same one for every run.

    One region's failure keeps no other from being listed. Idempotent, and safe beside another run: no document is replaced
    by one of an older edition.
    """
    return _Run(contest, elections, tallies, copies, pages, memory, goes_on).run(each)


class _Run:
    def __init__(
        self,
        contest: Contest,
        elections: ElectionStore,
        tallies: RowReader,
        copies: PageCopies,
        pages: PageStore,
        memory: Memory,
        goes_on: GoesOn,
    ) -> None:
        self._contest, self._elections, self._tallies = contest, elections, tallies
        self._copies, self._pages, self._memory, self._goes_on = copies, pages, memory, goes_on
        self._outcome = FlaggedListed()
        self._lists: dict[str, tuple[str, Region]] = {}
        """With when its list was last updated."""
        self._overviews: dict[str, _Overview] = {}
        """A region after those below it."""
        self._now: dict[str, Flags] = {}
        """What each region is listed as by now."""

    def run(self, each: Each) -> FlaggedListed:
        for root in self._contest.roots:
            self._visit(root, EPOCH)
        # Those first that were listed longest ago: whoever there was no time for is among the first of the next run.
        lists = [region for _, region in sorted(self._lists.values(), key=lambda one: one[0])]
        for region, done in zip(lists, each(self._listed, lists), strict=True):
            self._note(region.id, done)
        for overview in self._overviews.values():
            self._note(overview.region.id, self._overlooked(overview))
        return self._outcome

    def _visit(self, unit: str, at: str) -> None:
        """Find what is behind, at this region and below it. `at` is when it was updated as it is listed above."""
        if unit in self._lists or unit in self._overviews:
            return
        try:
            region = self._region(unit)
            if is_list(self._contest, region, self._region):
                if is_upper(region):
                    self._lists[unit] = at, region
                return
            rows = rows_at_one_moment(self._contest.key, unit, self._tallies)
            known = read_overview(self._stored(region))
        except RealcountError as error:
            self._note(unit, error)
            return
        for child in region.children_in(self._contest):
            if _is_behind(child.id, rows, known):
                self._visit(child.id, known.get(child.id, Flags()).at)
        self._overviews[unit] = _Overview(region, known)

    def _listed(self, region: Region) -> Flags | RealcountError | None:
        """Bring the list of a region up to its rows; None if there is no time left for it."""
        if not self._goes_on():
            return None
        try:
            rows = rows_at_one_moment(self._contest.key, region.id, self._tallies)
            whole = total(rows.values(), len(self._contest.options))
            stored = self._stored(region)
            known = read_flags(stored)
            if known is not None and known.edition >= whole.sv:
                return known
            place = (self._contest.key, region.id)
            if stored is None:
                # Deleted by whoever repaired a row: at its version there may be something else now.
                self._memory.pop(place, None)
            found = self._memory.setdefault(place, {})
            stations = flagged_below(
                self._contest, region, rows, elections=self._elections, tallies=self._tallies, memory=found
            )
            flags = flags_of(stations, whole.sv, whole.at)
            for page in list_pages(self._contest, region, stations, flags, parts_before=read_parts(stored)):
                self._write(page)
        except RealcountError as error:
            return error
        return flags

    def _overlooked(self, overview: _Overview) -> Flags | RealcountError | None:
        """Write how many there are below each child. A child that could not be listed stands as it was listed before; None if
        it never was, for want of time."""
        below = {
            child.id: self._now.get(child.id) or overview.known.get(child.id)
            for child in overview.region.children_in(self._contest)
        }
        found = {child: flags for child, flags in below.items() if flags is not None}
        if len(found) < len(below):
            missing = next(child for child in below if child not in found)
            if self._outcome.left:
                return None
            return Unavailable(f"region {missing!r} of {self._contest.key} has never been listed")
        try:
            if found != overview.known:
                self._write(overview_page(self._contest, overview.region, found))
        except RealcountError as error:
            return error
        return total_flags(found.values())

    def _note(self, region: str, done: Flags | RealcountError | None) -> None:
        if isinstance(done, RealcountError):
            log.error("the flagged stations of %s in %s are not listed: %s", region, self._contest.key, done)
            self._outcome.failed[region] = done
        elif done is not None:
            self._now[region] = done
        elif region in self._lists:
            self._outcome.left += 1

    def _write(self, page: Page) -> None:
        """The copy before the page, always."""
        self._copies.keep(page)
        self._outcome.documents += bool(self._pages.put(page))

    def _stored(self, region: Region) -> Page | None:
        path = flagged_path(region_path(self._contest.key, region.id))
        return self._pages.find_all([path]).get(path)

    def _region(self, unit: str) -> Region:
        region = self._elections.region(self._contest.key.election, unit)
        if region is None:
            raise NotFound(f"there is no region {unit!r} in {self._contest.key}")
        return region


def _is_behind(child: str, rows: Mapping[str, Tally], known: Mapping[str, Flags]) -> bool:
    return child not in known or (child in rows and rows[child].sv > known[child].edition)
