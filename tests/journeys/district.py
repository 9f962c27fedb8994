"""A district with its officials, on a machine that can be killed while its stores live on, behind a line that can be cut."""

from __future__ import annotations

import csv
import io
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from realcount.cli.election_files import read_election
from realcount.cli.key_files import read_records
from realcount.domain.election import ContestKey
from realcount.local.engine import Engine, start_engine
from realcount.local.machine import Machine, running_machine
from realcount.local.machine_process import MachineProcess, start_machine
from realcount.local.places import LocalError, Places, checkout
from realcount.local.provision import provision
from realcount.local.stores import Stores, open_stores
from realcount.local.template import read_stack
from realcount.usecases.load_election import load_election
from tests.small_election import paper

REALCOUNT = Path(sys.executable).with_name("realcount")
CONTEST = ContestKey("district", "ppwp")
STATIONS_PER_VILLAGE = 10


def write_election(folder: Path, stations: int, label: str = "SIMULATION") -> None:
    """A nation of one province and as many villages as it takes."""
    folder.mkdir()
    frame = {
        "id": CONTEST.election, "name": "A district", "held_on": "2029-04-17", "label": label, "licence": "CC0-1.0",
        "attribution": "nobody", "hierarchies": ["region"], "levels": ["nation", "province", "village"],
        "contests": [{
            "id": CONTEST.contest, "name": "President", "hierarchies": ["region"], "roots": ["N"],
            "fields": sorted(paper(1, 1, 1)),
            "options": [{"id": "01", "number": "1", "name": "Pair One"}, {"id": "02", "number": "2", "name": "Pair Two"}],
        }],
    }  # fmt: skip
    (folder / "election.json").write_text(json.dumps(frame), encoding="utf-8")
    villages = -(-stations // STATIONS_PER_VILLAGE)
    regions = ["id,level,name,parents", "N,nation,Nation,", "P,province,Province,region:N"]
    regions += [f"V{v},village,Village {v},region:P" for v in range(villages)]
    (folder / "regions.csv").write_text("\n".join(regions) + "\n", encoding="utf-8")
    rows = ["id,kind,name,parents,registered"]
    rows += [f"T{s:03d},TPS,TPS {s},region:V{s // STATIONS_PER_VILLAGE},400" for s in range(stations)]
    (folder / "stations.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_forms(folder: Path, stations: int) -> None:
    """What the officials of the district typed, and their photographs beside it."""
    folder.mkdir()
    out = io.StringIO()
    figures = sorted(paper(1, 1, 1))
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["station", "votes.01", "votes.02", *figures])
    for s in range(stations):
        first, second = 100 + s % 90, 50 + s % 70
        numbers = paper(first, second, 5)
        rows.writerow([f"T{s:03d}", first, second, *(numbers[name] for name in figures)])
        Image.effect_noise((32, 32), 10 + s % 200).save(folder / f"T{s:03d}.jpg", "JPEG")
    (folder / "forms.csv").write_text(out.getvalue(), encoding="utf-8")


class Line:
    """A TCP line to the machine at `port`. `cut` ends whatever goes through it, in the middle of a byte; `up` says whether
    anything gets through."""

    def __init__(self, port: int) -> None:
        self._port, self.up = port, True
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.up = False
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            if not self.up:
                return
            with socket.create_connection(("127.0.0.1", self._port), timeout=30) as far:
                with self._lock:
                    self._open |= {near, far}
                back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
                back.start()
                self._pump(near, far)
                back.join()
                with self._lock:
                    self._open -= {near, far}

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@dataclass
class District:
    """Where everything is. Commands run in processes of their own, as an official's do."""

    folder: Path
    machine_at: Places
    engine: Engine
    machine: MachineProcess | Machine
    stores: Stores
    line: Line

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    def close(self) -> None:
        self.line.close()
        if isinstance(self.machine, MachineProcess):
            with suppress(LocalError):
                self.machine.stop()

    def restart_machine(self, beat: float = 0.0) -> None:
        """kill -9, and again on the same port after a while."""
        assert isinstance(self.machine, MachineProcess)
        port = int(self.machine.base_url.rpartition(":")[2])
        self.machine.kill()
        time.sleep(beat)
        self.machine = start_machine(self.machine_at, self.engine, port=port)

    def command(self, *arguments: str | Path, role: str | None = None) -> list[str]:
        key = ["--key", str(self.key(role))] if role else []
        return [str(REALCOUNT), *map(str, arguments), *key]

    def run(
        self, *arguments: str | Path, role: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        command = self.command(*arguments, role=role)
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
            env=self.surroundings(),
        )

    def start(self, *arguments: str | Path, role: str | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(*arguments, role=role),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.surroundings(),
        )

    def surroundings(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "en_US.UTF-8",
            "REALCOUNT_BASE": self.line.base_url,
            "REALCOUNT_OUTBOX": str(self.outbox),
        }

    def key(self, role: str) -> Path:
        (found,) = (self.folder / f"key-{role}").glob("*.private.json")
        return found

    def listed(self) -> list[dict[str, Any]]:
        said = self.run("outbox", "--json")
        assert said.returncode == 0, said.stderr
        forms: list[dict[str, Any]] = json.loads(said.stdout)["forms"]
        return forms


@contextmanager
def district(folder: Path, stations: int, *, killable: bool = True) -> Iterator[District]:
    """`killable`: the machine is a process of its own. Otherwise it is in this one, and has published the log's keys."""
    stores_at, machine_at = Places(checkout().root, folder / "stores"), Places(checkout().root, folder / "machine")
    engine = start_engine(stores_at)
    try:
        stack = read_stack(machine_at.template)
        provision(engine, stack)
        stores = open_stores(engine, stack)
        write_election(folder / "election", stations)
        files = read_election(folder / "election")
        load_election(
            files.election,
            files.units,
            elections=stores.elections,
            editions=stores.editions,
            copies=stores.copies,
            pages=stores.pages,
            log=stores.logs.of(files.election.id),
        )
        with ExitStack() as parts:
            machine: MachineProcess | Machine
            if killable:
                machine = start_machine(machine_at, engine)
            else:
                machine = parts.enter_context(running_machine(machine_at, attached=engine))
                machine.tick("seal_forms")
                machine.tick("ask_witnesses")
            line = Line(int(machine.base_url.rpartition(":")[2]))
            running = District(folder, machine_at, engine, machine, stores, line)
            parts.callback(running.close)
            for role in ("submitter", "approver"):
                made = running.run(
                    "key", "generate", "--election", CONTEST.election, "--holder", f"person-{role}", "--role", role, "--region", "N",
                    "--valid-from", "2020-01-01T00:00:00.000Z", "--valid-until", "2124-01-01T00:00:00.000Z", "--out", folder / f"key-{role}",
                )  # fmt: skip
                assert made.returncode == 0, made.stderr
                (public,) = (folder / f"key-{role}").glob("*.public.json")
                for record in read_records(public):
                    stores.keys.register(record)
            write_forms(folder / "forms", stations)
            yield running
    finally:
        engine.stop()


def strike(of: District, process: subprocess.Popen[bytes], chance: random.Random) -> str:
    """One misfortune, at a moment that nobody chose."""
    what = chance.choice(("kill the command", "kill the command", "kill the machine", "cut the line", "line down"))
    if what == "kill the command":
        process.kill()
    elif what == "kill the machine":
        of.restart_machine(chance.uniform(0, 2))
    elif what == "cut the line":
        of.line.cut()
    else:
        of.line.up = False
        of.line.cut()
        time.sleep(chance.uniform(0, 3))
        of.line.up = True
    return what
