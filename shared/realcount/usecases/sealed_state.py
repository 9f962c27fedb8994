"""What exports stand on: the count at the last sealed totals with the names beside it, held to the sums that were sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from realcount.domain.contest_tree import ContestTree
from realcount.domain.election import Contest, ContestKey
from realcount.domain.errors import Drift
from realcount.domain.paper import Paper
from realcount.domain.sum_tree import Sums
from realcount.rendering.bulk.index import Folder
from realcount.usecases.sealed_count import SealedCount


@dataclass(slots=True)
class Standing:
    """What is kept of one election from run to run. Nothing in it is lost that cannot be read again."""

    count: SealedCount = field(default_factory=SealedCount)
    trees: dict[ContestKey, ContestTree] = field(default_factory=dict)


def folder_of(count: SealedCount, contest: Contest) -> Folder | None:
    """The state to export; None before the first totals. Raises `Drift` if the log was opened for another contest than the
    election's files have."""
    if not count.totals:
        return None
    frame = count.fold.contests.get(contest.key)
    if frame is None or (contest.option_ids(), contest.roots) != (frame.options, frame.roots):
        raise Drift(f"the log was opened for other options or roots of {contest.key} than its files have")
    return Folder(contest.key, count.covered, [count.totals[contest.key, root] for root in contest.roots])


def sealed_sums(tree: ContestTree, folder: Folder, papers: Mapping[str, Paper]) -> dict[str, Sums]:
    """What every region comes to. Raises `Drift` if that is not what was sealed."""
    sums = tree.sums({station: paper.sums() for station, paper in papers.items()})
    for said in folder.totals:
        if sums[said.unit] != said.sums:
            raise Drift(
                f"the stations of {said.unit} in {folder.contest} come to {sums[said.unit]} over {said.size} entries, "
                f"and what was sealed is {said.sums}"
            )
    return sums
