"""One region, looked at closely: its page, its own row, its children's rows, their heads and versions in the ledger.

The order of the reads is what makes every judgement certain, whatever is written meanwhile: pages before rows, the own row
before the children's, rows before heads, heads before the log (`recount_stations`, `recount_pages`). Of the rows
(docs/decisions/0002): what a region's row holds was added up from children's rows that were there before it, and those only
grow. So its version is never above the sum of theirs, and where the two are equal it holds exactly these rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from realcount.domain.errors import Unavailable
from realcount.domain.ledger import FormVersion, Head
from realcount.domain.log.notes import NoteKey, Verify
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.log_ports import LogReader
from realcount.read_ports import HeadReader, PageFinder, RowReader
from realcount.rendering.paths import region_path, station_path
from realcount.usecases.recount_log import GoesOn, LogCount, Tree
from realcount.usecases.recount_pages import judge_region_page, judge_station_page
from realcount.usecases.recount_report import TALLY, Difference, Lag
from realcount.usecases.recount_rows import Sum, no_sum, numbers_in
from realcount.usecases.recount_stations import Judged, StationSeen, is_overdue, judge_version


@dataclass(frozen=True, slots=True)
class Sources:
    """What a recount reads, and the key that signs the log."""

    forms: HeadReader
    tallies: RowReader
    pages: PageFinder
    log: LogReader
    key: NoteKey
    holds: Verify


@dataclass(slots=True)
class Look:
    """What one look at a region came to. `unsealed` are stations of which an approved form waits for too long."""

    differences: list[Difference] = field(default_factory=list)
    lags: list[Lag] = field(default_factory=list)
    unsealed: list[str] = field(default_factory=list)


def look_closely(
    tree: Tree, region: str, count: LogCount, sources: Sources, *, deep: bool, overdue: str, goes_on: GoesOn
) -> Look:
    """Look at a region, and if anything is not as it must be, look again at all of it, and at the log's end.

    The second look is the one that counts: by then the log is at least as new as what it is held against. `deep` also reads
    its stations' pages and the versions that count there. Raises `Unavailable`, and `Drift` of the log.
    """
    seen = _read(tree, region, sources, deep)
    if not seen.judge(count, overdue).differences:
        return seen.judge(count, overdue)
    seen = _read(tree, region, sources, deep)
    if count.follow(sources.log, sources.key, sources.holds, goes_on):
        raise Unavailable(f"region {region!r} could not be judged: there was no time to read the log to its end")
    return seen.judge(count, overdue)


def _read(tree: Tree, region: str, sources: Sources, deep: bool) -> _Seen:
    contest = tree.contest.key
    stations = tree.children[region] if tree.holds_stations(region) else ()
    wanted = {region: region_path(contest, region)}
    if deep:
        wanted |= {station: station_path(contest, station) for station in stations}
    found = sources.pages.find_all(wanted.values())
    pages = {unit: found.get(path) for unit, path in wanted.items()}
    own = {parent: sources.tallies.row(contest, parent, region) for parent in tree.parents(region)}
    rows = sources.tallies.children(contest, region)
    settled, heads = 0, dict[str, Head]()
    if stations:
        # Where the log's writer rests is read before the heads: what lies before it is marked in them.
        settled = sources.log.head().edge.size
        heads = dict(sources.forms.heads(contest, stations))
    counting = sources.forms.counting(contest, heads) if deep and heads else {}
    return _Seen(tree, region, stations, pages, own, rows, settled, heads, counting, deep)


@dataclass(slots=True)
class _Seen:
    tree: Tree
    region: str
    stations: tuple[str, ...]
    pages: Mapping[str, Page | None]
    own: Mapping[str, Tally | None]
    rows: Mapping[str, Tally]
    settled: int
    heads: Mapping[str, Head]
    counting: Mapping[str, tuple[FormVersion | None, int | None]]
    deep: bool

    def judge(self, count: LogCount, overdue: str) -> Look:
        look = Look()
        contest = self.tree.contest
        children = self.tree.children[self.region]
        judged: list[Judged] = [*self._judge_sums()]
        judged += judge_region_page(contest, self.region, self.pages[self.region], children, self.rows)
        for station in self.stations:
            head = self.heads.get(station)
            versions = count.versions(contest.key, station)
            rows = {self.region: self.rows.get(station)}
            counts = count.counts(contest.key, station)
            seen = StationSeen(contest, station, rows, head, self.settled, versions, counts)
            judged += seen.judge()
            if station in self.counting and head is not None and head.counted in versions:
                judged += judge_version(contest, station, versions[head.counted], *self.counting[station])
            if self.deep:
                judged += judge_station_page(seen, self.pages[station])
            if head is not None and is_overdue(head, overdue):
                look.unsealed.append(f"{station!r} in {contest.key}, since {head.at}")
        look.differences = [one for one in judged if isinstance(one, Difference)]
        look.lags = [one for one in judged if isinstance(one, Lag)]
        return look

    def _judge_sums(self) -> Iterator[Judged]:
        contest = self.tree.contest
        added = no_sum(len(contest.options))
        for child in self.tree.children[self.region]:
            if child in self.rows:
                try:
                    added.add(self.rows[child])
                except ValueError:
                    votes = len(self.rows[child].votes)
                    expected = f"{len(contest.options)}, as many stand"
                    yield Difference(TALLY, contest.key, child, self.region, "numbers of votes", expected, str(votes))
                    return
        for parent, row in self.own.items():
            yield from self._judge_own(parent, row, added)

    def _judge_own(self, parent: str, row: Tally | None, added: Sum) -> Iterator[Judged]:
        sv, below = row.sv if row else 0, added.numbers[0]
        if sv < below:
            yield Lag(TALLY, self.region, parent, sv)
        elif sv > below:
            late = ", ".join(repr(station) for station in self._behind_their_forms())
            expected = f"at most {below}, the sum of its children's" + (
                f" (behind their forms: {late})" if late else ""
            )
            yield self._differs(parent, "version", expected, str(sv))
        elif not added.equals(row):
            found = "no row" if row is None else f"{numbers_in(row)} at {row.at}"
            what = "version, valid, invalid, voters, received, approved, flagged, incomplete and votes"
            yield self._differs(parent, what, f"{added.numbers} at {added.at}, the sum of its children's", found)

    def _behind_their_forms(self) -> Iterator[str]:
        for station, head in self.heads.items():
            row = self.rows.get(station)
            if row is None or row.sv < head.seq:
                yield station

    def _differs(self, parent: str, what: str, expected: str, found: str) -> Difference:
        return Difference(TALLY, self.tree.contest.key, self.region, parent, what, expected, found)
