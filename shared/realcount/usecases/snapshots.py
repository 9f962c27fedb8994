"""The roots of sum trees as entries that wait to be sealed."""

from __future__ import annotations

from collections.abc import Mapping

from realcount.domain.election import ContestKey
from realcount.domain.log.snapshots import Snapshot, snapshot_entry
from realcount.domain.sum_tree import Branch
from realcount.usecases.append_log import Pending

SNAPSHOT = "snapshot"
"""What the subjects of these entries begin with."""

_DIGITS = 16
"""Of a size in a subject, so that the last one by its text (`LogStore.last_mark`) is the one of the largest size."""

Place = tuple[ContestKey, str]
"""A contest and one of its roots."""


def snapshots_of(roots: Mapping[Place, Branch], size: int, now: str) -> list[Pending]:
    """A snapshot of each of these roots, over the first `size` entries."""
    found: list[Pending] = []
    for (contest, root), branch in roots.items():
        entry = snapshot_entry(Snapshot(contest, root, size, branch.sums, hash_of(branch), now))
        found.append(Pending(entry, (SNAPSHOT, contest.contest, root, f"{size:0{_DIGITS}d}")))
    return found


def hash_of(region: Branch) -> bytes:
    """A region always has a node, and so a hash."""
    assert region.hash is not None
    return region.hash
