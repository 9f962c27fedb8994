"""Render the pages whose numbers may have changed, once each, and store them if they are newer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from realcount.domain.election import TOP, ContestKey
from realcount.domain.errors import NotFound, RealcountError, Unavailable
from realcount.domain.page import Page
from realcount.domain.tally import RowChange, Tally
from realcount.ports import ElectionStore, FormStore, PageStore, TallyStore
from realcount.rendering.results import region_page, station_page

log = logging.getLogger(__name__)

ATTEMPTS = 12
"""Looks at a region's rows before giving up on a moment without change. The trigger comes again, and so does the sweep."""


@dataclass(slots=True)
class Published:
    """What one batch of triggers came to: paths stored, pages already current, and units that failed, with why."""

    stored: list[str] = field(default_factory=list)
    current: int = 0
    failed: dict[tuple[ContestKey, str], RealcountError] = field(default_factory=dict)


def publish_results(
    changes: Iterable[RowChange],
    *,
    elections: ElectionStore,
    forms: FormStore,
    tallies: TallyStore,
    pages: PageStore,
) -> Published:
    """Publish the page of every region that a changed row lies under, and of every changed station, each once.

    One failure does not keep other pages from being published: it is returned for the caller to retry and to show.
    """
    outcome = Published()
    dirty: dict[tuple[ContestKey, str], None] = {}
    for change in changes:
        dirty[change.contest, change.child] = None
        if change.parent != TOP:
            dirty[change.contest, change.parent] = None
    for contest, unit in dirty:
        try:
            page = render(contest, unit, elections=elections, forms=forms, tallies=tallies)
            if pages.put(page):
                outcome.stored.append(page.path)
            else:
                outcome.current += 1
        except RealcountError as error:
            log.error("the page of %s in %s was not published: %s", unit, contest, error)
            outcome.failed[contest, unit] = error
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
        return region_page(election, contest, region, _rows_at_one_moment(contest_key, unit, tallies))
    station = elections.station(contest_key.election, unit)
    if station is None:
        raise NotFound(f"there is no unit {unit!r} in {contest_key}")
    head = forms.head(contest_key, unit)
    # Head before history: a version that comes in between is newer than the edition we print, and is left out.
    return station_page(election, contest, station, head, forms.history(contest_key, unit) if head else ())


def _rows_at_one_moment(contest: ContestKey, region: str, tallies: TallyStore) -> Mapping[str, Tally]:
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
