"""Recompute a region's row from its children's rows, under an optimistic lock. Never add, never subtract.

The order of the steps is the proof (docs/decisions/0002): own row first, then the children, then a write that holds
only if the own row is still what was read. tests/faults keeps the variants that look simpler and are wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from realcount.domain.election import TOP, Contest, ContestKey, Region
from realcount.domain.errors import Conflict, Drift, NotFound, RealcountError, Unavailable
from realcount.domain.tally import RowChange, Tally, total, zero
from realcount.ports import ElectionStore, TallyStore

log = logging.getLogger(__name__)

ATTEMPTS = 30
"""Lost races before giving up on a region for now. The trigger comes again, and the sweep comes anyway."""


Place: TypeAlias = tuple[ContestKey, str]
Done: TypeAlias = bool | RealcountError
Each: TypeAlias = Callable[[Callable[[Place], Done], Iterable[Place]], Iterable[Done]]
"""How to go over the regions: the built-in `map`, or an executor's, for several at once. The results keep their order."""


@dataclass(slots=True)
class RolledUp:
    """What one batch of triggers came to: regions written, regions that needed nothing, and those that failed, with why."""

    written: list[Place] = field(default_factory=list)
    unchanged: int = 0
    failed: dict[Place, RealcountError] = field(default_factory=dict)


def roll_up(
    changes: Iterable[RowChange], *, elections: ElectionStore, tallies: TallyStore, each: Each = map
) -> RolledUp:
    """Recompute every region that one of the changed rows lies under, each once.

    One region's failure does not keep the others from being done: it is returned for the caller to retry and to show.
    A write makes the region's own row change, which triggers the next level; so one call climbs one level.
    """

    def climb(one: Place) -> Done:
        try:
            return recompute(*one, elections=elections, tallies=tallies)
        except RealcountError as error:
            log.error("region %s of %s was not rolled up: %s", one[1], one[0], error)
            return error

    outcome = RolledUp()
    dirty = dict.fromkeys((change.contest, change.parent) for change in changes if change.parent != TOP)
    for place, done in zip(dirty, each(climb, dirty), strict=True):
        if isinstance(done, RealcountError):
            outcome.failed[place] = done
        elif done:
            outcome.written.append(place)
        else:
            outcome.unchanged += 1
    return outcome


def recompute(contest_key: ContestKey, region_id: str, *, elections: ElectionStore, tallies: TallyStore) -> bool:
    """Bring the region's row, under each of its parents, up to the sum of its children. Says whether any row was written.

    Raises `Drift` if the versions agree and the numbers do not (nothing is repaired then), `NotFound`, `Unavailable`.
    """
    contest, region = elections.contest(contest_key), elections.region(contest_key.election, region_id)
    if contest is None or region is None:
        raise NotFound(f"there is no region {region_id!r} in {contest_key}")
    wrote = [_recompute_under(parent, contest, region, tallies) for parent in contest.parents_of(region)]
    return any(wrote)


def _recompute_under(parent: str, contest: Contest, region: Region, tallies: TallyStore) -> bool:
    options = len(contest.options)
    for _ in range(ATTEMPTS):
        own = tallies.row(contest.key, parent, region.id) or zero(options)
        # Own row before the children: what we add up below is then at least as new as what we would replace.
        now = total(tallies.children(contest.key, region.id).values(), options)
        if now.sv < own.sv:
            # Versions only grow, and we hold a sum of some: what we read below it was not all there is.
            raise Unavailable(
                f"the rows of region {region.id!r} of {contest.key} were read at {now.sv}, behind {own.sv}"
            )
        if now.sv == own.sv:
            _require_equal(own, now, contest, region)
            return False  # No write, so no trigger: this is what ends the cascade.
        try:
            tallies.replace(contest.key, parent, region.id, now, own.sv)
        except Conflict:
            continue  # Someone else wrote, perhaps from older children than ours: look again, never skip.
        return True
    raise Unavailable(f"region {region.id!r} of {contest.key} lost {ATTEMPTS} races for its row")


def _require_equal(own: Tally, now: Tally, contest: Contest, region: Region) -> None:
    if own != now:
        raise Drift(
            f"region {region.id!r} of {contest.key} holds {own} at version {own.sv}, its children add up to {now}"
        )
