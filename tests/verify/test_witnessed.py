"""While a log grows faster than witnesses are asked, a quorum stands under an earlier word: it counts if the log goes on
from there, and is proof against the log if it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from realcount.domain.log.notes import Note
from tests import small_election as small
from tests.verify.building import LOG, WITNESSES, Signer, lay_down, note_of, published, sealed, small_log
from tests.verify.conftest import Check
from tests.verify.test_verify_command import run

ENTRIES = small_log().entries
SIZE = len(ENTRIES)
ALONE = note_of(ENTRIES, witnesses=())
"""The newest word, which no witness has seen yet."""


def files(witnessed: Note | None, word: Note = ALONE) -> dict[str, bytes]:
    more = {} if witnessed is None else {"witnessed": witnessed.to_bytes()}
    return published(small_log(), note=word) | more


def test_a_quorum_under_an_earlier_word_counts_and_it_is_said_what_it_has_not_seen(check: Check) -> None:
    report = check(files(note_of(ENTRIES[:300])))
    assert report.holds, [str(finding) for finding in report.findings.kept()]
    assert [name for name, _ in report.witnesses] == [witness.name for witness in WITNESSES]
    assert f"a quorum of witnesses has seen the first 300 entries; {SIZE - 300} newer ones not yet" in report.remarks
    assert report.size == SIZE


@pytest.mark.parametrize(
    "witnessed",
    [
        None,
        note_of(ENTRIES[:300], witnesses=WITNESSES[:2]),
        note_of(ENTRIES[:300], Signer(LOG.name, seed="a stranger's")),
        note_of(ENTRIES[:300], Signer("count.example/e20")),
    ],
    ids=["none", "two of three", "not signed by the log", "another log's"],
)
def test_anything_less_is_too_few_witnesses(check: Check, witnessed: Note | None) -> None:
    report = check(files(witnessed))
    assert list(report.findings.counts) == ["too-few-witnesses"]


def test_garbage_in_its_place_is_too_few_witnesses(check: Check) -> None:
    for data in (b"", b"garbage", b"x" * 100_000):
        assert list(check(files(None) | {"witnessed": data}).findings.counts) == ["too-few-witnesses"]


@pytest.mark.parametrize(("size", "code"), [(300, "log-rewritten"), (SIZE, "log-forked")])
def test_a_log_that_does_not_go_on_from_it_contradicts_itself(check: Check, size: int, code: str) -> None:
    other = [*ENTRIES[:5], sealed(small.PPWP, "S1", (9, 9))[0], *ENTRIES[6:size]]
    report = check(files(note_of(other)))
    assert report.findings.kept()[0].code == code
    assert "are kept" in report.findings.kept()[0].found


def test_a_cache_that_gives_an_older_checkpoint_accuses_nobody(check: Check) -> None:
    """The earlier word is still in a cache; its newer one, with a quorum, is not."""
    report = check(files(note_of(ENTRIES), note_of(ENTRIES[:300], witnesses=())))
    assert (report.holds, report.size) == (True, SIZE)


def test_without_asking_for_witnesses_it_is_not_even_read(check: Check) -> None:
    assert check(files(None) | {"witnessed": b"garbage"}, quorum=0).holds


def test_the_command_says_so(tmp_path: Path) -> None:
    folder = lay_down(files(note_of(ENTRIES[:300])), tmp_path / "log")
    keys = [part for witness in WITNESSES for part in ("--witness", witness.key.to_text())]
    said = run(
        "log", folder, "--key", LOG.key.to_text(), "--state", tmp_path / "s", "--workers", "1", "--quorum", "3", *keys
    )
    assert said.exit_code == 0, said.output
    assert f"  a quorum of witnesses has seen the first 300 entries; {SIZE - 300} newer ones not yet" in said.stdout
    assert "  seen by witness-3.example at 2019-04-17 11:20:00 UTC" in said.stdout
