"""`realcount verify` as a shell sees it: exit codes, what is printed where, and one JSON object for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from realcount.cli.main import cli
from tests import small_election as small
from tests.verify import forgeries
from tests.verify.building import LOG, WITNESSES, lay_down, note_of, published, small_log

KEY = LOG.key.to_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_down(published(small_log()), tmp_path / "log")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["verify", *map(str, arguments)])


def check(folder: Path, *more: str | Path) -> Result:
    return run("log", folder, "--key", KEY, "--state", folder.parent / "state", "--workers", "1", *more)


def test_all_holds_is_0(folder: Path) -> None:
    result = check(folder, "--witness", WITNESSES[0].key.to_text())
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith(f"{folder}: 323 entries, root ")
    assert "  e19/ppwp in N: 6 stations, 01 714, 02 414" in result.stdout
    assert "  seen by witness-1.example at 2019-04-17 11:20:00 UTC" in result.stdout
    assert result.stdout.splitlines()[-1] == "All holds."
    assert result.stderr == ""


def test_a_key_may_lie_in_a_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "log.key").write_text(KEY + "\n")
    assert run("log", folder, "--key", tmp_path / "log.key", "--state", tmp_path / "state").exit_code == 0


def test_what_does_not_hold_is_1_and_every_finding_a_line(folder: Path) -> None:
    lay_down({"tile/0/000": forgeries.flipped(published(small_log())["tile/0/000"], 0)}, folder)
    result = check(folder)
    assert result.exit_code == 1
    assert "\ntile-differs: tile/0/000, entry 0: another hash for entry 0; expected: it hashes to " in result.stdout
    assert result.stdout.splitlines()[-1] == "SOMETHING DOES NOT HOLD."


def test_a_fork_is_told_first_and_loudest(folder: Path) -> None:
    assert check(folder).exit_code == 0
    lay_down(published(small_log(), small_log().entries[:300], note_of(small_log().entries[:300])), folder)
    result = check(folder)
    assert result.exit_code == 1
    assert "\nTHE LOG CONTRADICTS ITSELF: the log's word covers less than the word it gave before.\n" in result.stdout
    assert len(list(folder.parent.glob("state/*/evidence/*.note"))) == 2


def test_one_object_for_programs(folder: Path) -> None:
    document = json.loads(check(folder, "--json").stdout)
    assert (document["holds"], document["size"], document["findings"]) == (True, 323, [])
    (folder / "tile/entries/000").unlink()
    result = check(folder, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["holds"] is False
    assert document["findings"][0] == {
        "code": "missing",
        "file": "tile/entries/000",
        "entry": 0,
        "unit": None,
        "found": f"there is no file {folder / 'tile/entries/000'}",
        "expected": "256 entries, from entry 0 on",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("log",),
        ("log", "/nowhere", "--key", KEY),
        ("log", ".", "--key", "no key"),
        ("log", ".", "--key", KEY.replace("e19", "e20")),
        ("log", ".", "--key", KEY, "--witness", KEY),
        ("log", ".", "--key", KEY, "--quorum", "1"),
        ("log", "http://count.example:port", "--key", KEY),
        ("station", "S1", ".", "--key", KEY, "--contest", "ppwp"),
        ("proof", "/nowhere", "--key", KEY),
    ],
)
def test_wrong_use_is_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    state = ("--state", str(tmp_path)) if arguments and arguments[0] in ("log", "station") else ()
    assert run(*arguments, *state).exit_code == 2


def test_what_cannot_be_read_is_3_and_not_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realcount.verify.url_source.time.sleep", lambda seconds: None)
    nobody = "http://127.0.0.1:1"
    result = run("log", nobody, "--key", KEY, "--state", tmp_path)
    assert result.exit_code == 3
    assert "not everything could be read: http://127.0.0.1:1/checkpoint cannot be read after 5 tries" in result.stdout
    assert run("station", "S1", nobody, "--key", KEY, "--state", tmp_path).exit_code == 3


def test_a_state_that_cannot_be_kept_is_3(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    result = run("log", folder, "--key", KEY, "--state", tmp_path / "taken" / "inside")
    assert result.exit_code == 3
    assert result.stderr.startswith("Error: ")


def test_pages_are_compared_where_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realcount.verify.url_source.time.sleep", lambda seconds: None)
    result = check(folder, "--pages", "http://127.0.0.1:1")
    assert result.exit_code == 3
    assert "regions/N cannot be read" in result.stdout


def test_a_citizen_proves_and_checks_one_station(folder: Path, tmp_path: Path) -> None:
    made = run("station", "S6", folder, "--key", KEY, "--state", tmp_path / "state", "--out", tmp_path / "proof")
    assert made.exit_code == 0, made.output
    assert "polling station S6" in made.stdout and "dari TPS S6" in made.stdout
    checked = run("proof", tmp_path / "proof", "--key", KEY, "--station", "S6")
    assert (checked.exit_code, checked.stdout) == (0, made.stdout)
    assert run("proof", tmp_path / "proof", "--key", KEY, "--station", "S5").exit_code == 1
    document = json.loads(run("proof", tmp_path / "proof", "--key", KEY, "--json").stdout)
    assert (document["holds"], sorted(document["words"])) == (True, ["en", "id"])
    other = run("station", "S6", folder, "--key", KEY, "--state", tmp_path / "state", "--contest", "e19/dprd")
    assert "contest dprd" in other.stdout


def test_a_photograph_is_the_one_that_was_signed_for_or_is_named(folder: Path, tmp_path: Path) -> None:
    """The swapped scan: its name in the signed form is the hash of what it was."""
    right, wrong = tmp_path / "right.jpg", tmp_path / "wrong.jpg"
    right.write_bytes(small.SCAN)
    wrong.write_bytes(small.SCAN[:-1] + b"?")
    kept = tmp_path / "proof"
    asked = ("station", "S6", folder, "--key", KEY, "--state", tmp_path / "state", "--out", kept)
    same = run(*asked, "--scan", right)
    assert same.exit_code == 0, same.output
    assert f"{right} is a scan that both of them signed for" in same.stdout
    assert f"{right} adalah pindaian yang ditandatangani" in same.stdout
    swapped = run("proof", kept, "--key", KEY, "--scan", right, "--scan", wrong)
    assert swapped.exit_code == 1
    assert f"scan-differs: {wrong}, entry" in swapped.stdout
    assert small.SCAN_REF.sha256 in swapped.stdout
    assert f"{right} is a scan" in swapped.stdout and f"{wrong} is a scan" not in swapped.stdout


def test_a_station_without_a_form_has_no_proof(folder: Path, tmp_path: Path) -> None:
    for station in ("S99", "-99-KSK-1"):
        result = run("station", station, folder, "--key", KEY, "--state", tmp_path / "state")
        assert result.exit_code == 1
        assert f"has a station {station}" in result.stdout
        assert "No proof could be made from this log." in result.stdout
