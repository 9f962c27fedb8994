"""`realcount results`, `watch` and `download` as people and pipes use them, against a real server that stumbles."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.client.server import Said, Server, json_body, serving

P = "/v1/elections/e/contests/c"
R = f"{P}/regions/N"
COMMAND = [sys.executable, "-c", "from realcount.cli.main import main; main()"]

Document = dict[str, Any]


def numbers(one: int, two: int, flagged: int = 0) -> Document:
    return {
        "votes": {"01": one, "02": two},
        "valid": one + two,
        "invalid": 1,
        "voters": one + two + 1,
        "registered": 3_000,
        "stations": {"expected": 20, "received": 11, "approved": 10, "flagged": flagged, "incomplete": 0},
    }


def nation(edition: int = 5) -> Document:
    def child(known: str, name: str, **counts: int) -> Document:
        return {"id": known, "name": name, "edition": 2, **numbers(**counts), "link": f"{P}/regions/{known}"}

    return {
        "election": "e",
        "contest": "c",
        "label": "SIMULATION",
        "edition": edition,
        "updated_at": "2029-04-17T12:00:00.000Z",
        "region": {"id": "N", "level": "nation", "name": "Nusantara"},
        "path": [],
        **numbers(1_500, 700, flagged=2),
        "holds": "regions",
        "children": [
            child("1", "Nörd, \x1b[31mred", one=1_000, two=500, flagged=2),
            child("2", "Süd", one=500, two=200),
        ],
        "links": {"self": R, "contest": P},
    }


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        elections = {"elections": [{"id": "e", "held_on": "2029-04-17", "links": {"self": "/v1/elections/e"}}]}
        running.says("/v1/elections", json_body(elections))
        contests = [{"id": "c", "links": {"self": P}}]
        search = "/v1/elections/e/search"
        running.says("/v1/elections/e", json_body({"contests": contests, "links": {"search": search}}))
        running.says(search, json_body({"matches": [], "more": {}, "links": {"next": None}}))
        options = [{"id": "01", "name": "Ani"}, {"id": "02", "name": "Budi"}]
        running.says(
            P,
            json_body(
                {"id": "c", "options": options, "links": {"self": P, "roots": [R], "election": "/v1/elections/e"}}
            ),
        )
        running.says(R, json_body(nation()))
        for known in ("1", "2"):
            running.says(f"{P}/regions/{known}", json_body({**nation(), "children": []}))
        yield running


def start(server: Server, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "REALCOUNT_BASE": server.base, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.Popen(
        [*COMMAND, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )


def run(server: Server, *arguments: str) -> tuple[int, str, str]:
    with start(server, *arguments) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_people_get_a_table_and_no_colours_in_a_pipe(server: Server) -> None:
    code, out, err = run(server, "results")
    assert (code, err) == (0, "")
    assert "\x1b" not in out, "neither ours nor that of a name"
    lines = out.splitlines()
    assert lines[:3] == [
        "Nusantara  (e/c)",
        "SIMULATION  Edition 5, as of 2029-04-17T12:00:00.000Z.",
        "01: Ani, 02: Budi",
    ]
    assert [line.split() for line in lines[4:6]] == [
        ["01", "02", "valid", "invalid", "stations", "flagged"],
        ["Nusantara", "(N)", "1,500", "700", "2,200", "1", "10", "of", "20", "2"],
    ]


def test_json_is_the_page_and_csv_a_line_for_each_place(server: Server) -> None:
    code, out, err = run(server, "results", "--json")
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert json.loads(out) == nation()
    code, out, _ = run(server, "results", "--csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert [(row["id"], row["name"], row["votes.01"], row["approved"]) for row in rows] == [
        ("N", "Nusantara", "1500", "10"),
        ("1", "Nörd, \x1b[31mred", "1000", "10"),
        ("2", "Süd", "500", "10"),
    ]


def test_flagged_shows_what_is_flagged_and_why(server: Server) -> None:
    code, out, _ = run(server, "results", "--flagged")
    assert code == 0
    assert "Süd" not in out
    assert out.splitlines()[-1] == f"Nörd, ?[31mred: see {P}/regions/1"
    page = nation()
    page["example"] = {"station": "S7", "link": f"{P}/stations/S7"}
    page["children"][1] |= {"findings": ["sum-of-votes", "too-many"], **numbers(500, 200, flagged=1)}
    server.says(R, json_body(page))
    assert run(server, "results", "--flagged")[1].splitlines()[-3:] == [
        f"Nörd, ?[31mred: see {P}/regions/1",
        "Süd: sum-of-votes, too-many",
        f"such as S7, {P}/stations/S7",
    ]
    server.says(R, json_body(nation()))
    assert [row["id"] for row in csv.DictReader(run(server, "results", "--flagged", "--csv")[1].splitlines())] == [
        "N",
        "1",
    ]
    assert [child["id"] for child in json.loads(run(server, "results", "--flagged", "--json")[1])["children"]] == ["1"]


def flagged(edition: int = 5, **given: Any) -> Document:
    links = {"self": f"{R}/flagged", "page": R, "next": None}
    return {"edition": edition, "children": [], "stations": [], "links": links, **given}


def odd(number: int, counts: bool = True) -> Document:
    return {
        **{"name": f"TPS {number}", "path": [{"id": "1-1", "name": "Hill\x1b"}], "findings": ["turnout", "votes-sum"]},
        **{"counts": counts, "link": f"{P}/stations/{number}"},
    }


def test_flagged_shows_the_list_where_there_is_one(server: Server) -> None:
    page = nation()
    page["links"]["flagged"] = f"{R}/flagged"
    server.says(R, json_body(page))
    fallback = run(server, "results", "--flagged")[1].splitlines()[-1]
    assert fallback == f"Nörd, ?[31mred: see {P}/regions/1", "the list is not there yet"
    north = {"name": "Nörd", "flagged": 2, "waiting": 1, "by_finding": {"turnout": 2, "votes-sum": 1}, "link": "/n"}
    south = {"name": "Süd", "flagged": 0, "waiting": 0, "by_finding": {}, "link": "/s"}
    server.says(f"{R}/flagged", json_body(flagged(children=[north, south])))
    code, out, err = run(server, "results", "--flagged")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "Nörd: 2 flagged (1 do not count yet): turnout 2, votes-sum 1; see /n"
    first = {"stations": [odd(1)], "links": {"self": R, "page": R, "next": f"{R}/flagged/2"}}
    server.says(f"{R}/flagged", json_body(flagged(4, **first)))
    server.says(f"{R}/flagged/2", json_body(flagged(4, stations=[odd(2, counts=False)])))
    assert run(server, "results", "--flagged")[1].splitlines()[-3:] == [
        f"Hill? / TPS 1: turnout, votes-sum; see {P}/stations/1",
        f"Hill? / TPS 2: turnout, votes-sum (does not count yet); see {P}/stations/2",
        "As listed at edition 4; it is looked for every five minutes.",
    ]
    server.says(f"{R}/flagged/2", json_body(flagged(5, stations=[odd(2)])))
    code, _, err = run(server, "results", "--flagged")
    assert code != 0 and "changed during each of 5 readings" in err


def test_many_options_are_rows(server: Server) -> None:
    page = nation()
    options = [f"{number:02}" for number in range(1, 8)]
    for holder in (page, *page["children"]):
        holder["votes"] = {option: int(option) for option in options}
    server.says(R, json_body(page))
    names = [{"id": option, "name": f"Party {option}"} for option in options]
    server.says(P, json_body({"options": names, "links": {"self": P, "roots": [R]}}))
    _, out, _ = run(server, "results")
    assert "Party 07 (07)" in out.splitlines()[-7]
    assert "Party 01 (01)" in out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("results", "--json", "--csv"), 2, "--json and --csv exclude each other"),
        (("results", "--at", "2029-04-17T20:15Z", "--edition", "3"), 2, "--at and --edition exclude each other"),
        (("results", "--at", "yesterday"), 2, "'yesterday' is no time"),
        (("results", "Atlantis"), 1, "there is no place 'Atlantis'"),
        (("results", "--edition", "99"), 1, "there is nothing at"),
        (("results", "--election", "f"), 1, "there is no election f"),
        (("results", "--base", "nowhere"), 1, "nowhere is no address"),
        (("watch", "--every", "0"), 2, "--every"),
        (("download", "--contest", "x"), 1, "has no contest x; it has c"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(
    server: Server, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended, out, err = run(server, *arguments)
    assert (ended, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_the_past_is_found_by_its_time(server: Server) -> None:
    server.says(f"{R}/editions/4", json_body(nation(4)))
    server.says(
        f"{R}/history/2029-04-17",
        json_body(
            {"columns": ["at", "edition"], "points": [["2029-04-17T13:00:00.000Z", 4], ["2029-04-17T14:00:00.000Z", 5]]}
        ),
    )
    code, out, _ = run(server, "results", "--at", "2029-04-17T20:15+07:00", "--json")
    assert (code, json.loads(out)["edition"]) == (0, 4)


def test_watching_is_a_line_for_each_edition_at_once_and_ends_quietly(server: Server) -> None:
    server.says(R, json_body(nation(5)), json_body(nation(6)))
    with start(server, "watch", "--json", "--every", "1") as process:
        assert process.stdout is not None and process.stderr is not None
        assert [json.loads(process.stdout.readline())["edition"] for _ in range(2)] == [5, 6]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_watching_as_csv_has_one_header_and_ends_when_it_was_told(server: Server) -> None:
    server.says(R, json_body(nation(5)), json_body(nation(6)))
    code, out, err = run(server, "watch", "--csv", "--every", "1", "--count", "2")
    assert (code, err) == (0, "")
    assert [line.split(",")[0] for line in out.splitlines()] == ["id", "N", "1", "2", "N", "1", "2"]


def test_whoever_has_seen_enough_is_shown_no_traceback(server: Server) -> None:
    server.says(R, *(json_body(nation(number)) for number in range(5, 200)))
    with start(server, "watch", "--json", "--every", "1") as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == ""


def test_files_are_downloaded_named_and_checked(server: Server, tmp_path: Path) -> None:
    data = b"id,name\n"
    entry = {"path": "/bulk/e/c/9/a.csv", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    server.says(f"{P}/bulk", json_body({"files": [entry]}))
    server.says("/bulk/e/c/9/a.csv", Said(200, data))
    code, out, err = run(server, "download", str(tmp_path / "new"))
    assert (code, out, err) == (0, f"{tmp_path}/new/a.csv\n", "")
    assert (tmp_path / "new/a.csv").read_bytes() == data
    code, out, _ = run(server, "download", str(tmp_path / "new"), "--json")
    assert json.loads(out) == {"files": [f"{tmp_path}/new/a.csv"]}
    server.says("/bulk/e/c/9/a.csv", Said(200, data[::-1]))
    code, out, err = run(server, "download", str(tmp_path / "other"))
    assert (code, out) == (1, "")
    assert "has other bytes than its index says" in err
