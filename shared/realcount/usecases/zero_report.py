"""The count before anything came in: all sum trees with nothing in them, laid down with the election, sealed with its opening.

Whoever looks at a log finds first that it began with zeros everywhere, in trees of exactly these units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from realcount.domain.election import Contest, Election, Region, Station
from realcount.domain.errors import Drift, NotFound, Rejected
from realcount.domain.log.sums_files import ZEROS, node_path, read_zeros, zero_trees, zeros_file
from realcount.domain.sum_tree import Branch, Node, nothing, read_node
from realcount.log_ports import LogFiles
from realcount.ports import ElectionStore
from realcount.usecases.append_log import Pending
from realcount.usecases.snapshots import Place, snapshots_of


def lay_down_zeros(election: Election, units: Sequence[Region | Station], log: LogFiles) -> None:
    """Write every node of every tree, and then the list of their roots. Nothing is done if that is there already."""
    try:
        log.file(ZEROS)
    except NotFound:
        pass
    else:
        return
    roots: dict[str, dict[str, bytes]] = {}
    for contest, root, nodes in zero_trees(election.contests, units):
        log.put_files(_files(nodes, root, roots.setdefault(contest.key.contest, {})))
    # If we die before this, all of it is written again, to the same names.
    log.put_file(ZEROS, zeros_file(roots))


def _files(nodes: Iterator[Node], root: str, roots: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for node in nodes:
        hash_ = node.hash()
        if node.unit == root:
            roots[root] = hash_
        yield node_path(hash_), node.to_bytes()


def zero_snapshots(election: Election, elections: ElectionStore, log: LogFiles, size: int, now: str) -> list[Pending]:
    """A snapshot of nothing for every root, over the opening's own `size` entries.

    Each root's node is read, and must list the children that the root has, with nothing. Raises as `zero_branches`.
    """
    roots = zero_branches(election, log)
    for contest in election.contests:
        for root in contest.roots:
            _require_zero(contest, root, roots[contest.key, root], elections, log)
    return snapshots_of(roots, size, now)


def zero_branches(election: Election, log: LogFiles) -> dict[Place, Branch]:
    """The roots of the trees that count nothing. Raises `NotFound` if they are not laid down, `Drift` if they are others'."""
    try:
        zeros = read_zeros(log.file(ZEROS))
    except NotFound:
        raise NotFound(f"the first sums of {election.id} are not laid down: load the election again") from None
    except Rejected as error:
        raise Drift(f"the log's file {ZEROS} is not what was laid down: {error}") from None
    if {name: set(roots) for name, roots in zeros.items()} != {c.key.contest: set(c.roots) for c in election.contests}:
        raise Drift(f"the log's file {ZEROS} is of other contests or roots than the election {election.id}")
    return {
        (contest.key, root): Branch(root, nothing(len(contest.options)), zeros[contest.key.contest][root])
        for contest in election.contests
        for root in contest.roots
    }


def _require_zero(contest: Contest, root: str, branch: Branch, elections: ElectionStore, log: LogFiles) -> None:
    assert branch.hash is not None
    path = node_path(branch.hash)
    region = elections.region(contest.key.election, root)
    try:
        node = read_node(log.file(path))
    except Rejected as error:
        raise Drift(f"the log's file {path} is no node: {error}") from None
    same = (node.contest, node.unit, node.sums, node.hash()) == (contest.key, root, branch.sums, branch.hash)
    children = [] if region is None else sorted({child.id for child in region.children_in(contest)})
    if not same or children != [listed.unit for listed in node.branches]:
        raise Drift(f"the log's file {path} is not the node of {root} in {contest.key} before anything came in")
