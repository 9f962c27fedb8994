"""How long a cache may keep a page, by how deep it lies: many look at the nation, nobody waits for a village."""

from __future__ import annotations

BY_DEPTH = (5, 5, 15, 60, 60)
"""Seconds for a root, its children (provinces), theirs (regencies), districts, villages. Deeper: the last one."""

STATION = 60
STATIC = 60
"""Elections and contests: they change when an election is loaded."""


def max_age(depth: int) -> int:
    return BY_DEPTH[min(depth, len(BY_DEPTH) - 1)]
