"""The command as a shell sees it: exit codes, one-line errors, and nothing but the answer on standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from realcount.cli.main import cli
from tests.cli.invented_situng import InventedSitung

REALCOUNT = Path(sys.executable).with_name("realcount")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_help_names_every_command_without_running_any() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert all(f"\n  {name}" in result.stdout for name in ("demo", "election", "key", "replay", "verify", "web"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("election", "check"),
        ("election", "check", "/nowhere"),
        ("election", "load", "."),
        ("replay", "nation"),
        ("replay", "nation", "--data", ".", "--limit", "0"),
        ("replay", "province", "--data", ".", "--speed", "0"),
        ("web", "publish", "--published-bucket", "b"),
        ("web", "publish", "--published-bucket", "b", "--key", "no key"),
        ("key", "revoke", "key-1", "--keys-table", "k", "--at", "yesterday"),
    ],
)
def test_wrong_use_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_a_folder_without_the_data_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    for command in ("nation", "province"):
        result = run("replay", command, "--data", tmp_path)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1
        assert result.stderr.startswith("Error: there is no wilayah_2019.csv.gz in ")


def test_no_region_to_go_to_is_one_line_too(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    run("election", "make-situng2019", "--data", data, "--out", tmp_path / "out")
    result = run(
        "election", "load", tmp_path / "out", "--elections-table", "e", "--pages-table", "p", "--published-bucket", "b"
    )
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: DynamoDB cannot be reached: You must specify a region.")
    assert len(result.stderr.splitlines()) == 1


def test_a_made_election_is_a_good_one(data: Path, tmp_path: Path) -> None:
    made = run("election", "make-situng2019", "--data", data, "--out", tmp_path / "out")
    assert (made.exit_code, made.stdout) == (0, f"{tmp_path / 'out'}: 17 regions, 11 polling stations\n")
    again = run("election", "make-situng2019", "--data", data, "--out", tmp_path / "out")
    assert (again.exit_code, again.stderr) == (1, f"Error: {tmp_path / 'out'} is not empty: give a new folder\n")
    checked = run("election", "check", tmp_path / "out", "--json")
    assert checked.exit_code == 0
    summary = json.loads(checked.stdout)
    assert summary["ok"] is True
    assert summary["units"] == {"nation": 1, "province": 3, "regency": 4, "district": 4, "village": 5, "station": 11}
    assert run("election", "check", tmp_path / "out").stdout.startswith("Indonesia, election of the President")


def test_every_finding_is_a_line_and_the_folder_refused(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("election", "make-situng2019", "--data", data, "--out", out, "--region", "1")
    (out / "stations.csv").write_text((out / "stations.csv").read_text().replace("201", "many").replace("TPS 2", ""))
    result = run("election", "check", out)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].startswith("stations.csv:2: registered: 'many' must be a whole number")
    assert result.stderr == f"Error: {out} is refused: {len(result.stdout.splitlines())} findings\n"
    as_json = run("election", "check", out, "--json")
    assert as_json.exit_code == 1
    found = json.loads(as_json.stdout)
    assert found["ok"] is False
    assert found["findings"][0]["file"] == "stations.csv"
    assert found["findings"][0]["line"] == 2


def test_the_nation_piped_is_plain_text_and_ends_with_one_object(data: Path) -> None:
    """In a real process: the bar, the colours and the worker processes must not get into what is piped on."""
    command = [REALCOUNT, "replay", "nation", "--data", data, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert outcome["votes"] == {"21": 796, "22": 817}
    assert (outcome["regions_checked"], outcome["regions_wrong"]) == (17, 0)


def test_a_wrong_region_is_exit_code_1_and_the_object_still_comes(tmp_path: Path) -> None:
    folder = InventedSitung(tamper={("8", "suara_01"): 22}).write(tmp_path / "data")
    result = run("replay", "nation", "--data", folder, "--json", "--workers", "1")
    assert result.exit_code == 1
    assert json.loads(result.stdout.splitlines()[-1])["regions_wrong"] == 1
    assert result.stderr == "Error: 1 of 17 regions are wrong\n"
