"""The sum tree of one root as the log grows: only what is above stations that moved is computed again. And what the log
publishes of it, node by node, against what it must be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from realcount.domain.counted import Counted
from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound, Rejected
from realcount.domain.log.sums_files import MAX_NODE, node_path
from realcount.domain.sum_tree import Branch, Node, node_of, nothing, read_node
from realcount.verify.findings import Finding, shown
from realcount.verify.sources import Source, TooLarge, ahead
from realcount.verify.units import ContestTree

DIFFERENCES = 20
"""Of one snapshot that are followed to the place where they begin."""

Stations = Mapping[tuple[ContestKey, str], Counted]


class GrowingSums:
    """The tree of one root of one contest. `moved` takes note of a station, `settle` computes what that changed."""

    def __init__(self, contest: ContestKey, tree: ContestTree, options: tuple[str, ...], stations: Stations) -> None:
        self.contest, self.tree, self.options = contest, tree, options
        self._options, self._stations = len(options), stations
        self._settled: dict[str, Branch] = {}
        self._moved: set[str] = set(tree.depth)
        self._parent: dict[str, str] = {
            child: region for region in tree.depth for child in tree.children.get(region, ()) if child in tree.depth
        }

    def moved(self, region: str) -> None:
        """A station that `region` lists has moved."""
        self._moved.add(region)

    def settle(self) -> Branch:
        """The root's branch, with everything below it as the stations stand now."""
        levels: list[set[str]] = [set() for _ in range(1 + max(self.tree.depth.values()))]
        for region in self._moved:
            levels[self.tree.depth[region]].add(region)
        for depth in range(len(levels) - 1, -1, -1):
            for region in levels[depth]:
                node = self.node(region)
                self._settled[region] = Branch(region, node.sums, node.hash())
                if depth:
                    levels[depth - 1].add(self._parent[region])
        self._moved.clear()
        return self._settled[self.tree.root]

    def node(self, region: str) -> Node:
        """The node of a region from its settled children."""
        children = self.tree.children.get(region, ())
        return node_of(self.contest, region, [self.branch(child) for child in children], self._options)

    def branch(self, unit: str) -> Branch:
        """A region as settled, or a station as it stands."""
        if unit in self.tree.depth:
            return self._settled[unit]
        counted = self._stations.get((self.contest, unit))
        return (
            Branch(unit, nothing(self._options), None) if counted is None else Branch(unit, counted.sums, counted.leaf)
        )

    def nodes(self) -> Iterator[Node]:
        return (self.node(region) for region in self.tree.depth)


def check_published(
    source: Source, sums: GrowingSums, seen: set[bytes], progress: Callable[[str, int, int | None], None]
) -> Iterator[Finding]:
    """Every node of a settled tree must lie there, byte for byte. `seen` are hashes that were found before; those found
    now are added. Raises `Unavailable`."""

    def read(node: Node) -> Finding | bytes:
        hash_ = sums.branch(node.unit).hash
        assert hash_ is not None, "the tree is settled"
        return hash_ if hash_ in seen else _published(source, node, hash_)

    total = len(sums.tree.depth)
    for count, found in enumerate(ahead(read, sums.nodes(), source.at_once), start=1):
        if isinstance(found, Finding):
            yield found
        else:
            seen.add(found)
        if count % 100 == 0 or count == total:
            progress(f"nodes of {sums.contest}, {sums.tree.root}", count, total)


def _published(source: Source, node: Node, hash_: bytes) -> Finding | bytes:
    data = node.to_bytes()
    try:
        found = source.get(node_path(hash_), MAX_NODE)
    except NotFound as error:
        return Finding("missing", node_path(hash_), str(error), f"the node of {node.unit}", unit=node.unit)
    except TooLarge as error:
        return Finding("too-large", node_path(hash_), str(error), f"{len(data)} bytes", unit=node.unit)
    if found == data:
        return hash_
    at = next((i for i, (a, b) in enumerate(zip(found, data, strict=False)) if a != b), min(len(found), len(data)))
    return Finding(
        "node-differs",
        node_path(hash_),
        f"at byte {at}: {found[at : at + 24]!r}",
        f"{data[at : at + 24]!r}, of {len(data)} bytes",
        unit=node.unit,
    )


def where_it_differs(source: Source, sums: GrowingSums, signed: bytes) -> Iterator[Finding]:
    """From a signed root down the published nodes to the places where they part from what the log's forms add up to.

    Raises `Unavailable`. Finds nothing where the nodes of this root are not published.
    """
    waiting = [(sums.tree.root, signed)]
    found = 0
    while waiting and found < DIFFERENCES:
        unit, hash_ = waiting.pop()
        try:
            data = source.get(node_path(hash_), MAX_NODE)
        except (NotFound, TooLarge):
            continue
        path = node_path(hash_)
        try:
            node = read_node(data)
        except Rejected as error:
            found += 1
            yield Finding("node-differs", path, str(error), "a node that is the sum of what it lists", unit=unit)
            continue
        if node.hash() != hash_:
            found += 1
            yield Finding("node-differs", path, f"hashes to {shown(node.hash())}", "its own name", unit=unit)
            continue
        for finding in _compare(path, node, unit, sums, waiting):
            found += 1
            yield finding


def _compare(
    path: str, node: Node, unit: str, sums: GrowingSums, waiting: list[tuple[str, bytes]]
) -> Iterator[Finding]:
    ours = sums.node(unit)
    if node.contest != ours.contest or node.unit != unit:
        yield Finding("node-differs", path, f"the node of {node.unit} in {node.contest}", f"of {unit}", unit=unit)
        return
    listed, expected = [b.unit for b in node.branches], [b.unit for b in ours.branches]
    if listed != expected:
        others = sorted(set(listed) ^ set(expected))
        found = f"lists {len(listed)} units, other than expected at {', '.join(others[:5]) or 'their order'}"
        yield Finding("node-differs", path, found, f"the {len(expected)} units that lie in {unit}", unit=unit)
        return
    for its, own in zip(node.branches, ours.branches, strict=True):
        if its == own:
            continue
        if its.unit in sums.tree.depth and its.hash is not None and its.hash != own.hash:
            waiting.append((its.unit, its.hash))
        else:
            said, real = f"{unit} lists {its.sums}", f"{own.sums}, by the forms in the log"
            if its.sums == own.sums:
                said, real = (
                    f"{unit} lists another entry for it",
                    f"the entry that counts: {(own.hash or b'').hex() or 'none'}",
                )
            yield Finding("node-differs", path, said, real, unit=its.unit)
