"""Which regions one run of the sweep looks at. A run comes every minute; fifteen of them make a round.

Every run looks at the top of each contest (its roots and their children, not below). Of the regions directly below the
roots, each is swept down to its stations once in a round: the fifteenth part of them in every minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from realcount.domain.election import Contest, ContestKey, Region
from realcount.domain.errors import Unavailable
from realcount.domain.instants import from_instant
from realcount.ports import ElectionStore

ROUND = 15
"""Minutes until every station has been looked at."""

RESERVE = 20_000
"""Milliseconds of a run that are not planned for. Also the least that a subtree may take unasked."""


class Sweep(NamedTuple):
    """One call of the use case: a region alone, or (`deep`) with everything below it."""

    contest: ContestKey
    region: str
    deep: bool


def minute_of(now: str) -> int:
    """Minutes since 1970."""
    return int(from_instant(now).timestamp()) // 60


def plan_run(minute: int, elections: ElectionStore) -> list[Sweep]:
    """What the run of this minute does, in order: first the top of every contest, then this minute's part of the depth.

    A part may be too long for one run. Its subtrees therefore start at another place in each round, so that the last
    ones get their turn as well.
    """
    contests = [contest for election in elections.elections() for contest in election.contests]
    top = [sweep for contest in contests for sweep in _top(contest, elections)]
    below = [(contest, unit) for contest in contests for unit in _first_level(contest, elections)]
    turn = minute // ROUND
    return top + [
        sweep for contest, unit in below[minute % ROUND :: ROUND] for sweep in _deep(contest, unit, turn, elections)
    ]


def while_time_allows(sweeps: Iterable[Sweep], remaining: Callable[[], int]) -> Iterator[Sweep]:
    """The sweeps, as long as there is time for one that takes twice as long as the longest so far.

    `remaining` tells the milliseconds left, as Lambda's context does. Stopping between two is safe; being stopped by
    Lambda in the middle is safe as well, but shows as an error.
    """
    longest, before = 0, remaining()
    for sweep in sweeps:
        if before < max(RESERVE, 2 * longest):
            return
        yield sweep
        after = remaining()
        longest, before = max(longest, before - after), after


def _roots(contest: Contest, elections: ElectionStore) -> list[Region]:
    found = (elections.region(contest.key.election, root) for root in contest.roots)
    return [region for region in found if region is not None]


def _top(contest: Contest, elections: ElectionStore) -> Iterator[Sweep]:
    for root in _roots(contest, elections):
        if root.holds == "regions":
            yield from (Sweep(contest.key, child.id, False) for child in root.children_in(contest))
        yield Sweep(contest.key, root.id, False)


def _first_level(contest: Contest, elections: ElectionStore) -> Iterator[str]:
    """The regions directly below the roots; a root that holds stations stands for itself."""
    for root in _roots(contest, elections):
        if root.holds == "regions":
            yield from (child.id for child in root.children_in(contest))
        else:
            yield root.id


def _deep(contest: Contest, unit: str, turn: int, elections: ElectionStore) -> Iterator[Sweep]:
    """The subtrees of a region, one by one, and then the region itself: a run can stop after any of them."""
    try:
        region = elections.region(contest.key.election, unit)
    except Unavailable:
        region = (
            None  # The sweep of it will meet the same trouble, and report it, and the others still have their turn.
        )
    if region is None or region.holds == "stations":
        yield Sweep(contest.key, unit, True)
        return
    children = [child.id for child in region.children_in(contest)]
    start = turn % len(children) if children else 0
    yield from (Sweep(contest.key, child, True) for child in children[start:] + children[:start])
    yield Sweep(contest.key, unit, False)
