"""DynamoDB as a process of its own: it may be killed, and the machine too; neither loses what was acknowledged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from realcount.local.dynoxide import start_dynoxide
from realcount.local.engine import Engine, attached, start_engine
from realcount.local.machine import running_machine
from realcount.local.machine_process import MachineProcess, start_machine
from realcount.local.places import LocalError, Places, checkout, listen
from realcount.local.template import read_stack
from tests.local import another_project
from tests.local.another_project import write_project

PATIENCE = 30.0


def test_where_it_is_not_installed_one_line_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="npm ci --prefix infra/tools/dynoxide"):
        start_dynoxide(Places(tmp_path, tmp_path / "data"))


def test_an_attached_engine_is_reached_and_never_stopped() -> None:
    with listen(0, "--port") as somebody:
        port = somebody.getsockname()[1]
        engine = attached(port, 1234)
        engine.stop()
        engine.kill()
        environment = engine.environment()
    assert environment["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{port}"
    assert environment["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:1234"
    assert environment["AWS_ENDPOINT_URL_DYNAMODB_STREAMS"] == "http://127.0.0.1:1234"
    assert "AWS_ENDPOINT_URL_DYNAMODB" not in attached(port).environment()


def until(condition: Callable[[], Any], what: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"after {PATIENCE:.0f} s still not: {what}"
        time.sleep(0.1)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return write_project(tmp_path)


@pytest.fixture
def engine(places: Places) -> Iterator[Engine]:
    running = start_engine(Places(places.root, places.data / "stores"), dynamodb="dynoxide")
    yield running
    running.stop()


def seen(engine: Engine, places: Places, *wanted: str) -> Callable[[], bool]:
    stack = read_stack(places.template)
    return lambda: {f"seen-{note}" for note in wanted} <= another_project.notes(engine, stack)


def post(machine: MachineProcess, note: str) -> None:
    assert httpx.post(f"{machine.base_url}/notes/{note}", timeout=30.0).status_code == 201


@pytest.mark.dynoxide
def test_a_machine_runs_on_it_and_finds_its_state_again(places: Places) -> None:
    with running_machine(places, dynamodb="dynoxide") as machine:
        assert not machine.resumed
        assert httpx.post(f"{machine.base_url}/notes/first").status_code == 201
        machine.drain()
        assert machine.engine.dynamodb_url != machine.engine.url
    with running_machine(places, dynamodb="dynoxide") as machine:
        assert machine.resumed
        assert another_project.notes(machine.engine, machine.stack) == {"first", "seen-first"}


@pytest.mark.dynoxide
def test_dynamodb_is_killed_and_comes_back_and_the_machine_goes_on(places: Places, engine: Engine) -> None:
    """The pollers of the streams and the functions' connections were in the middle of things; nobody restarts them."""
    machine = start_machine(places, engine)
    try:
        post(machine, "before")
        until(seen(engine, places, "before"), "what came before is followed")
        post(machine, "at-the-moment")
        assert engine.dynoxide is not None
        engine.dynoxide.kill()
        assert httpx.post(f"{machine.base_url}/notes/during", timeout=60.0).status_code == 500
        said = places.logs / "machine.log"
        until(lambda: "Could not connect" in said.read_text(), "the pollers are out of patience, not only of luck")
        engine.dynoxide = start_dynoxide(Places(places.root, places.data / "stores"), engine.dynamodb_port or 0)
        post(machine, "after")
        until(seen(engine, places, "at-the-moment", "after"), "what came around the outage is followed")
    finally:
        machine.stop()


@pytest.mark.dynoxide
def test_the_machine_is_killed_and_the_next_one_goes_on_from_the_streams(places: Places, engine: Engine) -> None:
    machine = start_machine(places, engine)
    post(machine, "first")
    until(seen(engine, places, "first"), "the first note is followed")
    post(machine, "acknowledged")
    machine.kill()
    with pytest.raises(httpx.ConnectError):
        httpx.get(machine.base_url)
    port = int(machine.base_url.rpartition(":")[2])
    again = start_machine(places, engine, port=port)
    try:
        assert again.base_url == machine.base_url
        until(seen(engine, places, "acknowledged"), "what the killed machine acknowledged is followed")
        post(again, "after")
        until(seen(engine, places, "after"), "the new machine follows too")
    finally:
        again.stop()


@pytest.mark.dynoxide
def test_a_machine_that_cannot_start_says_why(places: Places, engine: Engine) -> None:
    with listen(0, "--port") as taken, pytest.raises(LocalError, match="is taken by another program"):
        start_machine(places, engine, port=taken.getsockname()[1])


STARTER = """
import sys
from pathlib import Path
from realcount.local.dynoxide import start_dynoxide
from realcount.local.places import Places
running = start_dynoxide(Places(Path(sys.argv[1]), Path(sys.argv[2])))
print(running.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.dynoxide
def test_it_ends_with_its_starter(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, checkout().root, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        os.kill(starter.pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}").exists(), "dynoxide is gone")
