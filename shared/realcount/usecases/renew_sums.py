"""Carry stations that moved up the sum trees of a contest: only nodes above them are read, computed and written.

A region may lie under several roots (a regency in a province and in an electoral district), and has one node in all of
them: so all roots of a contest are done together, and each node once.

Nodes are named by their hash and written once. Whoever dies in here leaves nodes that nobody names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Protocol, TypeVar

from realcount.domain.election import TOP, Contest
from realcount.domain.errors import Drift, NotFound, Rejected
from realcount.domain.log.sums_files import node_path
from realcount.domain.sum_tree import Branch, Node, node_of, read_node
from realcount.log_ports import LogFiles
from realcount.ports import ElectionStore

A = TypeVar("A")
B = TypeVar("B")

AT_A_TIME = 1_000
"""Units in work before the next ones are looked at: a pool of threads keeps a note of each."""

Below = dict[str, set[str]]
"""Of each region above something that moved, which of its children moved, or lie above something that did."""


class Each(Protocol):
    """How to do the same for many: the built-in `map`, or an executor's, for several at once. Results keep their order."""

    def __call__(self, work: Callable[[A], B], many: Iterable[A], /) -> Iterable[B]: ...


def in_steps(each: Each, work: Callable[[A], B], many: Iterable[A], step: int = AT_A_TIME) -> Iterator[B]:
    """As `each`, but so many at a time."""
    rest = iter(many)
    while some := list(islice(rest, step)):
        yield from each(work, some)


def renew_sums(
    contest: Contest,
    roots: Mapping[str, bytes],
    moved: Mapping[str, Branch],
    *,
    elections: ElectionStore,
    log: LogFiles,
    each: Each,
) -> dict[str, Branch]:
    """The branches of those roots that have a moved station below them, their new nodes written. `roots` are hashes of the
    roots' nodes before, `moved` the stations as they count now.

    Raises `Drift` if the published nodes are not those of the hashes, or not of this election's units: nothing may be
    added up on top of them. Raises `Unavailable`.
    """
    below = _way_up(contest, moved, elections, each)
    tree = _Tree(contest, moved, below, log)
    wave = {root: hash_ for root, hash_ in roots.items() if root in below}
    while wave:
        found = list(in_steps(each, tree.look, wave.items()))
        wave = dict(pair for node in found if node is not None for pair in tree.below(node))
    written = {root: tree.branch(root) for root in roots if root in below}
    for _ in in_steps(each, tree.write, tree.inner()):
        pass
    return written


def _way_up(contest: Contest, moved: Iterable[str], elections: ElectionStore, each: Each) -> Below:
    below: Below = {}

    def parents(unit: str) -> tuple[str, tuple[str, ...]]:
        election = contest.key.election
        found = elections.region(election, unit) if unit in below else elections.station(election, unit)
        if found is None or not contest.covers(found):
            # It is in the log, so it was in the election when it was received. To leave it out would be a wrong total.
            raise Drift(f"{unit!r} has forms in the log, and is no unit of {contest.key}")
        return unit, contest.parents_of(found)

    wave = list(moved)
    while wave:
        above: dict[str, None] = {}
        for unit, its_parents in list(in_steps(each, parents, wave)):
            for parent in its_parents:
                if parent == TOP:
                    continue
                if parent not in below:
                    above[parent] = None
                below.setdefault(parent, set()).add(unit)
        wave = list(above)
    return below


class _Tree:
    """The part of a contest's trees that is above moved stations. `look` and `write` are for several threads at once."""

    def __init__(self, contest: Contest, moved: Mapping[str, Branch], below: Below, log: LogFiles) -> None:
        self._contest, self._moved, self._below, self._log = contest, moved, below, log
        self._hashes: dict[str, bytes] = {}
        self._nodes: dict[str, Node] = {}
        self._renewed: dict[str, Branch] = {}

    def look(self, at: tuple[str, bytes]) -> Node | None:
        """Read a node. One that lists stations is done at once, and None: they are nine in ten, and so none is kept."""
        unit, hash_ = at
        node = self._read(unit, hash_)
        if self._below[unit] & self._below.keys():
            self._nodes[unit] = node
            return node
        now = _replaced(node, {station: self._moved[station] for station in self._below[unit]})
        self._renewed[unit] = renewed = Branch(unit, now.sums, now.hash())
        if renewed.hash != hash_:
            self.write((renewed, now))
        return None

    def below(self, node: Node) -> Iterator[tuple[str, bytes]]:
        """The regions below a node that have to be looked at, and were not yet, with their hashes."""
        for branch in node.branches:
            if branch.unit not in self._below or branch.unit not in self._below[node.unit]:
                continue
            if branch.hash is None:
                raise Drift(
                    f"the node of {node.unit} in {self._contest.key} lists the region {branch.unit} without a hash"
                )
            known = self._hashes.setdefault(branch.unit, branch.hash)
            if known != branch.hash:
                raise Drift(f"the trees of {self._contest.key} disagree about {branch.unit}")
            if branch.unit not in self._nodes and branch.unit not in self._renewed:
                yield branch.unit, branch.hash

    def branch(self, unit: str) -> Branch:
        """A unit as its parent lists it from now on. Everything below must have been looked at."""
        if unit in self._moved:
            return self._moved[unit]
        known = self._renewed.get(unit)
        if known is None:
            if unit not in self._nodes:
                raise Drift(f"no node of {self._contest.key} lists {unit}, which has forms in the log")
            now = _replaced(self._nodes[unit], {child: self.branch(child) for child in self._below[unit]})
            self._nodes[unit] = now
            known = self._renewed[unit] = Branch(unit, now.sums, now.hash())
        return known

    def inner(self) -> Iterator[tuple[Branch, Node]]:
        """The nodes that list regions, as they are from now on."""
        return ((self._renewed[unit], node) for unit, node in self._nodes.items())

    def write(self, one: tuple[Branch, Node]) -> None:
        branch, node = one
        assert branch.hash is not None
        self._log.put_file(node_path(branch.hash), node.to_bytes())

    def _read(self, unit: str, hash_: bytes) -> Node:
        path = node_path(hash_)
        try:
            node = read_node(self._log.file(path))
        except NotFound:
            raise Drift(f"the log's file {path}, the node of {unit} in {self._contest.key}, is gone") from None
        except Rejected as error:
            raise Drift(f"the log's file {path} is no node: {error}") from None
        if (node.contest, node.unit) != (self._contest.key, unit) or node.hash() != hash_:
            raise Drift(f"the log's file {path} is not the node of {unit} in {self._contest.key} that it was")
        return node


def _replaced(node: Node, branches: Mapping[str, Branch]) -> Node:
    listed = tuple(branches.get(branch.unit, branch) for branch in node.branches)
    if strangers := branches.keys() - {branch.unit for branch in node.branches}:
        raise Drift(f"the node of {node.unit} in {node.contest} does not list {', '.join(sorted(strangers))}")
    try:
        return node_of(node.contest, node.unit, listed, len(node.sums.votes))
    except ValueError:
        raise Drift(f"the node of {node.unit} in {node.contest} has votes for other options") from None
