"""Every single change is found, and named: what it is, in which file, at which entry, at which unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.sealed_keys import registration_entry
from realcount.domain.official import SUBMITTER
from realcount.verify.audit import Audit
from realcount.verify.findings import CODES, Finding
from realcount.verify.rehash import rehash
from realcount.verify.state import State
from tests import small_election as small
from tests.verify import forgeries
from tests.verify.building import LOG, MemorySource, files_of, note_of, official, published, small_log
from tests.verify.conftest import Check
from tests.verify.forgeries import FORGERIES, Forgery


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_a_forgery_is_found_and_named(check: Check, forgery: Forgery) -> None:
    report = check(forgery.forge())
    assert not report.holds
    assert report.unreadable is None
    assert any(
        finding.code == forgery.code
        and forgery.file in (None, finding.file)
        and forgery.entry in (None, finding.entry)
        and forgery.unit in (None, finding.unit)
        and forgery.says in str(finding)
        for finding in report.findings.kept()
    ), "\n".join(map(str, report.findings.kept()))
    assert all(finding.code in CODES for finding in report.findings.kept())


def test_there_are_enough_of_them() -> None:
    assert len(FORGERIES) >= 25
    assert len({forgery.name for forgery in FORGERIES}) == len(FORGERIES)


def test_honest_recalls_hold(check: Check) -> None:
    report = check(forgeries.recalled(*forgeries.RECALLS))
    assert report.holds, [str(finding) for finding in report.findings.kept()]
    assert report.forms == 1


# ---- held to what the log said before ------------------------------------------------------------------------------------


def evidence(tmp_path: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(tmp_path.glob("state/*/evidence/*.note"))]


def test_a_log_that_shrinks_is_the_loudest_finding_and_both_notes_are_kept(check: Check, tmp_path: Path) -> None:
    writer = small_log()
    assert check(published(writer)).holds
    shorter = published(writer, writer.entries[:300], note_of(writer.entries[:300]))
    report = check(shorter)
    assert report.findings.kept()[0].code == "log-shrank"
    assert sorted(evidence(tmp_path)) == sorted([published(writer)["checkpoint"], shorter["checkpoint"]])
    assert check(published(writer)).holds, "what was remembered is still the longer one"


def test_another_root_at_the_same_size_is_a_fork(check: Check, tmp_path: Path) -> None:
    writer = small_log()
    assert check(published(writer)).holds
    forked = published(writer, forgeries.changed(forgeries.FIRST_FORM, b'"01":100', b'"01":900'))
    report = check(forked)
    assert report.findings.kept()[0].code == "log-forked"
    assert len(evidence(tmp_path)) == 2
    assert check(forked).findings.kept()[0].code == "log-forked", "it does not get used to it"


def test_signatures_that_were_checked_in_another_log_are_checked_again(check: Check) -> None:
    """What is remembered as signed is remembered with its root: a fork cannot hide behind it."""
    assert check(published(small_log())).holds
    forked = published(small_log(), forgeries.form_changed(forgeries.FIRST_FORM, b'"01":100', b'"01":900'))
    assert check(forked).findings.counts["bad-signature"] == 2


def test_a_log_that_grew_from_another_past_is_found(check: Check, tmp_path: Path) -> None:
    """Everything is signed rightly, by officials too: a correction that was superseded before any snapshot was left out."""
    writer = small_log()
    assert check(published(writer, writer.entries[:300], note_of(writer.entries[:300]))).holds
    whole = list(writer.entries)
    whole[forgeries.index_of("ppwp", "S1", 2)] = registration_entry(official("x", SUBMITTER, ("P1",)), small.DAWN)
    report = check(published(writer, whole))
    assert report.findings.kept()[0].code == "log-rewritten"
    assert len(evidence(tmp_path)) == 2
    assert "its first 300 entries" in report.findings.kept()[0].found


def test_whoever_never_looked_before_has_only_the_witnesses(check: Check) -> None:
    """The same forgery before a checker without memory: nothing in the log is wrong by itself. That is what others'
    cosignatures are for, and honest witnesses would not give theirs."""
    writer = small_log()
    whole = list(writer.entries)
    whole[forgeries.index_of("ppwp", "S1", 2)] = registration_entry(official("x", SUBMITTER, ("P1",)), small.DAWN)
    assert check(published(writer, whole, note_of(whole, witnesses=()))).findings.counts == {"too-few-witnesses": 1}


# ---- a larger log: bundles that can be swapped, a third level ------------------------------------------------------------


ENTRIES = [b'{"station":"%06d"}' % n for n in range(65_900)]


def rehashed(files: dict[str, bytes]) -> list[Finding]:
    checkpoint = read_checkpoint(note_of(ENTRIES, witnesses=()).text)
    return rehash(MemorySource(files), checkpoint, (), lambda index, entry: None, lambda *done: None).findings


@pytest.fixture(scope="module")
def large() -> dict[str, bytes]:
    return files_of(ENTRIES)


def test_a_log_of_three_levels_is_hashed_through(large: dict[str, bytes]) -> None:
    assert "tile/2/000.p/1" in large
    assert rehashed(large) == []


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("tile/0/000", 0),
        ("tile/0/257.p/108", 257 * 256),
        ("tile/1/000", 0),
        ("tile/1/001.p/1", 256 * 256),
        ("tile/2/000.p/1", 0),
    ],
)
def test_a_bit_in_a_tile_of_any_level_is_found_there(large: dict[str, bytes], path: str, entry: int) -> None:
    (finding,) = rehashed(large | {path: forgeries.flipped(large[path], 0)})
    assert (finding.code, finding.file, finding.entry) == ("tile-differs", path, entry)


def test_swapped_bundles_are_both_found(large: dict[str, bytes]) -> None:
    one, other = "tile/entries/003", "tile/entries/200"
    found = rehashed(large | {one: large[other], other: large[one]})
    assert [(finding.code, finding.file, finding.entry) for finding in found] == [
        ("entry-differs", one, 3 * 256),
        ("entry-differs", other, 200 * 256),
    ]


def test_a_file_that_changes_between_two_readings_is_found(tmp_path: Path) -> None:
    """Good bytes for whoever hashes, others for whoever counts."""
    files = published(small_log())
    forged = published(small_log(), forgeries.changed(forgeries.FIRST_FORM, b'"01":100', b'"01":900'))
    asked: list[str] = []

    def turn(path: str) -> None:
        asked.append(path)
        if asked.count(forgeries.FULL) == 2:
            source.files = files | {forgeries.FULL: forged[forgeries.FULL]}

    source = MemorySource(files, turn)
    report = Audit(source, LOG.key, State(tmp_path, LOG.key)).run()
    (finding,) = (found for found in report.findings.kept() if found.code == "changed-while-read")
    assert (finding.file, finding.entry) == (forgeries.FULL, forgeries.FIRST_FORM)
