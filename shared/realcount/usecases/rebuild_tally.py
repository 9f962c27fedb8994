"""Make tally, pages and copies again, after all of them were lost: numbers from the public log, the rest from the ledger.

Each station's row gets the numbers of the version that counts as the log has them, and from the ledger what no log knows:
how many things have happened there, what waits, what was found. The two must agree on every form, or nothing more is
written. Regions are added up by the normal roll-up, and pages rendered by the normal publication; so whatever is written
is what the normal path would have left, byte for byte.

Curves and lists begin anew, empty: their functions fill lists out of the log, and curves from now on, as they say what was
published when and nothing else knows that.

The sweep would repair much of the same, from the ledger alone and at its own pace: this trusts the ledger for no number, has
the pages of those from whom nothing has come, and is done when it is done. It replaces nothing: what is wrong must be
deleted first. If we die anywhere it is run again, and goes over what is there already without writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from realcount.domain.election import Contest, Election
from realcount.domain.errors import Drift, NotFound, Unavailable
from realcount.domain.ledger import FormVersion, Head, station_tally
from realcount.domain.log.notes import NoteKey, Verify
from realcount.domain.sum_tree import Sums
from realcount.domain.tally import RowChange, Tally
from realcount.log_ports import LogReader
from realcount.ports import ElectionStore, FormStore, PageCopies, PageStore, TallyStore
from realcount.publishing_ports import EditionStore
from realcount.rendering.paths import all_corrections_path
from realcount.usecases.load_election import begun_documents, publish_catalogue
from realcount.usecases.publish_results import publish_results
from realcount.usecases.publish_search import publish_search
from realcount.usecases.recount_log import LogCount, Tree, read_units, tree_of
from realcount.usecases.recount_report import Difference
from realcount.usecases.recount_stations import StationSeen, judge_version
from realcount.usecases.roll_up import recompute

OnRegion = Callable[[int, int], None]
"""Told after each region how many are done, and of how many."""


@dataclass(slots=True)
class Rebuilt:
    """How many entries were read, and how many rows and pages were not there."""

    entries: int = 0
    stations: int = 0
    regions: int = 0
    pages: int = 0


@dataclass(slots=True)
class Stores:
    """What a rebuild reads and writes."""

    elections: ElectionStore
    forms: FormStore
    tallies: TallyStore
    editions: EditionStore
    copies: PageCopies
    pages: PageStore
    log: LogReader
    count: LogCount = field(default_factory=LogCount)


def rebuild_tally(
    election_id: str, stores: Stores, *, key: NoteKey, holds: Verify, on_region: OnRegion = lambda done, of: None
) -> Rebuilt:
    """Rebuild one election. Raises `Drift`, naming it, at the first form on which log and ledger do not agree, `NotFound`
    if the election is not loaded, `Unavailable`; then run it again."""
    election = stores.elections.election(election_id)
    if election is None:
        raise NotFound(f"there is no election {election_id!r}")
    done = Rebuilt()
    stores.count.follow(stores.log, key, holds, lambda: True)
    done.entries = stores.count.fold.size
    opening = stores.count.fold.openings.get(election_id)
    units = read_units(stores.log, opening.units if opening else None)
    trees = [tree_of(contest, units) for contest in election.contests]
    # What is listed stands in the lists: where somebody has begun to list, an empty one would be untrue.
    begun = bool(stores.pages.editions([all_corrections_path(election_id)]))
    total, finished = sum(len(tree.children) for tree in trees), 0
    for tree in trees:
        for region in _bottom_up(tree):
            _rebuild_region(tree, region, stores, done)
            if not begun:
                _begin(tree.contest, region, stores, done)
            finished += 1
            on_region(finished, total)
    _rebuild_search(election, trees, stores)
    publish_catalogue(elections=stores.elections, copies=stores.copies, pages=stores.pages)
    return done


def _rebuild_search(election: Election, trees: Iterable[Tree], stores: Stores) -> None:
    reached = dict.fromkeys(region for tree in trees for region in tree.children)
    found = [stores.elections.region(election.id, region) for region in reached]
    publish_search(
        election, [region for region in found if region is not None], copies=stores.copies, pages=stores.pages
    )


def _bottom_up(tree: Tree) -> Iterator[str]:
    """Every region once, after all that lie below it."""
    seen: set[str] = set()
    waiting = [(root, False) for root in tree.contest.roots]
    while waiting:
        region, descended = waiting.pop()
        if descended:
            yield region
        elif region in tree.children and region not in seen:
            seen.add(region)
            waiting.append((region, True))
            waiting += [(child, False) for child in tree.children[region]]


def _rebuild_region(tree: Tree, region: str, stores: Stores, done: Rebuilt) -> None:
    """Its stations' rows, its own row, then its page: a page is made of rows that are all there."""
    contest = tree.contest
    changes = [RowChange(contest.key, region, region)]
    if tree.holds_stations(region):
        stations = tree.children[region]
        changes = [RowChange(contest.key, region, station) for station in stations]
        for station, tally in _rows_of(contest, stations, stores):
            done.stations += stores.tallies.advance(contest.key, region, station, tally)
    done.regions += recompute(contest.key, region, elections=stores.elections, tallies=stores.tallies)
    published = publish_results(
        changes,
        elections=stores.elections,
        forms=stores.forms,
        tallies=stores.tallies,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
    )
    for error in published.failed.values():
        raise error
    done.pages += len(published.stored)


def _begin(contest: Contest, unit: str, stores: Stores, done: Rebuilt) -> None:
    """The documents that the functions on schedule go on from, as a load leaves them, where there are none."""
    region = stores.elections.region(contest.key.election, unit)
    if region is None:
        raise NotFound(f"there is no region {unit!r} in {contest.key}")
    first = {page.path: page for page in begun_documents(contest, region)}
    there = stores.pages.editions(first)
    for page in (page for path, page in first.items() if path not in there):
        stores.copies.keep(page)
        done.pages += bool(stores.pages.put(page))


def _rows_of(contest: Contest, stations: tuple[str, ...], stores: Stores) -> Iterator[tuple[str, Tally]]:
    settled = stores.log.head().edge.size  # Before the heads: what lies before it is marked in them.
    heads = stores.forms.heads(contest.key, stations)
    counting = stores.forms.counting(contest.key, heads)
    for station in stations:
        seen = StationSeen(
            contest,
            station,
            {},
            heads.get(station),
            settled,
            stores.count.versions(contest.key, station),
            stores.count.counts(contest.key, station),
        )
        _require_none(seen.judge())
        if seen.head is not None:
            yield station, _row_of(seen, seen.head, *counting.get(station, (None, None)), stores)


def _row_of(seen: StationSeen, head: Head, counted: FormVersion | None, index: int | None, stores: Stores) -> Tally:
    contest, station = seen.contest, seen.station
    if head.counted:
        _require_none(judge_version(contest, station, seen.versions[head.counted], counted, index))
    latest = counted if head.latest == head.counted else stores.forms.version(contest.key, station, head.latest)
    if latest is None:
        raise Unavailable(f"version {head.latest} of station {station!r} in {contest.key} was not read")
    by_ledger = station_tally(head, latest, counted, contest.option_ids())
    by_log = seen.expected(head.counted)
    assert by_log is not None, "judged above"
    return _with_numbers(by_ledger, by_log)


def _with_numbers(tally: Tally, sums: Sums) -> Tally:
    return replace(
        tally, approved=sums.stations, votes=sums.votes, valid=sums.valid, invalid=sums.invalid, voters=sums.voters
    )


def _require_none(judged: Iterator[object]) -> None:
    for one in judged:
        if isinstance(one, Difference):
            raise Drift(f"nothing more is rebuilt, as log and ledger do not agree. {one}")
