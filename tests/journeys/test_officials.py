"""An official's commands on a whole machine, whatever happens to them: kill -9 of the command and of the machine, and cuts of
the line, at random steps. Every form arrives once, and every official ends with a receipt."""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.journeys.conftest import until
from tests.journeys.district import CONTEST, REALCOUNT, District, district, strike, write_forms

SEED = 20290417
MANUAL = Path(__file__).parents[2] / "docs" / "officials.md"


def storm(of: District, stations: int, seed: int) -> Counter[str]:
    """Sign, keep and send a district's forms through strikes; returns how many there were of each kind."""
    chance, struck = random.Random(seed), Counter[str]()
    strikes = 6 + stations // 12
    prepared = of.run("outbox", "prepare", "--region", "N")
    assert prepared.returncode == 0, prepared.stderr
    give_up = time.monotonic() + 60 + 4 * stations
    while time.monotonic() < give_up:
        signed = len(of.listed()) == stations
        what = ("outbox", "send", "--until-sent") if signed else ("submit", of.folder / "forms", "--offline")
        process = of.start(*what, role="submitter")
        try:
            while process.poll() is None:
                if sum(struck.values()) < strikes:
                    time.sleep(chance.uniform(1.0, 3.0) if signed else chance.uniform(0.7, 2.5))
                    # While forms are signed only the command itself can be hit: it asks nobody.
                    struck[strike(of, process, chance) if signed else _kill(process)] += 1
                else:
                    process.wait(give_up - time.monotonic())
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        forms = of.listed()
        if len(forms) == stations and all(form["state"] == "accepted" for form in forms):
            return struck
    pytest.fail(f"after {struck} still not: {Counter(form['state'] for form in of.listed())}")


def _kill(process: subprocess.Popen[bytes]) -> str:
    process.kill()
    return "kill the command while it signs"


def everybody_has_a_receipt(of: District, stations: int) -> None:
    forms = of.listed()
    assert {form["station"] for form in forms} == {f"T{s:03d}" for s in range(stations)}
    assert all(form["receipt"] for form in forms)
    for form in forms:
        history = of.stores.forms.history(CONTEST, form["station"])
        assert [(version.form.version, version.form.hash) for version, _ in history] == [(1, form["hash"])]
    checked = of.run("outbox", "receipts", "--json")
    assert checked.returncode in (0, 3), checked.stdout + checked.stderr
    assert [form["loud"] for form in json.loads(checked.stdout)["forms"]] == [False] * stations
    again = of.run("submit", of.folder / "forms", "--json", role="submitter")
    assert again.returncode == 0, again.stderr
    assert len(of.listed()) == stations, "what was signed is not signed again"


@pytest.mark.timeout(900)
def test_sixty_forms_arrive_once_whatever_is_killed_or_cut(tmp_path: Path) -> None:
    with district(tmp_path, 60) as of:
        struck = storm(of, 60, SEED)
        assert sum(struck.values()) >= 6, struck
        everybody_has_a_receipt(of, 60)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_five_hundred_forms_arrive_once_whatever_is_killed_or_cut(tmp_path: Path) -> None:
    with district(tmp_path, 500) as of:
        struck = storm(of, 500, SEED + 1)
        assert len(struck) >= 4, struck
        everybody_has_a_receipt(of, 500)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with district(tmp_path_factory.mktemp("small"), 6, killable=False) as of:
        page = f"{of.line.base_url}/v1/elections/{CONTEST.election}/log"
        until(
            lambda: httpx.get(page, timeout=10).json().get("receipts_key"), "the keys of receipts and log are published"
        )
        yield of


def blocks() -> Iterator[tuple[str, str]]:
    """The commands of the manual, and the role of who types them."""
    section = ""
    for part in re.split(r"^(## .*)$", MANUAL.read_text(encoding="utf-8"), flags=re.MULTILINE):
        section = part if part.startswith("## ") else section
        for block in re.findall(r"^```sh\n(.*?)^```$", part, flags=re.MULTILINE | re.DOTALL):
            yield "approver" if "second official" in section else "submitter", block


def test_the_manual_is_true(small: District) -> None:
    """Every block of it, as it stands, one after the other, by a shell."""
    here = small.folder / "desk"
    here.mkdir()
    write_forms(here / "district", 2)
    (here / "T002.jpg").write_bytes((small.folder / "forms" / "T002.jpg").read_bytes())
    told = []
    for role, block in blocks():
        surroundings = small.surroundings() | {"REALCOUNT_KEY": str(small.key(role))}
        surroundings["PATH"] = f"{REALCOUNT.parent}:{surroundings['PATH']}"
        command = ["bash", "-euo", "pipefail", "-c", block]
        done = subprocess.run(
            command, cwd=here, env=surroundings, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        assert "*** PRACTICE: SIMULATION" in done.stdout, block
        assert "\x1b" not in done.stdout, "what is piped is plain"
        told.append(done.stdout)
    assert len(told) == 7
    said = "\n".join(told)
    for words in (
        "valid and invalid votes together 275 exceed the voters 229",
        "signed and kept. Write on your paper: ",
        "Receipts: 3 of 3",
        "waits for a second official",
        "district/T000.jpg: the same, byte for byte",
        "station T000 version 1: approved at",
        "station T001 version 1: returned at",
    ):
        assert words in said, said


def test_from_a_form_without_a_line_to_its_entry_in_the_public_log(small: District, tmp_path: Path) -> None:
    """Signed in the dark, sent, refused to the wrong people, approved, returned, sealed, corrected: by commands alone."""
    of = replace(small, folder=tmp_path)
    for role in ("submitter", "approver"):
        (tmp_path / f"key-{role}").symlink_to(small.folder / f"key-{role}")
    write_forms(tmp_path / "forms", 2)
    for old, new in (("T000", "T004"), ("T001", "T005")):
        (tmp_path / "forms" / f"{old}.jpg").rename(tmp_path / "forms" / f"{new}.jpg")
        typed = (tmp_path / "forms" / "forms.csv").read_text().replace(old, new)
        (tmp_path / "forms" / "forms.csv").write_text(typed)
    assert of.run("outbox", "prepare", "--region", "N").returncode == 0
    of.line.up = False
    kept = of.run("submit", tmp_path / "forms", role="submitter")
    of.line.up = True
    assert kept.returncode == 3
    assert kept.stdout.startswith("*** PRACTICE: SIMULATION. These numbers do not count. ***")
    assert "is kept safely" in kept.stderr
    assert of.run("outbox", "send", role="submitter").returncode == 0

    found = json.loads(of.run("review", "list", "--json").stdout)["waiting"]
    hashes = {one["station"]: one["hash"] for one in found}
    own = of.run("review", "approve", "T004", "--form", hashes["T004"], "--yes", role="submitter")
    assert own.returncode == 1 and "[same-holder]" in own.stderr
    other = of.run("review", "approve", "T004", "--form", hashes["T005"], "--yes", role="approver")
    assert other.returncode == 1 and "Look again" in other.stderr
    assert of.run("review", "approve", "T004", "--form", hashes["T004"], "--yes", role="approver").returncode == 0
    back = of.run("review", "return", "T005", "--reason", "blurred", "--form", hashes["T005"], "--yes", role="approver")
    assert back.returncode == 0, back.stderr

    def verdicts() -> dict[str, str]:
        said = of.run("outbox", "receipts", "--json")
        return {form["station"]: form["verdict"] for form in json.loads(said.stdout)["forms"]}

    wanted = {"T004": "sealed", "T005": "returned"}
    give_up = time.monotonic() + 90
    while (seen := verdicts()) != wanted and time.monotonic() < give_up:
        time.sleep(1)
    assert seen == wanted

    lines = (tmp_path / "forms" / "forms.csv").read_text().splitlines()
    (tmp_path / "forms" / "forms.csv").write_text(f"{lines[0]},kind,reason\n{lines[2]},correction,a sharp photograph\n")
    corrected = of.run("submit", tmp_path / "forms", role="submitter")
    assert corrected.returncode == 0, corrected.stdout + corrected.stderr
    assert [form["version"] for form in of.listed() if form["station"] == "T005"] == [1, 2]
