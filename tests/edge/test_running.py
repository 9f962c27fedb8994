"""An edge comes up alone, listens to this machine alone, and ends with whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from realcount.local.edge.varnish import Edge, running_edge
from realcount.local.places import LocalError, Places, checkout, listen

pytestmark = pytest.mark.edge

NOBODY: dict[str, Any] = {"api": "127.0.0.1:9", "copies": "127.0.0.1:9"}

STARTER = """
import sys
from pathlib import Path
from realcount.local.edge.varnish import running_edge
from realcount.local.places import Places
with running_edge(Places(Path(sys.argv[1]), Path(sys.argv[2])), api="127.0.0.1:9", copies="127.0.0.1:9") as edge:
    print(edge.folder, flush=True)
    sys.stdin.read()
"""


def processes(folder: str) -> set[int]:
    """Everything that runs in this folder: Varnish, its child, what reads its log."""
    return {
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and folder.encode() in _command(entry)
    }


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_it_ends_with_its_starter_however_suddenly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, checkout().root, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        folder = starter.stdout.readline().strip()
        assert len(processes(folder)) == 3
        os.kill(starter.pid, signal.SIGKILL)
    give_up = time.monotonic() + 30
    while processes(folder):
        assert time.monotonic() < give_up, "the edge outlived its starter"
        time.sleep(0.05)


def test_it_leaves_nothing_behind(places: Places) -> None:
    with running_edge(places, **NOBODY) as edge:
        folder = edge.folder
        assert folder.exists()
    assert not processes(str(folder))
    assert not folder.parent.exists()


def test_it_listens_to_this_machine_alone(edge: Edge) -> None:
    mine = processes(str(edge.folder))
    inodes = {
        target[8:-1]
        for pid in mine
        for descriptor in Path(f"/proc/{pid}/fd").iterdir()
        if (target := os.readlink(descriptor)).startswith("socket:[")
    }
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        listening += [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    assert set(listening) == {f"0100007F:{edge.port:04X}"}


def test_a_port_that_is_taken_is_one_line(places: Places) -> None:
    with (
        listen(0, "--port") as taken,
        pytest.raises(LocalError, match=r"is taken by another program.*--edge-port"),
        running_edge(places, **NOBODY, port=taken.getsockname()[1]),
    ):
        pytest.fail("an edge on somebody else's port")


@pytest.mark.parametrize(
    ("parameters", "changed", "complaint"),
    [
        ({"cc_command": "false"}, str, "found no C compiler for its rules"),
        ({}, lambda rules: rules + "sub vcl_recv { no such thing }", "does not take its rules: Symbol not found: 'no'"),
    ],
)
def test_rules_that_cannot_be_compiled_are_one_line(
    places: Places, parameters: dict[str, str], changed: Callable[[str], str], complaint: str
) -> None:
    with (
        pytest.raises(LocalError, match=complaint),
        running_edge(places, **NOBODY, parameters=parameters, changed=changed),
    ):
        pytest.fail("an edge without rules")
