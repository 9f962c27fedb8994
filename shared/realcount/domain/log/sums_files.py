"""The files of a log that sum trees lie in: a node under its hash, and the list of the roots of the trees that count nothing.

    sums/<hash>   a node
    zeros         {"type": "realcount/zeros/v1",
                   "contests": [{"contest": …, "roots": [{"unit": …, "hash": <of the root's node>} …]} …]}

The all-zero trees are laid down when an election is loaded, and `zeros` after the last node of them: so whoever finds it
finds them whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from realcount.domain import strict
from realcount.domain.canonical import canonical_bytes, parse_canonical
from realcount.domain.election import Contest, Region, Station
from realcount.domain.log.unit_lists import children_in
from realcount.domain.sum_tree import Node, sum_tree

ZEROS = "zeros"
ZEROS_TYPE = "realcount/zeros/v1"

MAX_CONTESTS = 10_000
MAX_ROOTS = 1_000
MAX_NODE = 32 * 1024 * 1024

Roots = Mapping[str, bytes]
"""Of one contest: the hash of each root's node."""


def node_path(node: bytes) -> str:
    """Where a node lies, by its hash."""
    return f"sums/{node.hex()}"


def zero_trees(
    contests: Iterable[Contest], units: Iterable[Region | Station]
) -> Iterator[tuple[Contest, str, Iterator[Node]]]:
    """For each root of each contest the nodes of its tree when nothing has come in, the root's last."""
    ordered = sorted(units, key=lambda unit: unit.id)
    parents = {unit.id: unit.parents for unit in ordered}
    stations = {unit.id for unit in ordered if isinstance(unit, Station)}

    @cache  # Hundreds of districts elect by the same hierarchy, and going through a nation's units takes seconds.
    def children(hierarchies: tuple[str, ...]) -> Mapping[str, Sequence[str]]:
        return children_in(parents, hierarchies)

    for contest in contests:
        below = children(contest.hierarchies)

        def children_of(unit: str, below: Mapping[str, Sequence[str]] = below) -> Sequence[str] | None:
            return None if unit in stations else below.get(unit, ())

        for root in contest.roots:
            yield contest, root, sum_tree(contest.key, root, children_of, {}, len(contest.options))


def zeros_file(roots: Mapping[str, Roots]) -> bytes:
    return canonical_bytes(
        {
            "type": ZEROS_TYPE,
            "contests": [
                {
                    "contest": contest,
                    "roots": [{"unit": unit, "hash": hash_.hex()} for unit, hash_ in of_contest.items()],
                }
                for contest, of_contest in roots.items()
            ],
        }
    )


def read_zeros(data: bytes) -> dict[str, Roots]:
    """The roots by contest. Raises `Rejected` with every refusal."""
    members = strict.Members(parse_canonical(data))
    members.take("type", strict.one_of(ZEROS_TYPE))
    contests = members.take("contests", strict.array(1, MAX_CONTESTS)) or ()
    members.close()
    found: dict[str, Roots] = {}
    for i, entry in enumerate(contests):
        of_contest = strict.Members(entry, f"contests[{i}]", members.refusals)
        contest = of_contest.take("contest", strict.identifier)
        roots = of_contest.take("roots", strict.array(1, MAX_ROOTS)) or ()
        of_contest.close()
        hashes: dict[str, bytes] = {}
        for j, root in enumerate(roots):
            inner = strict.Members(root, f"contests[{i}].roots[{j}]", members.refusals)
            unit, hash_ = inner.take("unit", strict.identifier), inner.take("hash", strict.digest)
            inner.close()
            if unit and hash_:
                hashes[unit] = bytes.fromhex(hash_)
        if contest:
            found[contest] = hashes
    members.raise_if_refused()
    return found
