"""An honest log is found honest, from wherever it is read and however often; and what a check remembers, it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from realcount.domain.election import ContestKey
from realcount.domain.fold import Fold
from realcount.domain.log.sealed_keys import revocation_entry
from realcount.domain.sum_tree import sum_tree
from realcount.verify import reading
from realcount.verify.findings import Findings
from realcount.verify.sums import GrowingSums
from realcount.verify.units import units_in
from tests import small_election as small
from tests.verify.building import WITNESSES, Writer, note_of, packed, published, small_log
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


def test_processes_find_what_one_finds(check: Check) -> None:
    files = published(small_log())
    assert (
        check(files, workers=2, fresh=True).to_document()["totals"] == check(files, workers=1).to_document()["totals"]
    )


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
