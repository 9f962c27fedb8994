"""Read a contest's regions out of the election store: once, as they never change, and as far as time goes."""

from __future__ import annotations

from realcount.domain.contest_tree import ContestTree
from realcount.domain.election import Contest, Election, Region
from realcount.domain.errors import Drift
from realcount.ports import ElectionStore
from realcount.usecases.recount_log import GoesOn
from realcount.usecases.renew_sums import AT_A_TIME, Each


def grow_tree(
    known: ContestTree | None,
    election: Election,
    contest: Contest,
    *,
    elections: ElectionStore,
    each: Each,
    goes_on: GoesOn,
) -> tuple[ContestTree, bool]:
    """The tree with all that could be read, and whether it is complete. Raises `Unavailable`, and `Drift` if a region that
    another one names is not there."""
    tree = known if known is not None and known.digest == election.digest else ContestTree(contest, election.digest)

    def read(unit: str) -> Region:
        region = elections.region(election.id, unit)
        if region is None:
            raise Drift(f"the region {unit} of {contest.key} is named, and is not there: load the election again")
        return region

    missing = tree.missing()
    while missing:
        for start in range(0, len(missing), AT_A_TIME):
            if not goes_on():
                return tree, False
            tree.regions.update((region.id, region) for region in each(read, missing[start : start + AT_A_TIME]))
        missing = tree.missing()
    return tree, True
