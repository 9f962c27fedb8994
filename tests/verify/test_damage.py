"""Any single bit of any published file: the check finds it, or it is one that no reader of this log is led by."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.domain.errors import Rejected
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.tiles import tile_names
from realcount.verify.audit import Audit, Report
from realcount.verify.findings import CODES, Findings
from realcount.verify.reading import read_safely
from realcount.verify.state import State
from realcount.verify.units import units_in
from tests import small_election as small
from tests.verify.building import LOG, OFFICIALS, WITNESSES, MemorySource, Writer, note_of, published, sealed


@cache
def night() -> Writer:
    """A short log, so that many can be checked: 4 officials, a form of each contest, a correction, two rounds of sums."""
    writer = Writer()
    writer.open()
    writer.count(small.PPWP, "S1", (3, 2))
    writer.count(small.DPR, "S2", (5, 1, 4))
    writer.count(small.DPRD, "S4", (8, 8))
    writer.snapshots()
    writer.count(small.PPWP, "S1", (4, 2))
    writer.snapshots()
    return writer


@cache
def everything() -> dict[str, bytes]:
    """What lies in public when this log has grown in portions: nodes of the first snapshot and partial tiles of sizes that
    were signed once are still there."""
    files = dict(published(night()))
    edge = Edge()
    for entry in night().entries:
        edge, tiles = edge.append([leaf_hash(entry)])
        files |= {tile.name.path: tile.data for tile in tiles}
    return files


def led_by() -> set[str]:
    """The files that the newest checkpoint leads to: its tree, the election's, and the nodes below the newest roots."""
    size = len(night().entries)
    files = {"checkpoint", "units", *(name.path for name in tile_names(size))}
    newest = {(said.contest, said.unit): said.root.hex() for _, said in night().fold.snapshots}
    waiting = list(newest.values())
    while waiting:
        hash_ = waiting.pop()
        files.add(f"sums/{hash_}")
        text = night().nodes[hash_].decode()
        waiting += [other for other in night().nodes if f'"{other}"' in text]
    return files


def check(files: dict[str, bytes], state: Path) -> Report:
    witnesses = [witness.key for witness in WITNESSES]
    return Audit(MemorySource(files), LOG.key, State(state, LOG.key), witnesses, 3).run()


def test_the_files_are_whole(tmp_path: Path) -> None:
    assert check(everything(), tmp_path).holds
    superseded = everything().keys() - led_by()
    assert {path.split("/")[0] for path in superseded} == {"tile", "sums"}
    assert all(".p/" in path for path in superseded if path.startswith("tile/"))


@settings(max_examples=250)
@given(st.randoms(use_true_random=False))
def test_any_flipped_bit_is_found_or_leads_nobody(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    path = chance.choice(sorted(everything()))
    data = everything()[path]
    at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
    damaged = everything() | {path: data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]}
    report = check(damaged, tmp_path_factory.mktemp("state"))
    if path in led_by():
        assert not report.holds, f"{path}, byte {at}, bit {bit}"
        assert report.unreadable is None
        assert all(finding.code in CODES for finding in report.findings.kept())
        # Bytes of a tile or a node are found in that very file; a checkpoint or an entry may be wrong in a wider way.
        if path.startswith(("tile/0", "sums/")):
            assert path in {finding.file for finding in report.findings.kept()}
    else:
        # A partial tile of a size that has passed, or a node of an older snapshot: the signed root does not rest on it,
        # and whoever checks against the checkpoint of that time finds it as it would be found here.
        assert report.holds


def test_a_superseded_tile_is_found_by_whoever_is_led_by_it(tmp_path: Path) -> None:
    entries = night().entries[:7]
    path = "tile/0/000.p/7"
    assert path in everything() and path not in led_by()
    then = everything() | published(night(), entries, note_of(entries))
    assert check(then, tmp_path / "whole").holds
    flipped = then[path][:-1] + bytes([then[path][-1] ^ 1])
    assert [finding.file for finding in check(then | {path: flipped}, tmp_path / "flipped").findings.kept()] == [path]


# ---- what an enemy would send --------------------------------------------------------------------------------------------


pieces = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"",
            b"{}",
            b"[]",
            b"null",
            b'{"a":' * 3_000,
            b'{"a":' * 990 + b"1" + b"}" * 990,
            b'{"type":"realcount/sealed-form/v1"}',
            b'{"form":{},"type":"realcount/sealed-form/v1"}',
            b'{"type":"realcount/snapshot/v1"}',
            b'{"type":["realcount/snapshot/v1"]}',
            b'{"n":' + b"9" * 5_000 + b"}",
            '{"type":"\ud800"}'.encode("utf-8", "surrogatepass"),
            sealed(small.PPWP, "S1", (3, 2))[0],
        ]
    ),
    st.sampled_from([*night().entries]),
)


@settings(max_examples=120)
@given(st.lists(pieces, max_size=12), st.booleans())
def test_a_log_of_anything_is_judged_and_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, entries: list[bytes], opened: bool
) -> None:
    whole = [*night().entries[: 1 + len(OFFICIALS)], *entries] if opened else entries
    report = check(published(night(), whole), tmp_path_factory.mktemp("state"))
    assert report.unreadable is None
    assert report.size == len(whole)


def test_an_entry_just_as_deep_as_can_be_read_once_is_refused_all_the_same() -> None:
    """Reading encodes parts of an entry again, from further down the stack than the first time."""
    tail = b'"form_signature":"QQ==","review":{},"review_signature":"QQ==","type":"realcount/sealed-form/v1"}'
    for depth in range(800, 1_000):
        with pytest.raises(Rejected):
            read_safely(b'{"form":' + b'{"a":' * depth + b"1" + b"}" * depth + b"," + tail)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["N", "P1", "P2", "V1", "V2", "D1", "D2", "W1", "S1", "S2"]),
        st.tuples(
            st.lists(
                st.tuples(st.sampled_from(["region", "dapil"]), st.sampled_from(["N", "P1", "P2", "V1", "D1", "S1"])),
                max_size=3,
            ),
            st.booleans(),
        ),
    )
)
def test_a_tree_of_anything_is_walked_to_an_end(tree: dict[str, tuple[list[tuple[str, str]], bool]]) -> None:
    lines = [
        f'{{"id":"{unit}","parents":{[list(p) for p in parents]},"station":{str(station).lower()}}}\n'.replace(
            "'", '"'
        ).replace(", ", ",")
        for unit, (parents, station) in sorted(tree.items())
    ]
    findings = Findings()
    units = units_in("".join(lines).encode(), night().fold.contests, findings)
    assert (units is None) == bool(findings)
    for unit in units.parents if units else ():
        assert units is not None and unit not in units.above(unit)


def test_a_chain_of_thousands_of_regions_is_refused_not_climbed() -> None:
    above = ["[]", *(f'[["region","r{n:06d}"]]' for n in range(2_000))]
    lines = [f'{{"id":"r{n:06d}","parents":{parents},"station":false}}\n' for n, parents in enumerate(above)]
    findings = Findings()
    assert units_in("".join(lines).encode(), {}, findings) is None
    assert "more than 64 others" in str(findings.kept()[0])
