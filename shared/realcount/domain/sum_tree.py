"""The Merkle-sum tree of a contest: each region's node lists its children with their totals and hashes, and hashes to
the value that its parent's node lists.

So whoever holds a station's form and the sums on its way up (`sum_path`) holds the proof that its votes are in the
nation's, and that nobody on the way up added or left out any: each node is the sum of exactly what it lists. Committing
to *each* part's total beside its hash matters; where a node hashes only the sum, its operator can understate (Maxwell's
tree, as ePrint 2018/1139 showed).

    entry   the hash of the station's entry in the public log (RFC 6962 leaf hash); none: nothing counts there yet
    line    SHA-256 over 0x03 and {"unit", "sums", "hash"}: a child as its parent lists it
    pair    SHA-256 over 0x04 and {"left": {"sums", "hash"}, "right": {"sums", "hash"}}; its sums are both sides'
    node    SHA-256 over 0x02 and {"type", "election", "contest", "unit", "children": how many, "sums", "tree"}

All of them are canonical JSON. The lines of a node, in their order, are paired as RFC 6962 pairs leaves; `tree` is what
is left on top, null for a region without children. So a proof needs of each node a few pairs and not the whole list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import NamedTuple

from realcount.domain import strict
from realcount.domain.canonical import MAX_INTEGER, canonical_bytes, parse_canonical
from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Rejected

NODE_TYPE = "realcount/sum/v1"
MAX_SUM = MAX_INTEGER
MAX_CHILDREN = 10_000
MAX_OPTIONS = 2_000

_NODE, _LINE, _PAIR = b"\x02", b"\x03", b"\x04"


class Sums(NamedTuple):
    """`stations` are those whose form counts. `votes` are in the contest's order of options. All are integers >= 0."""

    stations: int
    valid: int
    invalid: int
    voters: int
    votes: tuple[int, ...]

    def plus(self, other: Sums) -> Sums:
        """Raises `ValueError` for vectors of two contests."""
        votes = tuple(a + b for a, b in zip(self.votes, other.votes, strict=True))
        return Sums(
            self.stations + other.stations,
            self.valid + other.valid,
            self.invalid + other.invalid,
            self.voters + other.voters,
            votes,
        )


class Branch(NamedTuple):
    """One child as its parent lists it. `hash` is None for a station that has nothing in the log."""

    unit: str
    sums: Sums
    hash: bytes | None


@dataclass(frozen=True, slots=True)
class Node:
    """A region's node. Made by `node_of` or `read_node`: its sums are those of its branches."""

    contest: ContestKey
    unit: str
    sums: Sums
    branches: tuple[Branch, ...]

    def to_bytes(self) -> bytes:
        return canonical_bytes(
            {
                "type": NODE_TYPE,
                "election": self.contest.election,
                "contest": self.contest.contest,
                "unit": self.unit,
                "sums": sums_document(self.sums),
                "children": [
                    {"unit": unit, "sums": sums_document(sums), "hash": None if hash_ is None else hash_.hex()}
                    for unit, sums, hash_ in self.branches
                ],
            }
        )

    def hash(self) -> bytes:
        top = pairs_of(self.branches)[-1]
        return node_hash(self.contest, self.unit, len(self.branches), self.sums, top[0].hash if top else None)

    def branch(self, unit: str) -> Branch | None:
        return next((branch for branch in self.branches if branch.unit == unit), None)


def nothing(options: int) -> Sums:
    return Sums(0, 0, 0, 0, (0,) * options)


def node_hash(contest: ContestKey, unit: str, children: int, sums: Sums, tree: bytes | None) -> bytes:
    return hashlib.sha256(
        _NODE
        + canonical_bytes(
            {
                "type": NODE_TYPE,
                "election": contest.election,
                "contest": contest.contest,
                "unit": unit,
                "children": children,
                "sums": sums_document(sums),
                "tree": None if tree is None else tree.hex(),
            }
        )
    ).digest()


class Part(NamedTuple):
    """A stretch of a node's lines, or one of them: what they add up to, and what they hash to."""

    sums: Sums
    hash: bytes


def line_of(branch: Branch) -> Part:
    hash_ = "null" if branch.hash is None else f'"{branch.hash.hex()}"'
    text = f'{{"hash":{hash_},"sums":{_written(branch.sums)},"unit":{encode_basestring(branch.unit)}}}'
    return Part(branch.sums, hashlib.sha256(_LINE + text.encode()).digest())


def pair_of(left: Part, right: Part) -> Part:
    text = (
        f'{{"left":{{"hash":"{left.hash.hex()}","sums":{_written(left.sums)}}},'
        f'"right":{{"hash":"{right.hash.hex()}","sums":{_written(right.sums)}}}}}'
    )
    return Part(left.sums.plus(right.sums), hashlib.sha256(_PAIR + text.encode()).digest())


def pairs_of(branches: Sequence[Branch]) -> list[list[Part]]:
    """The tree inside a node, row by row: its lines, then their pairs, at last the one on top. A part without another
    beside it goes up as it is, which is where RFC 6962 cuts. Of no branches: one empty row."""
    rows = [[line_of(branch) for branch in branches]]
    while len(rows[-1]) > 1:
        row = rows[-1]
        above = [pair_of(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        rows.append(above + row[2 * len(above) :])
    return rows


def _written(sums: Sums) -> str:
    """`sums_document` in canonical JSON. Written out here, as a nation's tree has two million of them (a property test
    holds it to `canonical_bytes`)."""
    stations, valid, invalid, voters, votes = sums
    listed = ",".join(map(str, votes))
    return f'{{"invalid":{invalid},"stations":{stations},"valid":{valid},"voters":{voters},"votes":[{listed}]}}'


def node_of(contest: ContestKey, unit: str, branches: Sequence[Branch], options: int) -> Node:
    sums = nothing(options)
    for branch in branches:
        sums = sums.plus(branch.sums)
    return Node(contest, unit, sums, tuple(branches))


def sum_tree(
    contest: ContestKey,
    root: str,
    children_of: Callable[[str], Sequence[str] | None],
    leaves: Mapping[str, tuple[Sums, bytes]],
    options: int,
) -> Iterator[Node]:
    """Every node below and at `root`, children before parents, the root's last.

    `children_of` names a region's children, and is None for a station. A station that is not in `leaves` has nothing
    in the log, and is listed with zeros.
    """
    zero = nothing(options)

    def branch_of(unit: str, done: dict[str, Branch]) -> Branch:
        if unit in done:
            return done.pop(unit)
        sums, entry = leaves.get(unit, (zero, None))
        return Branch(unit, sums, entry)

    done: dict[str, Branch] = {}
    waiting: list[tuple[str, bool]] = [(root, False)]
    while waiting:
        unit, descended = waiting.pop()
        children = children_of(unit) or ()
        if not descended:
            waiting.append((unit, True))
            waiting += [(child, False) for child in children if children_of(child) is not None]
            continue
        node = node_of(contest, unit, [branch_of(child, done) for child in children], options)
        done[unit] = Branch(unit, node.sums, node.hash())
        yield node


def read_node(data: bytes) -> Node:
    """A node as published. Raises `Rejected` if it is none, or not the sum of what it lists."""
    members = strict.Members(parse_canonical(data))
    members.take("type", strict.one_of(NODE_TYPE))
    election = members.take("election", strict.identifier)
    contest = members.take("contest", strict.identifier)
    unit = members.take("unit", strict.identifier)
    sums = members.take("sums", read_sums)
    children = members.take("children", strict.array(0, MAX_CHILDREN)) or ()
    members.close()
    branches: list[Branch] = []
    for i, child in enumerate(children):
        inner = strict.Members(child, f"children[{i}]", members.refusals)
        name, its = inner.take("unit", strict.identifier), inner.take("sums", read_sums)
        digest = inner.take("hash", strict.maybe_digest)
        inner.close()
        if name and its:
            branches.append(Branch(name, its, None if digest is None else bytes.fromhex(digest)))
    members.raise_if_refused()
    assert election and contest and unit and sums
    if len({branch.unit for branch in branches}) != len(branches):
        raise _refused(unit, "lists a child twice")
    if any(branch.hash is None and any((*branch.sums[:4], *branch.sums.votes)) for branch in branches):
        raise _refused(unit, "lists numbers for a child that has nothing in the log")
    try:
        node = node_of(ContestKey(election, contest), unit, branches, len(sums.votes))
    except ValueError:
        raise _refused(unit, "lists votes for different numbers of options") from None
    if node.sums != sums:
        raise _refused(unit, f"says {sums}, but its children add up to {node.sums}")
    return node


def sums_document(sums: Sums) -> dict[str, object]:
    return {**dict(zip(Sums._fields[:4], sums[:4], strict=True)), "votes": list(sums.votes)}


def read_sums(value: object) -> Sums:
    members = strict.Members(value)
    count = strict.integer(0, MAX_SUM)
    stations, valid, invalid, voters = (members.take(name, count) or 0 for name in Sums._fields[:4])
    votes = members.take("votes", strict.array(0, MAX_OPTIONS)) or ()
    members.close()
    if members.refusals:
        raise ValueError("; ".join(f"{refusal.field} {refusal.detail}" for refusal in members.refusals))
    return Sums(stations, valid, invalid, voters, tuple(map(count, votes)))


def _refused(unit: str, detail: str) -> Rejected:
    return Rejected([Refusal("bad-sum", unit, detail)])
