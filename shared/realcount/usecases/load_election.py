"""Make an election exist: its units, and every page there will ever be with its copy, with zeros, before the polls close.

Whether the files are good has been decided before (`cli/election_files`): what arrives here is a whole, consistent
election.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from realcount.domain.curve import Curve
from realcount.domain.election import Contest, Election, Region, Station
from realcount.domain.log.unit_lists import UNITS, unit_list
from realcount.domain.log.witness_book import WitnessBook
from realcount.domain.page import Page
from realcount.log_ports import LogFiles
from realcount.ports import ElectionStore, PageCopies, PageStore
from realcount.publishing_ports import EditionStore
from realcount.rendering.catalogue import catalogue_pages
from realcount.rendering.corrections import CorrectionList, corrections_page, listed_page
from realcount.rendering.deltas import is_upper
from realcount.rendering.flagged import first_flagged
from realcount.rendering.history import history_page
from realcount.rendering.log_page import log_page
from realcount.rendering.milestones import milestones_page
from realcount.rendering.paths import region_path
from realcount.rendering.results import region_page, station_page
from realcount.usecases.publish_search import is_searchable, publish_search
from realcount.usecases.store_page import first_beside
from realcount.usecases.zero_report import lay_down_zeros

AT_A_TIME = 1_000
"""Pages held in memory at once; an election may have millions."""


def load_election(
    election: Election,
    units: Sequence[Region | Station],
    *,
    elections: ElectionStore,
    editions: EditionStore,
    copies: PageCopies,
    pages: PageStore,
    log: LogFiles,
) -> str:
    """Store the election; returns `new`, `resumed` or `complete` (it was there already).

    `log` is the election's own: its tree is laid down there for everybody to add up by, and the log's first entry will
    name it by its hash; so are the sums of nothing, which the log is opened with.

    Every write is idempotent and the election becomes visible with the last but one, so a load that died is simply run
    again. Raises `Conflict` if the id is taken by other files.
    """
    state = elections.begin(election)
    # Also for an election of an earlier release; a file is written once.
    log.put_file(UNITS, b"".join(unit_list(units)))
    lay_down_zeros(election, units, log)
    regions = [unit for unit in units if isinstance(unit, Region)]
    if state != "complete":
        elections.put_units(units)
        first = zero_pages(election, units)
        uppers = [region.id for region in regions if is_upper(region)]
        upper_paths = {region_path(contest.key, unit) for contest in election.contests for unit in uppers}
        while some := list(islice(first, AT_A_TIME)):
            # The edition before the copy, the copy before the page, what is beside it last: see store_page.
            upper = [page for page in some if page.path in upper_paths]
            editions.keep_all(upper)
            copies.keep_all(some)
            pages.put_all(some)
            pages.put_all(beside for page in upper for beside in first_beside(page))
    if not is_searchable(election.id, pages):  # Also an election of an earlier release.
        publish_search(election, regions, copies=copies, pages=pages)
    if state != "complete":
        elections.complete(election)
    # If we die here the election is complete but not listed; running the load again, or loading the next one, lists it.
    publish_catalogue(elections=elections, copies=copies, pages=pages)
    return state


def publish_catalogue(*, elections: ElectionStore, copies: PageCopies, pages: PageStore) -> None:
    """Bring the pages that list elections and contests up to the elections there are."""
    known = elections.elections()
    for page in catalogue_pages(known, edition=len(known)):
        copies.keep(page)
        pages.put(page)


def zero_pages(election: Election, units: Sequence[Region | Station]) -> Iterator[Page]:
    """The first page of its log, and of every unit in every contest it votes in; of regions also the documents that other
    functions go on from."""
    yield log_page(election, WitnessBook())
    yield listed_page(election, 0, {})
    regions = {unit.id: unit for unit in units if isinstance(unit, Region)}
    for contest in election.contests:
        for unit in units:
            if not contest.covers(unit):
                continue
            if isinstance(unit, Region):
                yield region_page(election, contest, unit, {})
                yield from begun_documents(contest, unit)
                if is_upper(unit):
                    yield first_flagged(contest, unit, regions.get)
            else:
                yield station_page(election, contest, unit, None, (), {})


def begun_documents(contest: Contest, region: Region) -> Iterator[Page]:
    """The documents of a region that tell of a time, before it began."""
    yield corrections_page(contest, region, CorrectionList())
    if is_upper(region):
        yield history_page(contest, region, Curve(), edition=0)
    if region.id in contest.roots:
        yield milestones_page(contest, region, (), edition=0)
