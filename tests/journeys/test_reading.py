"""What officials send, as programs of readers see it: by the client, by the command, and as files."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realcount.client.client import Client
from realcount.domain.election import SIREKAP2024, SITUNG2019, Shape
from realcount.local.machine import Machine, running_machine
from realcount.local.places import Places, checkout
from realcount.rendering.paths import region_path
from tests.journeys.conftest import Night, open_polls, until
from tests.small_election import ELECTION, PPWP, paper

WATCH = [sys.executable, "-c", "from realcount.cli.main import main; main()", "watch", "--json", "--every", "1"]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with running_machine(Places(checkout().root, tmp_path_factory.mktemp("reading"))) as running:
        yield running


@pytest.fixture(scope="module")
def night(machine: Machine) -> Iterator[Night]:
    opened = open_polls(machine, Shape(SITUNG2019), Shape(SIREKAP2024, psu="Reguler"))
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


def test_programs_of_2019_and_2024_read_the_same_numbers(machine: Machine, night: Night) -> None:
    """In the words of Situng and Sirekap, over the machine's own routes: from the nation to the station, as it counts."""
    situng, sirekap = "/static/json/hhcw/ppwp", "/pemilu/hhcw/ppwp"
    village, station = f"{situng}/P1/V1.json", f"{situng}/P1/V1/S2.json"
    before = night.page(f"{situng}.json")
    assert night.page(station) == {}
    assert night.page(village)["table"]["S2"] == {"01": None, "02": None}
    form = night.file("S2", {"01": 81, "02": 19})
    assert night.page(station) == {}, "what waits for its second official does not count"
    night.decide("S2", form)
    night.until_nation_is("S2", {"01": 81, "02": 19})
    machine.drain()
    nation = night.region()

    def follows() -> bool:
        """The functions may remember an answer for a second, and which election answers for longer."""
        return bool(night.page(f"{situng}.json")["chart"] == nation["votes"])

    until(follows, "Situng's file of the nation says what the nation's page says")
    told = night.page(f"{situng}.json")
    assert told["table"] == {child["id"]: child["votes"] for child in nation["children"]}
    assert told["progress"] == {"proses": nation["stations"]["approved"], "total": 6}
    assert told["progress"]["proses"] == before["progress"]["proses"] + 1
    assert night.page(village)["table"]["S2"] == {"01": 81, "02": 19}
    body = night.page(station)
    assert (body["chart"], body["suara_sah"], body["suara_tidak_sah"]) == ({"01": 81, "02": 19}, 100, 5)
    answer = night.get(f"{sirekap}.json")
    assert answer.json()["progres"] == {"total": 6, "progres": nation["stations"]["approved"]}
    assert {option: answer.json()["chart"][option] for option in nation["votes"]} == nation["votes"]
    assert answer.json()["psu"] == "Reguler"
    assert answer.headers["cache-control"] == night.get(region_path(PPWP, "N")).headers["cache-control"]
    again = night.get(f"{sirekap}.json", **{"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert night.page(f"{sirekap}/P1/V1/S2.json")["chart"] == {"null": None, "01": 81, "02": 19}
    assert night.get(f"{situng}/P2/V1.json").status_code == 404, "V1 is not in P2"


def test_from_the_nation_down_to_a_flagged_form_and_why(machine: Machine, night: Night) -> None:
    form = night.file("S6", {"01": 60, "02": 30}, figures=paper(60, 30, 5) | {"valid": 100})

    def flagged() -> bool:
        return bool(night.region("N")["stations"]["flagged"])

    until(flagged, "the nation's page counts a flagged form that waits")
    machine.drain()

    def listed() -> dict[str, Any] | None:
        machine.tick("list_flagged")
        machine.drain()
        document = night.page(night.region()["links"]["flagged"])
        return document if document["edition"] == night.region()["edition"] else None

    document = until(listed, "the nation's flagged stations are counted")
    assert (document["flagged"], document["waiting"]) == (1, 1)
    while document["holds"] == "regions":
        [below] = [child for child in document["children"] if child["flagged"]]
        document = night.page(below["link"])
    [one] = document["stations"]
    assert (one["id"], one["counts"]) == ("S6", False)
    [version] = night.page(one["link"])["versions"]
    assert one["findings"] == list(dict.fromkeys(found["code"] for found in version["findings"]))
    night.decide("S6", form)
    night.until_nation_is("S6", {"01": 60, "02": 30})
    assert until(listed, "the list has followed the form")["waiting"] == 0
