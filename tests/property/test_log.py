"""The log's tree, tiles and proofs, for any size and in any portions, against RFC 6962 written down as it stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import leaf_hash, root_of
from realcount.domain.log.proofs import NotProven, Tree, check_consistency, check_inclusion
from realcount.domain.log.tiles import (
    TileName,
    decode_bundle,
    decode_tile,
    encode_bundle,
    tile_names,
)

LEAVES = [leaf_hash(b"entry %d" % i) for i in range(70_000)]
sizes = st.one_of(
    st.integers(0, 40), st.integers(0, 1_300), st.sampled_from([255, 256, 257, 511, 512, 513, 1023, 1024])
)


def mth(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: Sequence[bytes], known: bool) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def written(portions: Sequence[int]) -> tuple[Edge, dict[str, bytes]]:
    """A log appended to in these portions, and every file that was ever written."""
    edge, files = Edge(), {}
    for portion in portions:
        edge, tiles = edge.append(LEAVES[edge.size : edge.size + portion])
        for tile in tiles:
            assert tile.name.path not in files, "a file was written twice"
            files[tile.name.path] = tile.data
    return edge, files


@given(st.lists(st.integers(0, 700), max_size=8))
def test_however_a_log_grew_its_root_is_that_of_its_entries_and_every_tile_is_there(portions: list[int]) -> None:
    edge, files = written(portions)
    assert edge.root() == mth(LEAVES[: edge.size])
    hashes = [name for name in tile_names(edge.size) if name.level >= 0]
    assert all(name.path in files for name in hashes)
    tree = Tree(edge.size, lambda name: files[name.path])
    assert tree.root() == edge.root()
    for name in hashes:
        span = 256**name.level
        first = name.number * 256 * span
        expected = [mth(LEAVES[first + i * span : first + (i + 1) * span]) for i in range(name.width)]
        assert decode_tile(name, files[name.path]) == expected


@given(sizes.filter(bool), st.data())
def test_every_entry_is_proven_by_the_rfcs_path_and_by_no_other(size: int, data: st.DataObject) -> None:
    edge, files = written([size])
    index = data.draw(st.integers(0, size - 1))
    proof = Tree(size, lambda name: files[name.path]).inclusion_proof(index)
    assert proof == path(index, LEAVES[:size])
    check_inclusion(LEAVES[index], index, size, proof, edge.root())
    with pytest.raises(NotProven):
        check_inclusion(LEAVES[size], index, size, proof, edge.root())
    with pytest.raises(NotProven):
        check_inclusion(LEAVES[index], index, size, [*proof, LEAVES[0]], edge.root())
    if size > 1:
        with pytest.raises(NotProven):
            check_inclusion(LEAVES[index], index, size, proof[:-1], edge.root())
        other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index))
        with pytest.raises(NotProven):
            check_inclusion(LEAVES[index], other, size, proof, edge.root())


@given(sizes, st.data())
def test_a_log_that_grew_is_proven_by_the_rfcs_proof(size: int, data: st.DataObject) -> None:
    earlier = data.draw(st.integers(0, size))
    _, files = written([size])
    proof = Tree(size, lambda name: files[name.path]).consistency_proof(earlier)
    assert proof == ([] if earlier == 0 else subproof(earlier, LEAVES[:size], True))
    before, after = root_of(LEAVES[:earlier]), root_of(LEAVES[:size])
    check_consistency(earlier, size, proof, before, after)
    if proof:
        for wrong in ([*proof, LEAVES[0]], proof[:-1], [LEAVES[-1], *proof[1:]]):
            with pytest.raises(NotProven):
                check_consistency(earlier, size, wrong, before, after)
    if earlier > 0:
        with pytest.raises(NotProven):
            check_consistency(earlier, size, proof, LEAVES[-1], after)
    if 0 < earlier < size:
        with pytest.raises(NotProven):
            check_consistency(size, earlier, proof, after, before)


@given(st.integers(2, 900), st.data())
def test_a_log_that_was_rewritten_is_not_a_log_that_grew(size: int, data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, earlier - 1))
    leaves = [*LEAVES[:changed], LEAVES[-1], *LEAVES[changed + 1 : size]]
    edge, tiles = Edge().append(leaves)
    files = {tile.name.path: tile.data for tile in tiles}
    proof = Tree(size, lambda name: files[name.path]).consistency_proof(earlier)
    with pytest.raises(NotProven):
        check_consistency(earlier, size, proof, root_of(LEAVES[:earlier]), edge.root())


@settings(max_examples=3)
@given(st.integers(65_530, 70_000), st.integers(1, 300))
def test_three_levels_of_tiles(size: int, more: int) -> None:
    edge, files = written([min(size, 70_000 - more), more])
    assert edge.root() == root_of(LEAVES[: edge.size])
    assert all(name.path in files for name in tile_names(edge.size) if name.level >= 0)
    assert sum(map(len, edge.rows)) <= 3 * 255


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_gives_back_its_entries_and_nothing_when_it_is_cut(entries: list[bytes]) -> None:
    data = encode_bundle(entries)
    name = TileName(-1, 0, len(entries))
    assert decode_bundle(name, data) == entries
    with pytest.raises(ValueError, match=r"ends within its entry|should hold"):
        decode_bundle(name, data[:-1])
    with pytest.raises(ValueError, match="should hold"):
        decode_bundle(name._replace(width=len(entries) + 1), data)
