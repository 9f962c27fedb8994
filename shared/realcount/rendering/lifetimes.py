"""How long a cache may keep a page, by how deep it lies and whether it is still changing (docs/decisions/0008).

Many look at the nation, and nobody waits for a village; but nine regions in ten are villages. Kept for as short as the nation,
the long tail of them would bring half of the load to the origin.
"""

from __future__ import annotations

WHILE_COUNTING = (5, 5, 15, 60, 60)
"""Seconds for a root, its children (provinces), theirs (regencies), districts, villages. Deeper: the last one."""

ONCE_COMPLETE = (30, 30, 60, 300, 300)
"""The same once nothing is missing. Only a correction changes such a page; it then shows later by at most this long."""

STATION = len(WHILE_COUNTING) - 1
"""A polling station counts as this deep, however shallow the tree above it: there are more of them than of anything else."""

STATIC = 60
"""Elections and contests: they change when an election is loaded."""

LOG = 15
"""The page of an election's log: it changes once a minute at most."""

BULK = 60
"""The pages that lead to bulk files: they change a few times an hour."""

HISTORY = 60
"""A region's curve and its milestones: every five minutes at most."""

CORRECTIONS = 30
"""Lists of corrections and feeds: once a minute at most."""

FLAGGED = 60
"""Lists of flagged stations: every five minutes at most."""

SEARCH = 3_600
"""By what regions are found: made once, when an election is loaded, and again only by a release that makes it otherwise."""

FINISHED = 86_400
"""What will never be changed again: the curve of a day that is over, a full chunk of corrections."""

FOR_EVER = "public, max-age=31536000, immutable"
"""The whole header of what never changes: files of the log, editions of a page."""

STALE_IF_ERROR = 86_400
"""Seconds for which a page of yesterday is better than none."""


def max_age(depth: int, complete: bool) -> int:
    """Seconds. `depth` 0 is a root; `complete` says that no form is missing and none waits to be decided."""
    by_depth = ONCE_COMPLETE if complete else WHILE_COUNTING
    return by_depth[min(depth, len(by_depth) - 1)]


def cache_control(max_age: int) -> str:
    """The whole header of a page that may be kept for so many seconds.

    Past that time a cache answers with what it has and asks for the next edition meanwhile, so that no reader ever waits
    for the origin. This bounds how old the first look at a page may be that nobody looked at for long; pages that are
    looked at all the time are never older than `max_age` and one fetch.
    """
    revalidate = 600 if max_age >= 60 else 300
    return (
        f"public, max-age={max_age}, s-maxage={max_age},"
        f" stale-while-revalidate={revalidate}, stale-if-error={STALE_IF_ERROR}"
    )
