"""What officials send, as programs of readers see it: by the client, by the command, and as files."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realcount.client.client import Client
from realcount.local.machine import Machine, running_machine
from realcount.local.places import Places, checkout
from tests.journeys.conftest import Night, open_polls, until
from tests.small_election import ELECTION

WATCH = [sys.executable, "-c", "from realcount.cli.main import main; main()", "watch", "--json", "--every", "1"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with running_machine(Places(checkout().root, tmp_path_factory.mktemp("reading"))) as running:
        yield running


@pytest.fixture(scope="module")
def night(machine: Machine) -> Iterator[Night]:
    opened = open_polls(machine)
    yield opened
    opened.sender.http.close()


def test_a_watcher_sees_a_form_come_in_and_has_the_bytes_of_the_page(machine: Machine, night: Night) -> None:
    with Client(machine.base_url) as client:
        before = client.results(election=ELECTION)
        command = [*WATCH, "--base", machine.base_url, "--election", ELECTION]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            try:
                assert json.loads(watching.stdout.readline())["edition"] >= before.edition
                form = night.file("S5", {"01": 71, "02": 29})
                night.decide("S5", form)
                night.until_nation_is("S5", {"01": 71, "02": 29})
                lines = iter(watching.stdout.readline, "")
                seen = next(page for page in map(json.loads, lines) if page["stations"] == night.region()["stations"])
            finally:
                watching.terminate()
        after = client.results(election=ELECTION)
        assert after.edition > before.edition
        assert after.body == night.get(after.path).content
        assert seen["votes"] == after.document["votes"]
        assert client.results("Region V2", election=ELECTION).document["votes"]["01"] >= 71


def test_the_files_of_a_contest_add_up_to_its_page(machine: Machine, night: Night, tmp_path: Path) -> None:
    form = night.file("S4", {"01": 40, "02": 60})
    night.decide("S4", form)
    night.until_nation_is("S4", {"01": 40, "02": 60})
    machine.drain()
    machine.tick("seal_totals")
    machine.drain()

    def exported() -> list[dict[str, str]] | None:
        machine.tick("export_bulk")
        machine.drain()
        with Client(machine.base_url) as client:
            if (
                night.get(f"{client.results(election=ELECTION).path.rpartition('/regions/')[0]}/bulk").status_code
                != 200
            ):
                return None
            files = client.download(tmp_path, election=ELECTION, only=["stations*.csv.gz"])
        rows = [
            row for path in files for row in csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines())
        ]
        return rows if any(row["station"] == "S4" and row["votes.01"] == "40" for row in rows) else None

    rows = until(exported, "the bulk files have the form")
    assert sum(int(row["votes.01"] or 0) for row in rows) == night.region()["votes"]["01"]
