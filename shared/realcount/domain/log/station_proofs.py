"""One station's proof, put together: what `realcount verify proof` and the browser's page check, and any server can make.

A few dozen files of the log are read, whatever its size: the entries and their tiles, and the nodes on the station's way.
What the members of the file are, `verify/proof.py` says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from realcount.domain.canonical import canonical_bytes
from realcount.domain.errors import NotFound
from realcount.domain.log.base64_text import to_base64
from realcount.domain.log.entries import read_entry
from realcount.domain.log.hashing import HASH_BYTES
from realcount.domain.log.proofs import Tree
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.log.sums_files import MAX_NODE, node_path
from realcount.domain.log.tiles import BUNDLES, MAX_BUNDLE, WIDTH, TileName, decode_bundle
from realcount.domain.sum_path import Level, Step, level_of
from realcount.domain.sum_tree import Node, read_node

TYPE = "realcount/station-proof/v1"
ROLES = ("opening", "contest", "submitter", "approver", "form", "snapshot")
"""The entries of a proof, in an order in which the log may have them."""

Read = Callable[[str, int], bytes]
"""A file of the log by its path, of at most so many bytes. Raises what it likes."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a proof are: indices of entries, and the regions from the root down to the one that lists the
    station."""

    opening: int
    contest: int
    submitter: int
    approver: int
    form: int
    snapshot: int
    way: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Included:
    """An entry as the log has it, with the hashes that lead from it to the root."""

    index: int
    entry: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    checkpoint: bytes
    entries: Mapping[str, Included]
    way: tuple[Level, ...]

    def to_bytes(self) -> bytes:
        hashes = list(dict.fromkeys(hash_ for name in ROLES for hash_ in self.entries[name].path))
        numbers = {hash_: number for number, hash_ in enumerate(hashes)}
        return canonical_bytes(
            {
                "type": TYPE,
                "checkpoint": self.checkpoint.decode(),
                "hashes": [to_base64(hash_) for hash_ in hashes],
                "entries": {
                    name: {
                        "index": included.index,
                        "entry": json.loads(included.entry),
                        "path": [numbers[hash_] for hash_ in included.path],
                    }
                    for name, included in self.entries.items()
                },
                "way": [
                    {"unit": level.unit, "children": level.children, "steps": [_row(step) for step in level.steps]}
                    for level in self.way
                ],
            }
        )


def _row(step: Step) -> list[object]:
    sums = step.part.sums
    return [step.side, to_base64(step.part.hash), *sums[:4], *sums.votes]


class LogReading:
    """Entries, tiles and nodes of a log as one checkpoint, the signed `note`, has it. Raises what reading raises, and
    `Rejected` or `ValueError` for files that are none."""

    def __init__(self, note: bytes, size: int, read: Read) -> None:
        self.note, self.size = note, size
        self.tree = Tree(size, lambda name: read(name.path, name.width * HASH_BYTES))
        self._read = read
        self._bundle: tuple[int, list[bytes]] = (-1, [])
        self._nodes: dict[bytes, Node] = {}

    def bundle(self, number: int) -> list[bytes]:
        """Its entries. Only the last one is kept: whoever reads a whole log has no room for more."""
        if self._bundle[0] != number:
            name = TileName(BUNDLES, number, min(WIDTH, self.size - number * WIDTH))
            self._bundle = number, decode_bundle(name, self._read(name.path, MAX_BUNDLE))
        return self._bundle[1]

    def entry(self, index: int) -> bytes:
        return self.bundle(index // WIDTH)[index % WIDTH]

    def node(self, hash_: bytes) -> Node:
        """The published node of this hash. Raises `NotFound` also if it is another's."""
        if hash_ not in self._nodes:
            node = read_node(self._read(node_path(hash_), MAX_NODE))
            if node.hash() != hash_:
                raise NotFound(f"{node_path(hash_)} is another file than its name says")
            self._nodes[hash_] = node
        return self._nodes[hash_]


def assemble(log: LogReading, places: Places) -> Proof:
    """The proof from its places. Raises `NotFound` where a published node does not lead on to the station."""
    indices = {name: getattr(places, name) for name in ROLES}
    entries = {
        name: Included(index, log.entry(index), tuple(log.tree.inclusion_proof(index)))
        for name, index in indices.items()
    }
    snapshot, form = read_entry(entries["snapshot"].entry), read_entry(entries["form"].entry)
    assert isinstance(snapshot, Snapshot) and isinstance(form, SealedForm)
    nodes = nodes_on(log, snapshot, places.way)
    listed = [*places.way[1:], form.form.station]
    try:
        levels = [level_of(node, unit) for node, unit in zip(nodes, listed, strict=True)]
    except ValueError as error:
        raise NotFound(str(error)) from None
    return Proof(log.note, entries, tuple(reversed(levels)))


def nodes_on(log: LogReading, snapshot: Snapshot, way: Sequence[str]) -> list[Node]:
    """The published nodes of a snapshot on the way down, the root's first."""
    nodes = [log.node(snapshot.root)]
    for unit in way[1:]:
        branch = nodes[-1].branch(unit)
        if branch is None or branch.hash is None:
            raise NotFound(f"the node of {nodes[-1].unit} lists no node for {unit}")
        nodes.append(log.node(branch.hash))
    return nodes
