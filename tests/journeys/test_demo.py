"""`realcount demo` from outside: what it prints, how it ends, and that a second start goes on."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from realcount.domain.election import ContestKey
from realcount.local.places import checkout, listen
from realcount.local.simulation.election import NATION, invent
from realcount.local.simulation.officials import appoint
from realcount.local.simulation.papers import write_papers
from realcount.local.simulation.totals import Totals, of_page, of_papers
from realcount.rendering.paths import bulk_path, proof_path, region_path
from tests.journeys.manual import check

COMMAND = [sys.executable, "-c", "from realcount.cli.main import main; main()", "demo"]


def start(data: Path, *options: str) -> subprocess.Popen[str]:
    """The demo as a script runs it: piped, on free ports."""
    return subprocess.Popen(
        [*COMMAND, "--data", str(data), "--port", "0", "--engine-port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_counts_everything_and_says_so_in_one_line_of_json(tmp_path: Path) -> None:
    filings = write_papers(invent(7), appoint(invent(7)).submitters)
    expected = of_papers(filings, ["01", "02"])
    with start(tmp_path, "--exit", "--json") as demo:
        out, err = demo.communicate(timeout=240)
    assert (demo.returncode, err) == (0, "")
    outcome = json.loads(out)
    assert outcome["stations_total"] == len(filings)
    assert {name: outcome[name] for name in expected.as_document()} == expected.as_document()
    assert (outcome["flagged"], outcome["incomplete"], outcome["corrections"], outcome["withdrawals"]) == (6, 4, 1, 1)
    assert outcome["approved_before"] == 0
    assert outcome["seconds"] < 180

    with start(tmp_path) as demo:
        assert demo.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("  curl -s ") or not lines[-1].strip().endswith("/v1/elections"):
            lines.append(demo.stdout.readline())
            assert lines[-1], demo.communicate()
        text = "".join(lines)
        assert "goes on from an earlier run" in text
        assert "All forms counted" in text
        assert "SIMULATION" in text
        assert "\x1b" not in text, "a pipe wants no colours"
        base_url = text.split("realcount is up at ")[1].split()[0]
        page = httpx.get(base_url + region_path(invent(7).contest, NATION)).json()
        assert of_page(page) == expected
        assert "  realcount verify log " in text
        page, _, address = text.split("check one station: ")[1].split()[0].partition("#")
        assert httpx.get(page).headers["content-type"].startswith("text/html")
        election, contest, station = address.split("/")
        proof = httpx.get(base_url + proof_path(ContestKey(election, contest), station))
        assert proof.json()["type"] == "realcount/station-proof/v1"
        check_files(base_url, expected)
        check_log(outcome, base_url, tmp_path)
        check_station(text)
        check_manual(base_url, tmp_path)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0


def check_files(base_url: str, expected: Totals) -> None:
    """The whole contest as files, served beside the pages, and NIST's report of the nation: the same votes everywhere."""
    page = httpx.get(base_url + bulk_path(invent(7).contest)).json()
    assert page["totals"][0]["votes"] == expected.votes
    for file in (*page["files"], page["index"]):
        answer = httpx.get(base_url + file["path"])
        assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, file["sha256"])
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
    (nation,) = httpx.get(base_url + page["links"]["nist"]).json()["reports"]
    report = json.loads(gzip.decompress(httpx.get(base_url + nation["files"][0]["path"]).content))
    selections = report["Election"][0]["Contest"][0]["ContestSelection"]
    assert {one["CandidateIds"][0]: one["VoteCounts"][0]["Count"] for one in selections} == {
        f"candidate-{option}": votes for option, votes in expected.votes.items()
    }


def check_log(outcome: dict[str, Any], pages: str, tmp_path: Path) -> None:
    """As the demo invites everybody to: the log's copy alone gives what every region's page says."""
    run = subprocess.run(
        [
            *(*COMMAND[:-1], "verify", "log", outcome["log"], "--key", outcome["log_key"], "--pages", pages),
            *("--state", str(tmp_path / "verify"), "--workers", "1", "--json"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads(run.stdout)
    assert report["size"] == outcome["log_entries"] > outcome["stations_in"]
    assert report["checked"]["snapshots"] >= 2, "of nothing, and of everything"
    assert report["checked"]["nodes"] > 0
    assert report["totals"][0]["sums"]["stations"] == outcome["stations_in"]


def check_station(text: str) -> None:
    """And one station's way into the total, by the command that it prints."""
    line = next(line for line in text.splitlines() if line.startswith("  realcount verify station "))
    run = subprocess.run(
        [*COMMAND[:-1], *shlex.split(line)[1:]], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def check_manual(base_url: str, tmp_path: Path) -> None:
    """Every example of docs/api.md, as somebody types it who has just counted everything."""
    (tmp_path / "manual").mkdir()
    manual = (checkout().root / "docs" / "api.md").read_text(encoding="utf-8")
    wrong = check(
        manual, base_url, tmp_path / "manual", named="http://127.0.0.1:8019", elsewhere="AP_API_BASE_URL=https://"
    )
    assert not wrong, "docs/api.md is not as it is:\n" + "\n".join(wrong)


def test_a_polite_kill_in_the_middle_keeps_what_was_counted(tmp_path: Path) -> None:
    with start(tmp_path) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "polling stations" in line:
                break
        os.kill(demo.pid, signal.SIGTERM)
        out, err = demo.communicate(timeout=120)
        assert (demo.returncode, err) == (130, "")
        assert "the state is kept" in out
    assert (tmp_path / "engine" / "state" / "dynamodb.json").exists()


def test_what_is_in_the_way_is_one_line(tmp_path: Path) -> None:
    with listen(0, "--port") as taken:
        port = str(taken.getsockname()[1])
        with start(tmp_path, "--port", port) as demo:
            out, err = demo.communicate(timeout=60)
    assert (demo.returncode, out) == (1, "")
    assert err == f"Error: port {port} is taken by another program; stop it, or choose another with --port\n"
