"""Count the whole election again, out of the public log alone, and hold every row, page and head against it.

It shares no code with what counts, rolls up and publishes but the domain's types, so that an error in one of them shows as
a difference. It writes nothing and repairs nothing: what it finds is shown to a person, and repaired on the normal path
(docs/operations.md).

A run reads what the log has got since the last one; then every row once (`recount_rows`); then closely, in this order
(`recount_regions`): the regions whose rows did not fit, those that were behind before, those with news since the last run
and all above them, and a rotating share of all, with their stations' forms and pages. What is behind for longer than the
sweep takes is named too, but it is late, not wrong.

Last, a rotating share of the receipts that officials hold is matched with ledger and log (`match_receipts`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from realcount.domain.election import ContestKey, Election
from realcount.domain.errors import NotFound, RealcountError, Unavailable
from realcount.domain.instants import from_instant, to_instant
from realcount.domain.log.notes import NoteKey, Verify
from realcount.log_ports import LogReader
from realcount.ports import ElectionStore
from realcount.read_ports import HeadReader, PageFinder, RowReader, UploadReader
from realcount.usecases.match_receipts import match_receipts
from realcount.usecases.recount_log import GoesOn, LogCount, Tree, read_units, tree_of
from realcount.usecases.recount_regions import Look, Sources, look_closely
from realcount.usecases.recount_report import LOG, TALLY, Difference, Lag, Recounted
from realcount.usecases.recount_rows import Place, Suspects, suspects_among

logger = logging.getLogger(__name__)

SHARE = 5_000
"""Regions that a run looks at closely without a reason: with 91,000 of them and a run every five minutes, each comes up
every 95 minutes. An election with fewer is looked at as a whole in every run."""

GRACE = timedelta(minutes=20)
"""The sweep walks the tree in fifteen minutes. What is behind for longer, it does not repair."""

RECEIPT_SHARES = 20
"""Of the uploads, so that each receipt is matched every 100 minutes."""

OVERDUE = timedelta(minutes=2)
"""Twice what is promised between an approval and its seal."""


@dataclass(slots=True)
class Standing:
    """What is kept of one election from run to run. Nothing in it is lost that cannot be read again.

    `behind`: by region, what was behind there, at which version, and since when.
    """

    election: str
    count: LogCount = field(default_factory=LogCount)
    trees: dict[ContestKey, Tree] = field(default_factory=dict)
    units: str | None = None
    behind: dict[Place, dict[Lag, str]] = field(default_factory=dict)


def recount(
    standing: Standing,
    now: str,
    turn: int,
    *,
    elections: ElectionStore,
    forms: HeadReader,
    tallies: RowReader,
    pages: PageFinder,
    log: LogReader,
    key: NoteKey,
    holds: Verify,
    goes_on: GoesOn,
    share: int = SHARE,
    uploads: UploadReader | None = None,
) -> Recounted:
    """One run. `turn` is its number, which says whose turn it is; `goes_on` whether there is time for another step.

    Raises `Drift` if the log is not what it must be, `NotFound` if the election is not loaded, `Unavailable` if log or
    tally cannot be read. One region that cannot be read is returned instead, and judged in a later run.
    """
    election = elections.election(standing.election)
    if election is None:
        raise NotFound(f"there is no election {standing.election!r}")
    done = Recounted()
    count = standing.count
    done.behind = count.follow(log, key, holds, goes_on)
    done.size = count.fold.size
    if done.behind:
        return done
    done.differences += _judge_writer(standing, election, log)
    done.differences += _plant(standing, election, log)
    sources = Sources(forms, tallies, pages, log, key, holds)
    suspects = suspects_among(tallies.all_rows(election.id), standing.trees, count)
    done.rows = suspects.rows
    done.differences += _judge_strays(suspects, sources)
    overdue = to_instant(from_instant(now) - OVERDUE)
    for place, deep in _plan(standing, suspects, turn, share).items():
        if not goes_on():
            done.left += 1
            continue
        contest, region = place
        try:
            look = look_closely(
                standing.trees[contest], region, count, sources, deep=deep, overdue=overdue, goes_on=goes_on
            )
        except RealcountError as error:
            logger.error("region %s of %s was not recounted: %s", region, contest, error)
            done.failed[f"{region} in {contest}"] = error
            continue
        done.regions += 1
        done.differences += look.differences
        done.unsealed += look.unsealed
        done.late += _late(standing, place, look, now)
    done.differences = list(dict.fromkeys(done.differences))
    done.unsealed = list(dict.fromkeys(done.unsealed))
    if uploads is not None:
        try:
            done.unmatched, all_of_them = match_receipts(
                uploads.accepted(election.id, turn, RECEIPT_SHARES),
                overdue,
                forms=forms,
                versions=count.versions,
                read_on=lambda: count.follow(log, key, holds, goes_on),
                goes_on=goes_on,
            )
            done.left += not all_of_them
        except Unavailable as error:
            logger.error("the receipts of %s were not matched: %s", election.id, error)
            done.failed[f"receipts of {election.id}"] = error
    return done


def _judge_writer(standing: Standing, election: Election, log: LogReader) -> list[Difference]:
    """Where the log's writer is at rest, it is at the end of the log, or behind what was published later. Its place was
    read after the checkpoint, so it is not before that."""
    head, edge = log.head(), standing.count.edge
    if head.batch is not None or head.edge.size > edge.size or head.edge == edge:
        return []
    place = ContestKey(election.id, "*")
    return [Difference(LOG, place, "head", None, "writer's place", f"at {edge.size}", f"at {head.edge.size}")]


def _plant(standing: Standing, election: Election, log: LogReader) -> list[Difference]:
    """Lay out the trees by the log's own list of units. Once the log is opened, list and contests must be what it says."""
    fold = standing.count.fold
    opening = fold.openings.get(election.id)
    digest = opening.units if opening else None
    if not standing.trees or standing.units != digest:
        units = read_units(log, digest)
        standing.trees = {contest.key: tree_of(contest, units) for contest in election.contests}
        standing.units = digest
    found: list[Difference] = []
    for contest in election.contests if fold.contests else ():
        frame = fold.contests.get(contest.key)
        said = (contest.option_ids(), contest.hierarchies, contest.roots)
        if frame is None or said != (frame.options, frame.hierarchies, frame.roots):
            found.append(
                Difference("elections", contest.key, contest.key.contest, None, "frame", str(frame), str(said))
            )
    return found


def _judge_strays(suspects: Suspects, sources: Sources) -> list[Difference]:
    """Nobody moves a row from one place to another, and the tree does not change: one more look is for the reading alone."""
    return [
        Difference(
            TALLY, row.contest, row.child, row.parent, "row", "none: it does not lie there", f"one at {row.tally.sv}"
        )
        for row in suspects.strays
        if sources.tallies.row(row.contest, row.parent, row.child) is not None
    ]


def _plan(standing: Standing, suspects: Suspects, turn: int, share: int) -> dict[Place, bool]:
    """Which regions to look at, the most urgent first, and whether deeply."""
    news: dict[Place, bool] = {}
    for contest, station in standing.count.take_moved():
        tree = standing.trees.get(contest)
        if tree is not None:
            news |= dict.fromkeys([(contest, region) for region in tree.parents(station)], True)
            news = dict.fromkeys([(contest, region) for region in tree.above(station)], False) | news
    plan = dict.fromkeys([*suspects.regions, *standing.behind], False)
    for more in (news, dict.fromkeys(_share_of(standing, turn, share), True)):
        plan |= {place: deep or plan.get(place, False) for place, deep in more.items()}
    return {place: deep for place, deep in plan.items() if place[1] in standing.trees[place[0]].children}


def _share_of(standing: Standing, turn: int, share: int) -> Sequence[Place]:
    places = [(contest, region) for contest, tree in standing.trees.items() for region in tree.children]
    shares = max(1, -(-len(places) // share))
    return places[turn % shares :: shares]


def _late(standing: Standing, place: Place, look: Look, now: str) -> list[str]:
    """What has been behind, at the same version, since before the grace."""
    before = standing.behind.pop(place, {})
    behind = {lag: before.get(lag, now) for lag in look.lags}
    if behind:
        standing.behind[place] = behind
    patience = to_instant(from_instant(now) - GRACE)
    return [
        f"{lag.store}: {lag.unit!r}"
        + ("" if lag.parent is None else f" under {lag.parent!r}")
        + f" in {place[0]} has stood at {lag.at} since {since}"
        for lag, since in behind.items()
        if since < patience
    ]
