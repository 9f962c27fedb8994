"""What a count has reached: its first form, shares of its stations, all of them; and each part of it that is complete."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

FIRST, SHARE, COMPLETE = "first-form", "share", "complete"

SHARES = (1, 10, 25, 50, 75, 90, 95, 99)
"""Per cent of a root's stations."""


class Progress(NamedTuple):
    """How far a region is: stations that count, and that there are."""

    region: str
    name: str
    approved: int
    expected: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """`region` had reached it at the tick `at`, in `edition` of the root's page. `per_cent` is of a share alone."""

    kind: str
    region: str
    name: str
    per_cent: int | None
    approved: int
    expected: int
    edition: int
    at: str

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What is reached once. It stays reached, whatever is withdrawn later."""
        return self.kind, self.region, self.per_cent


def reached(
    root: Progress, children: Sequence[Progress], edition: int, at: str, before: Collection[Milestone]
) -> list[Milestone]:
    """What these numbers have reached that was not reached before, the smaller first."""
    known = {one.key for one in before}
    found = (
        Milestone(kind, of.region, of.name, per_cent, of.approved, of.expected, edition, at)
        for kind, of, per_cent in _all(root, children)
    )
    return [one for one in found if one.key not in known]


def _all(root: Progress, children: Sequence[Progress]) -> Iterator[tuple[str, Progress, int | None]]:
    if root.approved:
        yield FIRST, root, None
    for share in SHARES:
        if root.approved and root.approved * 100 >= root.expected * share:
            yield SHARE, root, share
    for child in (*children, root):
        if child.expected and child.approved >= child.expected:
            yield COMPLETE, child, None
