"""The Merkle-sum tree: every station's way to the root holds, and whoever changes a number anywhere is found there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.canonical import canonical_bytes, parse_canonical
from realcount.domain.election import Region
from realcount.domain.errors import Rejected
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.sum_tree import Branch, Node, Sums, check_path, node_of, read_node, sum_tree
from tests import small_election as small

numbers = st.integers(0, 400)
sums = st.builds(
    lambda a, b, invalid: Sums(1, a + b, invalid, a + b + invalid, (a, b)), numbers, numbers, st.integers(0, 40)
)
leaves = st.dictionaries(st.sampled_from(small.STATIONS), st.tuples(sums, st.binary(max_size=8).map(leaf_hash)))
REGIONS = {unit.id: unit for unit in small.units() if isinstance(unit, Region)}


def children_of(unit: str) -> list[str] | None:
    region = REGIONS.get(unit)
    return None if region is None else [child.id for child in region.children_in(small.contest())]


def tree(found: dict[str, tuple[Sums, bytes]]) -> dict[str, Node]:
    return {node.unit: node for node in sum_tree(small.PPWP, "N", children_of, found, 2)}


def way_up(station: str, nodes: dict[str, Node]) -> list[Node]:
    return [nodes[crumb.id] for crumb in reversed(small.station(station).path)]


@given(leaves)
def test_every_station_that_counts_has_its_way_to_the_root(found: dict[str, tuple[Sums, bytes]]) -> None:
    nodes = tree(found)
    order = list(nodes)
    for node in nodes.values():
        below = [branch.unit for branch in node.branches if branch.unit in nodes]
        assert all(order.index(unit) < order.index(node.unit) for unit in below), "children come before their parent"
    for station, (its, leaf) in found.items():
        check_path(leaf, its, station, way_up(station, nodes), nodes["N"].hash())
    everything = Sums(0, 0, 0, 0, (0, 0))
    for its, _ in found.values():
        everything = everything.plus(its)
    assert nodes["N"].sums == everything


@given(leaves)
def test_a_node_is_read_as_it_was_written(found: dict[str, tuple[Sums, bytes]]) -> None:
    for node in tree(found).values():
        assert read_node(node.to_bytes()) == node


@given(leaves.filter(bool), st.data())
def test_votes_added_at_any_level_and_hashed_again_above_are_found_at_that_level(
    found: dict[str, tuple[Sums, bytes]], data: st.DataObject
) -> None:
    """The operator changes one child's numbers in one node and builds everything above it anew."""
    station = data.draw(st.sampled_from(sorted(found)))
    nodes = way_up(station, tree(found))
    level = data.draw(st.integers(0, len(nodes) - 1))
    more = data.draw(st.integers(1, 50))
    child = station if level == 0 else nodes[level - 1].unit
    forged = list(nodes)
    for i in range(level, len(nodes)):
        branches = list(nodes[i].branches)
        at = next(j for j, b in enumerate(branches) if b.unit == (child if i == level else forged[i - 1].unit))
        if i == level:
            its = branches[at].sums
            branches[at] = branches[at]._replace(sums=its._replace(votes=(its.votes[0] + more, its.votes[1])))
        else:
            branches[at] = Branch(forged[i - 1].unit, forged[i - 1].sums, forged[i - 1].hash())
        forged[i] = node_of(small.PPWP, nodes[i].unit, branches, 2)
    its, leaf = found[station]
    with pytest.raises(Rejected, match=rf"^{forged[level].unit}: lists .* for {child}"):
        check_path(leaf, its, station, forged, forged[-1].hash())


@given(leaves.filter(bool), st.data())
def test_any_other_leaf_root_or_way_is_refused(found: dict[str, tuple[Sums, bytes]], data: st.DataObject) -> None:
    station = data.draw(st.sampled_from(sorted(found)))
    nodes = tree(found)
    its, leaf = found[station]
    way, root = way_up(station, nodes), nodes["N"].hash()
    other = leaf_hash(b"another form")
    for wrong_leaf, wrong_sums, wrong_way, wrong_root, where in (
        (other, its, way, root, way[0].unit),
        (leaf, its._replace(stations=0), way, root, way[0].unit),
        (leaf, its, way[:-1], root, way[-2].unit),
        (leaf, its, [way[0], *way[2:]], root, way[2].unit),
        (leaf, its, way, other, "N"),
        (leaf, its, [], root, station),
        (leaf, its, [*way[:-1], replace(way[-1], contest=small.DPR)], root, "N"),
    ):
        with pytest.raises(Rejected, match=f"^{where}: "):
            check_path(wrong_leaf, wrong_sums, station, wrong_way, wrong_root)


@given(leaves.filter(bool))
def test_a_node_that_is_not_the_sum_of_its_children_is_no_node(found: dict[str, tuple[Sums, bytes]]) -> None:
    honest = parse_canonical(tree(found)["N"].to_bytes())
    children = honest["children"]
    assert isinstance(children, list)
    child = children[0]
    for change, why in (
        ({"sums": {**honest["sums"], "valid": honest["sums"]["valid"] + 1}}, "add up to"),  # type: ignore[dict-item, index]
        ({"children": children[1:]}, "add up to" if child["sums"]["stations"] else ""),
        ({"children": [*children, child]}, "lists a child twice"),
        ({"children": []}, "list of 1 to"),
        ({"children": [{**child, "sums": {**child["sums"], "voters": -1}}, *children[1:]]}, "voters must be a whole"),
        ({"children": [{**child, "sums": {**child["sums"], "votes": [1]}}, *children[1:]]}, "numbers of options"),
        ({"children": [{**child, "hash": "00"}, *children[1:]]}, "SHA-256"),
        ({"more": 1}, "not a member"),
    ):
        if not why:
            continue
        with pytest.raises(Rejected, match=why):
            read_node(canonical_bytes({**honest, **change}))


def test_numbers_without_an_entry_in_the_log_are_no_numbers() -> None:
    node = node_of(small.PPWP, "V1", [Branch("S1", Sums(1, 2, 0, 2, (1, 1)), None)], 2)
    with pytest.raises(Rejected, match="nothing in the log"):
        read_node(node.to_bytes())
