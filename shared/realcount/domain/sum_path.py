"""A station's way up a sum tree, without the lists it passes through: of each region on the way, what stands beside the
way inside its node. A few pairs prove what thousands of lines would (`sum_tree` has the hashes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.sum_tree import Branch, Node, Part, line_of, node_hash, pair_of, pairs_of

LEFT, RIGHT = "left", "right"


class Step(NamedTuple):
    """What is beside the way at one height inside a node. `side` is where it stands, seen from the way."""

    side: str
    part: Part


class Level(NamedTuple):
    """The way through the node of one region: from the line of a child, the lowest step first, to the node's top.

    `children` is how many lines the node has.
    """

    unit: str
    children: int
    steps: tuple[Step, ...]


def level_of(node: Node, unit: str) -> Level:
    """The way of a child through the node. Raises `ValueError` for a unit that the node does not list."""
    at = next((i for i, branch in enumerate(node.branches) if branch.unit == unit), None)
    if at is None:
        raise ValueError(f"the node of {node.unit} does not list {unit}")
    steps: list[Step] = []
    for row in pairs_of(node.branches)[:-1]:
        beside = at ^ 1
        if beside < len(row):
            steps.append(Step(LEFT if beside < at else RIGHT, row[beside]))
        at //= 2
    return Level(node.unit, len(node.branches), tuple(steps))


def climb(branch: Branch, level: Level, contest: ContestKey) -> Branch:
    """The region as its parent must list it, if it lists this branch of it. Total: whether it does, the root tells."""
    part = line_of(branch)
    for side, beside in level.steps:
        part = pair_of(beside, part) if side == LEFT else pair_of(part, beside)
    return Branch(level.unit, part.sums, node_hash(contest, level.unit, level.children, part.sums, part.hash))


def check_path(station: Branch, levels: Sequence[Level], contest: ContestKey, root: bytes) -> list[Branch]:
    """That a station's entry, with these sums, is in the root of a contest; by the levels from the region above it up.

    Returns those regions, each with what it adds up to. Raises `Rejected` if the way ends elsewhere; at which region it
    leaves the tree, the hashes do not say, as the nodes themselves would. All sums are taken to be zero or more.
    """
    way: list[Branch] = []
    for level in levels:
        way.append(climb(way[-1] if way else station, level, contest))
    if not way:
        raise _refused(station.unit, "comes without the regions above it")
    if way[-1].hash != root:
        raise _refused(station.unit, f"is not below the root that was signed, by its way up to {way[-1].unit}")
    return way


def _refused(unit: str, detail: str) -> Rejected:
    return Rejected([Refusal("bad-sum", unit, detail)])
