"""`elex`, the client that newsrooms read AP's Elections API with, reads ours: as it is, told another address.

`make test-elex`. It lives in an environment of its own (infra/tools/elex); nothing of it is ours.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from realcount.local.gateway import Gateway
from realcount.local.http_events import Answer, Request
from realcount.local.machine import running_machine
from realcount.local.places import Places, checkout
from tests.journeys.conftest import Night, open_polls
from tests.journeys.manual import blocks

pytestmark = pytest.mark.elex

ELEX = checkout().root / "infra/tools/elex/.venv/bin/elex"
DATE = "2019-04-17"
FROM_CACHE = 64
"""How elex ends if what it was answered was 304."""


class Access(NamedTuple):
    path: str
    query: str
    held: str | None
    status: int


@pytest.fixture(scope="module")
def records() -> list[Access]:
    """What the server was asked below /v3, and what it answered."""
    return []


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, records: list[Access]) -> Iterator[Night]:
    answers = Gateway._answer

    async def recorded(self: Gateway, request: Request) -> Answer:
        answer = await answers(self, request)
        if request.path.startswith("/v3"):
            records.append(Access(request.path, request.query, request.header("if-none-match"), answer.status))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gateway, "_answer", recorded)
        with running_machine(Places(checkout().root, tmp_path_factory.mktemp("machine"))) as machine:
            opened = open_polls(machine)
            yield opened
            opened.sender.http.close()


class Newsroom(NamedTuple):
    base_url: str
    cache: Path

    def run(self, *arguments: str, ends: int = 0) -> str:
        """What elex prints, or what it complains of; `ends` is how it must end."""
        environment = {
            "AP_API_BASE_URL": f"{self.base_url}/v3",
            "AP_API_KEY": "any",
            "ELEX_CACHE_DIRECTORY": str(self.cache),
            "PYTHONWARNINGS": "ignore",  # It is of 2018.
        }
        run = subprocess.run(
            [ELEX, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert run.returncode == ends, run.stdout[:2_000] + run.stderr
        return run.stderr if ends == 1 else run.stdout

    def rows(self, *arguments: str, ends: int = 0) -> list[dict[str, Any]]:
        found = json.loads(self.run(*arguments, "-o", "json", ends=ends))
        rows: list[dict[str, Any]] = found if isinstance(found, list) else [found]
        return rows


@pytest.fixture
def newsroom(night: Night, tmp_path: Path) -> Newsroom:
    return Newsroom(night.base_url, tmp_path / "cache")


def test_as_the_manual_says(night: Night, tmp_path: Path) -> None:
    """The block of docs/api.md, in a shell."""
    manual = (checkout().root / "docs" / "api.md").read_text(encoding="utf-8")
    (block,) = (one for one in blocks(manual) if one.kind == "sh")
    command = block.text.replace("https://count.example", night.base_url)
    assert command != block.text
    environment = {
        "PATH": f"{ELEX.parent}:/usr/bin:/bin",
        "ELEX_CACHE_DIRECTORY": str(tmp_path),
        "PYTHONWARNINGS": "ignore",
    }
    run = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "e19/ppwp" in run.stdout


def assert_same_as_v1(rows: list[dict[str, Any]], page: dict[str, Any]) -> None:
    """Votes and stations of the nation and of each province, as /v1 has them."""
    numbers = {f"state-{page['region']['id']}": page} | {f"county-{child['id']}": child for child in page["children"]}
    found: dict[str, dict[str, int]] = {unit: {} for unit in numbers}
    for row in rows:
        if row["raceid"] != "e19/ppwp":
            continue
        stations = numbers[row["reportingunitid"]]["stations"]
        assert (row["precinctsreporting"], row["precinctstotal"]) == (stations["approved"], stations["expected"])
        found[row["reportingunitid"]][row["candidateid"].rpartition("/")[2]] = row["votecount"]
    assert found == {unit: of["votes"] for unit, of in numbers.items()}


def test_it_lists_elections_and_races(newsroom: Newsroom) -> None:
    (election,) = newsroom.rows("elections")
    assert (election["electiondate"], election["testresults"], election["liveresults"]) == (DATE, True, False)
    races = newsroom.rows("races", DATE)
    assert [(race["raceid"], race["officename"], race["statepostal"]) for race in races][:2] == [
        ("e19/ppwp", "President", "US"),
        ("e19/dpr/N", "Parliament", "US"),
    ]
    assert {race["test"] for race in races} == {True}
    assert [row["last"] for row in newsroom.rows("candidates", DATE, ends=FROM_CACHE)][:2] == ["Pair One", "Pair Two"]
    assert newsroom.rows("next-election", "2019-01-01")[0]["electiondate"] == DATE


def test_results_are_those_of_v1_and_the_second_time_304_until_a_form_is_approved(
    newsroom: Newsroom, night: Night, records: list[Access]
) -> None:
    form = night.file("S1", {"01": 150, "02": 120})
    night.decide("S1", form)
    page = night.until_nation_is("S1", {"01": 150, "02": 120})
    records.clear()
    rows = newsroom.rows("results", DATE)
    assert_same_as_v1(rows, page)
    assert newsroom.rows("results", DATE, ends=FROM_CACHE) == rows
    first, second = records
    assert (first.status, first.held) == (200, None)
    assert (second.status, second.path, second.query) == (304, first.path, first.query)
    assert second.held

    form = night.file("S6", {"01": 100, "02": 170})
    night.decide("S6", form)
    page = night.until_nation_is("S6", {"01": 100, "02": 170})
    assert page["votes"] == {"01": 250, "02": 290}
    assert_same_as_v1(newsroom.rows("results", DATE), page)
    assert (records[-1].status, records[-1].held) == (200, second.held)


def test_its_other_options_work(newsroom: Newsroom) -> None:
    assert {row["votecount"] for row in newsroom.rows("results", DATE, "--set-zero-counts")} == {0}
    assert {row["level"] for row in newsroom.rows("results", DATE, "--results-level", "state")} == {"state"}
    assert {row["level"] for row in newsroom.rows("results", DATE, "--results-level", "district")} == {
        *("state", "district"),
    }
    assert {row["raceid"] for row in newsroom.rows("results", DATE, "--national-only")} == {
        *("e19/ppwp", "e19/dpr/N", "e19/dprd/N"),
    }
    assert {row["raceid"] for row in newsroom.rows("results", DATE, "--raceids", "e19/dpr/D1")} == {"e19/dpr/D1"}
    everything = newsroom.rows("results", DATE, ends=FROM_CACHE)  # It chooses by raceids itself.
    assert newsroom.rows("results", DATE, "-t") == everything
    assert newsroom.run("results", DATE, ends=FROM_CACHE).splitlines()[0].startswith("id,raceid,racetype,")


def test_what_is_refused_it_can_explain(newsroom: Newsroom) -> None:
    said = newsroom.run("results", DATE, "--results-level", "county", ends=1)
    assert "HTTP Error 400 - Invalid value for parameter level county" in said
    assert "HTTP Error 404 - " in newsroom.run("results", "2019-04-18", ends=1)
