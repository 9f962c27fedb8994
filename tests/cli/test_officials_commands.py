"""The officials' commands without a machine: what they say, in which language, and how they end."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from realcount.cli.main import cli
from realcount.cli.officials_options import language_of_here
from realcount.officials.frame import Frame, Frames
from realcount.officials.outbox import Outbox
from tests.small_election import paper

NOBODY = "http://127.0.0.1:9"
VOTES = ("--votes", "01=150", "--votes", "02=120")
FIGURES = tuple(part for name, count in paper(150, 120, 5).items() for part in ("--figure", f"{name}={count}"))
GOOD = (*VOTES, *FIGURES)


def said(label: str = "SIMULATION") -> dict[str, Any]:
    options = [{"id": name, "number": name, "name": f"Pair {name}", "parent": None} for name in ("01", "02")]
    return {
        "election": {"id": "e19", "name": "An election", "label": label, "held_on": "2019-04-17"},
        "contest": {"id": "ppwp", "name": "President", "fields": ["valid", "total", "voters.total"], "options": options},
        "roots": [], "log": "/log/e19", "receipts_key": None, "log_key": None,
        "stations": {"S1": {"name": "TPS 1", "registered": 300, "above": ["N", "V1"], "where": "N / V1"}},
    }  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prepared outbox, a key, a photograph, and nobody at the other end."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "REALCOUNT_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REALCOUNT_OUTBOX", str(tmp_path / "outbox"))
    monkeypatch.setenv("REALCOUNT_BASE", NOBODY)
    Frames(Outbox(tmp_path / "outbox").root)._keep(Frame(said()))
    Image.effect_noise((16, 16), 90).save(tmp_path / "S1.jpg")
    return tmp_path


def key(desk: Path, role: str = "submitter", region: str = "N", until: str = "2124-01-01T00:00:00.000Z") -> Path:
    out = desk / f"{role}-{region}-{until[:4]}"
    if out.exists():
        return next(out.glob("*.private.json"))
    run(
        "key", "generate", "--election", "e19", "--holder", "person-1", "--role", role, "--region", region, "--out", out,
        "--valid-from", "2019-01-01T00:00:00.000Z", "--valid-until", until,
    )  # fmt: skip
    (found,) = out.glob("*.private.json")
    return found


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def submit(desk: Path, *more: str | Path, holder: Path | None = None, station: str = "S1") -> Result:
    return run(
        "submit", "--station", station, "--scan", desk / "S1.jpg", "--key", holder or key(desk), "--offline", *more
    )


def test_a_form_is_kept_and_named_in_indonesian_first(desk: Path) -> None:
    result = submit(desk, *GOOD)
    assert result.exit_code == 3, result.output
    first, *_ = lines = result.stdout.splitlines()
    assert first == "*** LATIHAN: SIMULATION. Angka ini tidak dihitung. ***"
    assert any(
        line.startswith("TPS S1 versi 1: ditandatangani dan tersimpan. Catat di kertas Anda: ") for line in lines
    )
    listed = json.loads(run("outbox", "--json").stdout)
    (form,) = listed["forms"]
    assert (form["station"], form["state"], form["practice"], form["label"]) == ("S1", "ready", True, "SIMULATION")
    assert form["hash"][:4] in result.stdout


def test_the_same_again_is_not_signed_again_and_other_numbers_are_refused(desk: Path) -> None:
    holder = key(desk)
    submit(desk, *GOOD, holder=holder)
    before = json.loads(run("outbox", "--json").stdout)["forms"]
    assert submit(desk, *GOOD, holder=holder).exit_code == 3
    assert [form["hash"] for form in json.loads(run("outbox", "--json").stdout)["forms"]] == [before[0]["hash"]]
    other = submit(desk, *FIGURES, "--votes", "01=151", "--votes", "02=119", "--lang", "en", holder=holder)
    assert other.exit_code == 1
    assert "[taken]" in other.stderr and "send a correction" in other.stderr
    corrected = submit(
        desk, *FIGURES, "--votes", "01=151", "--votes", "02=119", "--correction", "misread", holder=holder
    )
    assert corrected.exit_code == 3, corrected.output
    assert [form["version"] for form in json.loads(run("outbox", "--json").stdout)["forms"]] == [1, 2]


def test_what_would_be_flagged_is_said_and_nothing_is_signed_where_nobody_can_be_asked(desk: Path) -> None:
    odd = (*VOTES, "--figure", "valid=1833", "--figure", "total=1833", "--figure", "voters.total=229")
    result = submit(desk, *odd)
    assert result.exit_code == 1
    assert "  ! jumlah suara sah dan tidak sah 1.833 melebihi pengguna hak pilih 229" in result.stdout
    assert "ulangi dengan --yes" in result.stderr
    assert json.loads(run("outbox", "--json").stdout)["forms"] == []
    assert submit(desk, *odd, "--json").exit_code == 1
    english = submit(desk, *odd, "--lang", "en", "--yes")
    assert english.exit_code == 3
    assert "  ! valid and invalid votes together 1,833 exceed the voters 229" in english.stdout


def test_what_the_server_would_refuse_is_refused_whole(desk: Path) -> None:
    result = submit(desk, "--votes", "99=1", "--lang", "en", "--json", "--yes")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [one["code"] for one in found["refusals"]] == ["unknown-option"]
    assert found["practice"] is True
    assert result.stderr == "Error: to be corrected first: 1. Nothing was signed\n"


@pytest.mark.parametrize(
    ("role", "region", "until", "code"),
    [
        ("approver", "N", "2124-01-01T00:00:00.000Z", "wrong-role"),
        ("submitter", "N", "2020-01-01T00:00:00.000Z", "expired"),
    ],
)
def test_a_key_that_cannot_sign_this_is_refused_before_it_does(
    desk: Path, role: str, region: str, until: str, code: str
) -> None:
    result = submit(desk, *GOOD, holder=key(desk, role, region, until))
    assert result.exit_code == 1 and f"[{code}]" in result.stderr


def test_what_only_the_server_can_know_is_asked(desk: Path) -> None:
    beyond = submit(desk, *GOOD, "--lang", "en", holder=key(desk, region="V9"))
    assert beyond.exit_code == 1 and "your key does not seem to speak for this station" in beyond.stdout
    unseen = submit(desk, *GOOD, "--lang", "en", station="S9")
    assert unseen.exit_code == 1 and "was never seen here" in unseen.stdout


def test_practice_is_insisted_on(desk: Path) -> None:
    assert submit(desk, *GOOD, "--practice").exit_code == 3
    Frames(desk / "outbox")._keep(Frame(said("not the official result")))
    real = submit(desk, *GOOD, "--practice", "--lang", "en")
    assert real.exit_code == 1
    assert real.stderr == "Error: e19 is no practice: its label is 'not the official result'. Nothing was signed\n"
    sent = run("outbox", "send", "--practice", "--key", key(desk), "--lang", "en")
    assert sent.exit_code == 1 and "is no practice" in sent.stderr
    assert "LATIHAN" not in run("outbox").stdout


def test_without_a_line_everything_is_kept(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realcount.client.patience.time.sleep", lambda seconds: None)
    monkeypatch.setattr("realcount.client.patience.FIRST", 0.001)
    submit(desk, *GOOD, holder=(holder := key(desk)))
    result = run("outbox", "send", "--key", holder, "--lang", "en")
    assert result.exit_code == 3, result.output
    assert f"There is no line to {NOBODY}" in result.stderr
    assert "All is kept safely in" in result.stderr


def test_without_frame_and_line_nothing_can_be_checked(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALCOUNT_OUTBOX", str(desk / "another"))
    result = submit(desk, *GOOD, "--lang", "en")
    assert result.exit_code == 1 and "Run `realcount outbox prepare`" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("submit",),
        ("submit", "--station", "S1", "--votes", "01"),
        ("submit", "--station", "S1", "--correction", "a", "--withdrawal", "b"),
        ("outbox", "send", "--key", "/nowhere"),
        ("review", "approve", "S1", "--yes"),
        ("review", "approve", "S1", "--yes", "--form", "abc"),
        ("review", "return", "S1"),
    ],
)
def test_wrong_use_is_exit_code_2(desk: Path, arguments: tuple[str, ...]) -> None:
    more = () if "--key" in arguments else ("--key", str(key(desk)))
    assert run(*arguments, *more).exit_code == 2


def test_a_file_that_is_no_key_is_wrong_use(desk: Path) -> None:
    for text in (
        "{}",
        "no json",
        json.dumps({"id": "k", "algorithm": "rsa", "private_key": base64.b64encode(b"k" * 32).decode()}),
    ):
        (desk / "key.json").write_text(text)
        result = submit(desk, *GOOD, holder=desk / "key.json")
        assert result.exit_code == 2 and "is no private key" in result.stderr


@pytest.mark.parametrize(
    ("spoken", "language"),
    [
        ({}, "id"),
        ({"LANG": "C.UTF-8"}, "id"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "id_ID", "LANG": "en_US"}, "id"),
    ],
)
def test_the_language_is_the_locales(
    desk: Path, monkeypatch: pytest.MonkeyPatch, spoken: dict[str, str], language: str
) -> None:
    for name, value in spoken.items():
        monkeypatch.setenv(name, value)
    assert language_of_here() == language


def test_output_for_pipes_is_plain(desk: Path) -> None:
    submit(desk, *GOOD)
    for arguments in (("outbox",), ("outbox", "--json")):
        result = run(*arguments)
        assert "\x1b" not in result.stdout and result.stderr == ""
