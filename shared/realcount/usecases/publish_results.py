"""Render the pages whose numbers may have changed, once each, and store them if they are newer.

How a page is stored, and in which order with what goes with it, is in `store_page`. What cannot be done now is done when the
trigger comes again, or after it by the sweep, which looks at the pages and what is beside them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from realcount.domain.election import TOP, ContestKey
from realcount.domain.errors import NotFound, RealcountError, Unavailable
from realcount.domain.page import Page, Stored
from realcount.domain.tally import RowChange, Tally
from realcount.ports import ElectionStore, FormStore, PageCopies, PageStore, TallyStore
from realcount.publishing_ports import EditionStore
from realcount.read_ports import RowReader
from realcount.rendering.deltas import is_upper
from realcount.rendering.results import region_page, station_page
from realcount.usecases.store_page import Outcome, store_page

log = logging.getLogger(__name__)

ATTEMPTS = 12
"""Looks at a region's rows before giving up on a moment without change. The trigger comes again, and so does the sweep."""


Unit: TypeAlias = tuple[ContestKey, str]
Done: TypeAlias = tuple[Page, Outcome] | RealcountError
Each: TypeAlias = Callable[[Callable[[Unit], Done], Iterable[Unit]], Iterable[Done]]
"""How to go over the units: the built-in `map`, or an executor's, for several at once. The results keep their order."""


@dataclass(slots=True)
class Published:
    """What one batch of triggers came to: paths stored, pages already current, and units that failed, with why.

    `beside` are those pages of upper regions beside which something was stored (`now`, `changes`), current or not.
    `since` is the earliest `updated_at` of the pages that show something new: the event that waited longest to be seen
    (None: nothing new). A page rendered anew at the same edition is not among them, old as its numbers may be.
    """

    stored: list[str] = field(default_factory=list)
    current: int = 0
    beside: list[str] = field(default_factory=list)
    failed: dict[Unit, RealcountError] = field(default_factory=dict)
    since: str | None = None


def publish_results(
    changes: Iterable[RowChange],
    *,
    elections: ElectionStore,
    forms: FormStore,
    tallies: TallyStore,
    editions: EditionStore,
    copies: PageCopies,
    pages: PageStore,
    each: Each = map,
) -> Published:
    """Publish the page of every region that a changed row lies under, and of every changed station, each once.

    One failure does not keep other pages from being published: it is returned for the caller to retry and to show.
    """

    def publish(one: Unit) -> Done:
        try:
            page = render(*one, elections=elections, forms=forms, tallies=tallies)
            region = elections.region(one[0].election, one[1])
            upper = region is not None and is_upper(region)
            return page, store_page(page, upper=upper, editions=editions, copies=copies, pages=pages)
        except RealcountError as error:
            log.error("the page of %s in %s was not published: %s", one[1], one[0], error)
            return error

    outcome = Published()
    dirty: dict[Unit, None] = {}
    for change in changes:
        dirty[change.contest, change.child] = None
        if change.parent != TOP:
            dirty[change.contest, change.parent] = None
    for unit, done in zip(dirty, each(publish, dirty), strict=True):
        if isinstance(done, RealcountError):
            outcome.failed[unit] = done
            continue
        page, (stored, beside) = done
        if beside:
            outcome.beside.append(page.path)
        if not stored:
            outcome.current += 1
            continue
        outcome.stored.append(page.path)
        if stored is Stored.NEWER:
            outcome.since = min(outcome.since or page.updated_at, page.updated_at)
    return outcome


def render(
    contest_key: ContestKey, unit: str, *, elections: ElectionStore, forms: FormStore, tallies: TallyStore
) -> Page:
    """The page of a region or station as the stores say it now. Raises `NotFound`, `Unavailable`."""
    election, contest = elections.election(contest_key.election), elections.contest(contest_key)
    if election is None or contest is None:
        raise NotFound(f"there is no contest {contest_key}")
    region = elections.region(contest_key.election, unit)
    if region is not None:
        return region_page(election, contest, region, rows_at_one_moment(contest_key, unit, tallies))
    station = elections.station(contest_key.election, unit)
    if station is None:
        raise NotFound(f"there is no unit {unit!r} in {contest_key}")
    head = forms.head(contest_key, unit)
    if head is None:
        return station_page(election, contest, station, None, (), {})
    # Head before history: what comes in between is newer than the edition we print, and is left out.
    history = forms.history(contest_key, unit, head)
    recalls = forms.recalls(contest_key, unit) if head.recalls else ()
    return station_page(election, contest, station, head, history, forms.seals(contest_key, unit, head), recalls)


def rows_at_one_moment(contest: ContestKey, region: str, tallies: RowReader) -> Mapping[str, Tally]:
    """The rows under a region as they really stood together. Raises `Unavailable` if they will not hold still.

    A query reads row by row, so one alone may show a later row beside an earlier one: a page of such rows could lack a
    form that a page of a lower edition had, and replace it. Rows only grow; two queries that agree prove a moment.
    """
    rows = tallies.children(contest, region)
    for _ in range(ATTEMPTS):
        again = tallies.children(contest, region)
        if again == rows:
            return rows
        rows = again
    raise Unavailable(f"the rows of region {region!r} in {contest} changed during each of {ATTEMPTS} looks")
