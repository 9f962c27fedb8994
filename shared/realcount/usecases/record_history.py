"""Every five minutes: the page that is current becomes a point of its region's curve, if it shows anything new.

The published documents are the state: read, gone on from, written as the very next edition of themselves. Of two runs that
read the same one, one is stored and the other leaves it at that, so a point that was published never goes away. A run that
was missed is a gap; nothing is filled in.

The order of the writes of a region: the day that is over, the day of the tick, then the curve of all days, each with its
copy first. Whoever dies in between has left a day that is not listed, or an hour that is missing in the curve: the next
run finds both in the day. Of two runs at once the copy may be of the one that was not stored; its points are true as well,
and the next write takes its place.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeAlias

from realcount.domain.curve import Day, day_of, tick_of
from realcount.domain.election import Contest, Region
from realcount.domain.errors import NotFound, RealcountError
from realcount.domain.milestones import Progress, reached
from realcount.domain.page import Page
from realcount.ports import ElectionStore, PageCopies, PageStore
from realcount.rendering.encoding import document_of
from realcount.rendering.history import day_page, history_page, point_of, read_day, read_history
from realcount.rendering.milestones import milestones_page, read_milestones
from realcount.rendering.paths import history_path, milestones_path, region_path
from realcount.usecases.upper_regions import upper_regions

log = logging.getLogger(__name__)

AT_A_TIME = 100
"""Regions whose documents are held in memory together."""

Each: TypeAlias = Callable[
    [Callable[[Region], "int | RealcountError"], Iterable[Region]], Iterable["int | RealcountError"]
]
"""How to go over the regions: the built-in `map`, or an executor's, for several at once."""


@dataclass(slots=True)
class Recorded:
    """What one run came to: points written, regions looked at, and regions that failed, with why."""

    points: int = 0
    regions: int = 0
    failed: dict[str, RealcountError] = field(default_factory=dict)


def record_history(
    contest: Contest, now: str, *, elections: ElectionStore, copies: PageCopies, pages: PageStore, each: Each = map
) -> Recorded:
    """Record the tick that came last. Idempotent for a tick; one region's failure keeps no other from being recorded.

    Raises `NotFound` and `Unavailable` if the regions of the contest cannot be read."""
    tick = tick_of(now)
    outcome = Recorded()
    regions = upper_regions(contest, elections)
    while some := list(islice(regions, AT_A_TIME)):
        _record(contest, some, tick, copies, pages, each, outcome)
    return outcome


def _record(
    contest: Contest,
    regions: Sequence[Region],
    tick: str,
    copies: PageCopies,
    pages: PageStore,
    each: Each,
    outcome: Recorded,
) -> None:
    found = pages.find_all(path for region in regions for path in _documents(contest, region, day_of(tick)))

    def record(region: Region) -> int | RealcountError:
        try:
            return _Region(contest, region, found, copies, pages).record(tick)
        except RealcountError as error:
            log.error("the history of %s in %s was not recorded: %s", region.id, contest.key, error)
            return error

    for region, done in zip(regions, each(record, regions), strict=True):
        outcome.regions += 1
        if isinstance(done, RealcountError):
            outcome.failed[region.id] = done
        else:
            outcome.points += done


class _Region:
    """`found` are the pages of the region as they were read together."""

    def __init__(
        self, contest: Contest, region: Region, found: Mapping[str, Page], copies: PageCopies, pages: PageStore
    ) -> None:
        self._contest, self._region, self._found = contest, region, found
        self._copies, self._pages = copies, pages
        self._place = region_path(contest.key, region.id)

    def record(self, tick: str) -> int:
        """How many points were written."""
        page = self._found.get(self._place)
        if page is None:
            raise NotFound(f"the page of region {self._region.id!r} in {self._contest.key} is not there")
        path, today = self._path(), self._path(day_of(tick))
        listed = self._found.get(path)
        before = read_history(listed)
        curve = before
        if (over := before.open_day()) is not None and over < day_of(tick):
            finished = self._finished(over)
            if finished is None:
                return 0
            curve = curve.with_day(finished)
        stored = self._found.get(today)
        day = read_day(stored, day_of(tick))
        last = max(curve.last_edition(), day.points[-1].edition if day.points else 0)
        point = point_of(page, tick, self._contest.option_ids())
        longer = day.with_point(point, last)
        if longer != day and not self._write(day_page(self._contest, self._region, longer, _next(stored))):
            return 0
        curve = curve.with_day(longer)
        if curve != before:
            self._write(history_page(self._contest, self._region, curve, _next(listed)))
        if self._region.id in self._contest.roots:
            self._look_for_milestones(page, tick)
        return len(longer.points) - len(day.points)

    def _finished(self, date: str) -> Day | None:
        """A day that is over, written once more to be kept for long; None if somebody else is at it."""
        stored = self._pages.find_all([self._path(date)]).get(self._path(date))
        day = read_day(stored, date)
        if day.complete:
            return day
        finished = replace(day, complete=True)
        return finished if self._write(day_page(self._contest, self._region, finished, _next(stored))) else None

    def _look_for_milestones(self, page: Page, tick: str) -> None:
        stored = self._found.get(milestones_path(self._place))
        before = read_milestones(stored)
        said = document_of(page)
        new = reached(
            _progress(said | said["region"]), [_progress(one) for one in said["children"]], page.edition, tick, before
        )
        if new:
            self._write(milestones_page(self._contest, self._region, [*before, *new], _next(stored)))

    def _write(self, page: Page) -> bool:
        """The copy before the page, always. Says whether it was stored: not if another run was faster."""
        self._copies.keep(page)
        return bool(self._pages.put(page))

    def _path(self, day: str | None = None) -> str:
        return history_path(self._place, day)


def _documents(contest: Contest, region: Region, today: str) -> Iterator[str]:
    path = region_path(contest.key, region.id)
    yield from (path, history_path(path), history_path(path, today))
    if region.id in contest.roots:
        yield milestones_path(path)


def _next(stored: Page | None) -> int:
    return stored.edition + 1 if stored else 1


def _progress(said: Mapping[str, Any]) -> Progress:
    return Progress(said["id"], said["name"], said["stations"]["approved"], said["stations"]["expected"])
