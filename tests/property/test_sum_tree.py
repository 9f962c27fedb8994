"""The Merkle-sum tree: every station's way to the root holds, and whoever changes a number anywhere is found there."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.canonical import canonical_bytes, parse_canonical
from realcount.domain.election import Region
from realcount.domain.errors import Rejected
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.sum_path import Level, Step, check_path, level_of
from realcount.domain.sum_tree import Branch, Node, Part, Sums, line_of, node_of, pair_of, read_node, sum_tree
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


def way_up(station: str, nodes: dict[str, Node]) -> list[Level]:
    regions = [crumb.id for crumb in reversed(small.station(station).path)]
    return [level_of(nodes[region], unit) for region, unit in zip(regions, [station, *regions], strict=False)]


def documents(sums_: Sums, hash_: bytes | None) -> dict[str, object]:
    return {
        "sums": {
            **dict(zip(("stations", "valid", "invalid", "voters"), sums_, strict=False)),
            "votes": list(sums_.votes),
        },
        "hash": None if hash_ is None else hash_.hex(),
    }


def tree_hash(branches: list[Branch]) -> tuple[Sums, bytes]:
    """RFC 6962 by its own words, with `canonical_bytes`: the first half is the largest power of two below the whole."""
    if len(branches) == 1:
        (unit, its, hash_), *_ = branches
        data = canonical_bytes({"unit": unit, **documents(its, hash_)})
        return its, hashlib.sha256(b"\x03" + data).digest()
    cut = 1
    while 2 * cut < len(branches):
        cut *= 2
    left, right = tree_hash(branches[:cut]), tree_hash(branches[cut:])
    data = canonical_bytes({"left": documents(*left), "right": documents(*right)})
    return left[0].plus(right[0]), hashlib.sha256(b"\x04" + data).digest()


branches_of_one_node = st.lists(
    st.builds(
        Branch,
        st.text(max_size=5),
        st.builds(Sums, *[st.integers(0, 2**53 - 1)] * 4, st.tuples(st.integers(0, 2**53 - 1))),
        st.none() | st.binary(min_size=32, max_size=32),
    ),
    max_size=40,
    unique_by=lambda branch: branch.unit,
)


@given(branches_of_one_node)
def test_a_nodes_hash_is_what_the_page_says(branches: list[Branch]) -> None:
    node = node_of(small.PPWP, "V1", branches, 1)
    document = {
        "type": "realcount/sum/v1", "election": "e19", "contest": "ppwp", "unit": "V1", "children": len(branches),
        "sums": documents(node.sums, None)["sums"], "tree": tree_hash(branches)[1].hex() if branches else None,
    }  # fmt: skip
    assert node.hash() == hashlib.sha256(b"\x02" + canonical_bytes(document)).digest()
    for branch in branches:
        level = level_of(node, branch.unit)
        assert len(level.steps) <= (len(branches) - 1).bit_length()
        assert check_path(branch, [level], small.PPWP, node.hash()) == [Branch("V1", node.sums, node.hash())]


@given(leaves)
def test_every_station_that_counts_has_its_way_to_the_root(found: dict[str, tuple[Sums, bytes]]) -> None:
    nodes = tree(found)
    order = list(nodes)
    for node in nodes.values():
        below = [branch.unit for branch in node.branches if branch.unit in nodes]
        assert all(order.index(unit) < order.index(node.unit) for unit in below), "children come before their parent"
    for station, (its, leaf) in found.items():
        regions = check_path(Branch(station, its, leaf), way_up(station, nodes), small.PPWP, nodes["N"].hash())
        assert regions == [Branch(region, nodes[region].sums, nodes[region].hash()) for region, *_ in regions]
        assert regions[-1].unit == "N"
    everything = Sums(0, 0, 0, 0, (0, 0))
    for its, _ in found.values():
        everything = everything.plus(its)
    assert nodes["N"].sums == everything


@given(leaves)
def test_a_node_is_read_as_it_was_written(found: dict[str, tuple[Sums, bytes]]) -> None:
    for node in tree(found).values():
        assert read_node(node.to_bytes()) == node


@given(leaves.filter(bool), st.data())
def test_no_number_beside_the_way_can_be_another(found: dict[str, tuple[Sums, bytes]], data: st.DataObject) -> None:
    """Whoever shows the way could add votes, or take some, anywhere beside it: the root would be another."""
    station = data.draw(st.sampled_from(sorted(found)))
    nodes = tree(found)
    way = way_up(station, nodes)
    at = data.draw(st.sampled_from([i for i, level in enumerate(way) if level.steps]))
    step = data.draw(st.integers(0, len(way[at].steps) - 1))
    more = data.draw(st.integers(-50, 50).filter(bool))
    side, (its, hash_) = way[at].steps[step]
    other = data.draw(
        st.sampled_from(
            [
                its._replace(votes=(its.votes[0] + more, its.votes[1])),
                its._replace(votes=(its.votes[0] + more, its.votes[1] - more)),
                its._replace(stations=its.stations + more),
                its._replace(invalid=its.invalid + more),
            ]
        )
    )
    steps = list(way[at].steps)
    steps[step] = Step(side, Part(other, hash_))
    way[at] = way[at]._replace(steps=tuple(steps))
    with pytest.raises(Rejected, match=rf"^{station}: is not below the root"):
        check_path(Branch(station, *found[station]), way, small.PPWP, nodes["N"].hash())


@given(leaves.filter(bool), st.data())
def test_a_child_listed_with_other_numbers_is_no_way_for_its_own(
    found: dict[str, tuple[Sums, bytes]], data: st.DataObject
) -> None:
    """The operator changes one child's numbers in one node and builds everything above it anew: the child's own way does
    not lead there any more, at whatever level it was done."""
    station = data.draw(st.sampled_from(sorted(found)))
    nodes = tree(found)
    regions = [crumb.id for crumb in reversed(small.station(station).path)]
    level = data.draw(st.integers(0, len(regions) - 1))
    more = data.draw(st.integers(1, 50))
    child = station if level == 0 else regions[level - 1]
    forged = dict(nodes)
    for i, region in enumerate(regions[level:], start=level):
        branches = [
            Branch(b.unit, forged[b.unit].sums, forged[b.unit].hash()) if i > level and b.unit == regions[i - 1] else b
            for b in nodes[region].branches
        ]
        if i == level:
            at = next(j for j, b in enumerate(branches) if b.unit == child)
            its = branches[at].sums
            branches[at] = branches[at]._replace(sums=its._replace(votes=(its.votes[0] + more, its.votes[1])))
        forged[region] = node_of(small.PPWP, region, branches, 2)
    with pytest.raises(Rejected, match="is not below the root"):
        check_path(Branch(station, *found[station]), way_up(station, forged), small.PPWP, forged["N"].hash())


@given(leaves.filter(bool), st.data())
def test_any_other_leaf_root_or_way_is_refused(found: dict[str, tuple[Sums, bytes]], data: st.DataObject) -> None:
    station = data.draw(st.sampled_from(sorted(found)))
    nodes = tree(found)
    its, leaf = found[station]
    good, way, root = Branch(station, its, leaf), way_up(station, nodes), nodes["N"].hash()
    other = leaf_hash(b"another form")
    cut = next(i for i, level in enumerate(way) if level.steps)
    for branch, levels, contest, wrong_root in (
        (good._replace(hash=other), way, small.PPWP, root),
        (good._replace(unit="S9"), way, small.PPWP, root),
        (good._replace(sums=its._replace(stations=0)), way, small.PPWP, root),
        (good, way[:-1], small.PPWP, root),
        (good, way[1:], small.PPWP, root),
        (good, [way[0], *way[2:]], small.PPWP, root),
        (good, [*way[:cut], way[cut]._replace(steps=way[cut].steps[:-1]), *way[cut + 1 :]], small.PPWP, root),
        (good, [way[0]._replace(children=way[0].children + 1), *way[1:]], small.PPWP, root),
        (good, [way[0]._replace(unit="V9"), *way[1:]], small.PPWP, root),
        (good, way, small.PPWP, other),
        (good, way, small.DPR, root),
        (good, [], small.PPWP, root),
    ):
        with pytest.raises(Rejected, match=rf"^{branch.unit}: "):
            check_path(branch, levels, contest, wrong_root)


def test_a_line_is_no_pair_and_a_pair_is_no_line() -> None:
    """Else two children could be passed off as one, or the other way round."""
    one = line_of(Branch("S1", Sums(1, 1, 0, 1, (1,)), leaf_hash(b"1")))
    two = pair_of(one, one)
    assert line_of(Branch("S1", two.sums, two.hash)).hash != two.hash
    assert node_of(small.PPWP, "V1", [Branch("S1", one.sums, leaf_hash(b"1"))], 1).hash() != one.hash


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
        ({"children": []}, "add up to"),
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


def test_a_region_without_children_is_a_node_of_zeros() -> None:
    node = node_of(small.PPWP, "V9", [], 2)
    assert read_node(node.to_bytes()) == node
    assert node.sums == Sums(0, 0, 0, 0, (0, 0))
    with pytest.raises(ValueError, match="the node of V9 does not list S1"):
        level_of(node, "S1")
