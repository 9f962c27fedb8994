"""An honest log is found honest, from wherever it is read and however often; and what a check remembers, it uses."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realcount.domain.election import ContestKey
from realcount.domain.fold import Fold
from realcount.domain.log.sealed_keys import revocation_entry
from realcount.domain.log.tiles import TileName, tile_names
from realcount.domain.sum_tree import sum_tree
from realcount.verify import reading
from realcount.verify.audit import Audit
from realcount.verify.findings import Findings
from realcount.verify.reading import AHEAD, read_bundles
from realcount.verify.state import State
from realcount.verify.sums import GrowingSums
from realcount.verify.units import units_in
from tests import small_election as small
from tests.verify.building import (
    LOG,
    WITNESSES,
    MemorySource,
    Writer,
    files_of,
    note_of,
    packed,
    published,
    sealed,
    small_log,
)
from tests.verify.conftest import Check


def test_an_honest_log_holds_to_the_last_node(check: Check) -> None:
    writer = small_log()
    report = check(published(writer))
    assert report.holds, [str(finding) for finding in report.findings.kept()]
    assert (report.size, report.forms, report.keys, report.snapshots) == (len(writer.entries), 18, 4, 12)
    assert report.nodes == 6 + 6 + 3 + 2 + 6 + 1, "every region of every tree: N D1 D2, and N W1"
    totals = {(contest, unit): sums for contest, unit, _, sums in report.totals}
    for contest in small.election().contests:
        for root in contest.roots:
            stations = [counted.sums for (key, _), counted in writer.fold.stations.items() if key == contest.key]
            if root == "N":
                assert totals[str(contest.key), root].votes[0] == sum(sums.votes[0] for sums in stations)
    assert [name for name, _ in report.witnesses] == [witness.name for witness in WITNESSES]


def test_processes_find_what_one_finds_in_the_same_order(tmp_path: Path) -> None:
    """Bundles with everything wrong in them that can be, some of it more often than is kept, and one that is not there."""
    other = sealed(small.PPWP, "S1", (9, 9), signed_as=("sub-p2", "sub-p2"))[0]
    files = published(small_log(), [*small_log().entries, *[*small_log().entries, other, b"noise", b"{}"] * 4])
    del files["tile/entries/003"]
    alone, together = (
        Audit(MemorySource(files), LOG.key, State(tmp_path / str(workers), LOG.key), workers=workers)
        .run()
        .to_document()
        for workers in (1, 2)
    )
    assert len(alone["counts"]) >= 8  # type: ignore[arg-type]  # a document's values
    assert together == alone


SIGNED = 10**9
"""No signature is checked again: reading is enough work."""


@pytest.fixture
def bundles() -> list[tuple[TileName, bytes]]:
    files = files_of(small_log().entries * 12)
    return [(name, files[name.path]) for name in tile_names(12 * 323) if name.level < 0]


def test_processes_that_die_leave_the_rest_to_us(bundles: list[tuple[TileName, bytes]]) -> None:
    keys = small_log().fold.keys
    alone = list(read_bundles(bundles, keys, SIGNED, 1))

    def deadly() -> Iterator[tuple[TileName, bytes]]:
        for name, data in bundles:
            if name.number in (3, 11):
                for process in multiprocessing.active_children():
                    process.kill()
            yield name, data

    assert list(read_bundles(deadly(), keys, SIGNED, 2)) == alone


def test_no_more_is_read_ahead_than_the_processes_can_use(bundles: list[tuple[TileName, bytes]]) -> None:
    asked = 0

    def counted() -> Iterator[tuple[TileName, bytes]]:
        nonlocal asked
        for asked, bundle in enumerate(bundles, start=1):  # noqa: B007  # it is what we look at
            yield bundle

    names = []
    for name, _ in read_bundles(counted(), small_log().fold.keys, SIGNED, 2):
        names.append(name)
        assert asked <= len(names) + 2 * AHEAD
    assert names == [name for name, _ in bundles]


def test_where_there_are_no_processes_one_is_enough(
    bundles: list[tuple[TileName, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError("no semaphores")

    monkeypatch.setattr(reading, "ProcessPoolExecutor", none)
    assert len(list(read_bundles(bundles, small_log().fold.keys, SIGNED, 2))) == len(bundles)


def test_a_packed_tree_of_the_election_is_as_good(check: Check) -> None:
    files = published(small_log())
    assert check(files | {"units": packed(files["units"])}).holds


def test_an_empty_log_and_one_of_one_entry_hold(check: Check) -> None:
    writer = Writer()
    assert check(published(writer)).holds
    writer.open(())
    assert check(published(writer)).holds
    writer.snapshots()
    assert check(published(writer)).holds, "nothing has come in, and the zeros add up"


def test_a_log_that_grew_holds_and_old_signatures_are_not_checked_again(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = small_log()
    checked: list[str] = []
    holds = reading.Reader._holds
    monkeypatch.setattr(
        reading.Reader, "_holds", lambda self, key, *rest: checked.append(key[1]) or holds(self, key, *rest)
    )
    assert check(published(writer, writer.entries[:200], note_of(writer.entries[:200]))).holds
    first = len(checked)
    assert first > 300
    report = check(published(writer))
    assert report.holds
    assert report.remarks == []
    assert len(checked) - first < first, (
        "of the entries before, only those behind the last full note were checked again"
    )
    assert check(published(writer), fresh=True).holds


def test_a_key_that_is_revoked_later_does_not_undo_what_it_signed(check: Check) -> None:
    writer = Writer()
    writer.open()
    writer.count(small.PPWP, "S1", (3, 2))
    writer.append(revocation_entry(small.ELECTION, "sub-p1", small.AFTER))
    writer.snapshots()
    assert check(published(writer)).holds


@pytest.mark.parametrize(
    ("contest", "root"),
    [(contest.key, root) for contest in small.election().contests for root in contest.roots],
    ids=lambda value: str(value).replace("/", "-"),
)
def test_the_growing_tree_is_the_one_that_is_built_at_once(contest: ContestKey, root: str) -> None:
    writer = small_log()
    units = units_in(b"".join(writer.unit_lines), writer.fold.contests, Findings())
    assert units is not None
    tree = next(tree for tree in units.trees[contest] if tree.root == root)
    options = writer.fold.contests[contest].options
    fold = Fold()
    growing = GrowingSums(contest, tree, options, fold.stations)
    children = {region: tree.children.get(region, ()) for region in units.regions}
    for index, entry in enumerate(writer.entries):
        fold.take([entry])
        for (of, station), counted in fold.stations.items():
            if of == contest and counted.index == index:
                for its, region in units.votes_in(of, station):
                    if its is tree:
                        growing.moved(region)
        if index % 37 == 0 or index == len(writer.entries) - 1:
            growing.settle()
            at_once = sum_tree(contest, root, children.get, fold.leaves(contest), len(options))
            assert {node.unit: node for node in growing.nodes()} == {node.unit: node for node in at_once}


def test_the_library_knows_no_cloud_and_no_store() -> None:
    script = "import realcount.verify.audit, realcount.verify.url_source, sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stdout.split())
    assert {"boto3", "botocore", "aws_lambda_powertools", "pydantic", "uvicorn"} & loaded == set()
    assert {name for name in loaded if name.startswith("realcount.")} <= {
        name for name in loaded if name.startswith(("realcount.domain", "realcount.verify"))
    }
