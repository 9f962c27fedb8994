"""Runs Varnish with the rules of infra/edge.yaml, and says what it asked its origins.

A private instance, on the loopback address, in a folder of its own; it needs no service and no rights, and ends with us,
however suddenly we end. What it holds is in memory and gone then, as a cache may be.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from realcount.local.edge.distribution import Primary, read_edge
from realcount.local.edge.programs import program, stop, tethered
from realcount.local.edge.vcl import backend_name, write_vcl
from realcount.local.places import LOOPBACK, LocalError, Places, free_port

START_SECONDS = 20.0
LOG_SECONDS = 2.0
QUIET_SECONDS = 0.2

PARAMETERS = {
    # Codings pass through as they come, and tags stay strong: as at CloudFront, which keeps each coding by itself.
    "http_gzip_support": "off",
    "default_keep": "0",
    # A spike of readers: threads that exist already, connections that are waited for and kept.
    "thread_pools": "2",
    "thread_pool_min": "100",
    "listen_depth": "4096",
    "timeout_idle": "60",
    # Only what is said to origins is logged: what is said to readers would be most of the work.
    "vsl_mask": "-ReqHeader,-ReqUnset,-RespHeader,-RespUnset,-ReqAcct,-VCL_call,-VCL_return,-VCL_use,-Hit",
}

_LOG_LINE = r"%{sec}t.%{msec_frac}t\t%{VCL_Log:origin}x\t%s\t%U\t%{Accept-Encoding}i\t%{VCL_Log:skipped}x"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request to an origin, by its id in the template. `at` is when it was sent (seconds since 1970); `status` is 503
    too if no answer came."""

    at: float
    origin: str
    status: int
    path: str
    coding: str


@dataclass(frozen=True, slots=True)
class Counters:
    """Since the start. `stale` is how many of the hits were past their lifetime; `fetches` counts by origin."""

    requests: int
    hits: int
    stale: int
    misses: int
    fetches: Mapping[str, int]


@dataclass(slots=True)
class Edge:
    """A running edge. Made by `running_edge`. `origins` gives Varnish's name for each origin's id."""

    base_url: str
    process: subprocess.Popen[bytes]
    folder: Path
    log: Path
    origins: Mapping[str, str]

    @property
    def port(self) -> int:
        return int(self.base_url.rpartition(":")[2])

    def fetches(self) -> list[Fetch]:
        """Every request to an origin that has come to its end, oldest first. Waits until the log has caught up."""
        give_up = time.monotonic() + LOG_SECONDS
        expected = sum(self.counters().fetches.values())
        said = self.log.read_text()
        while time.monotonic() < give_up:
            time.sleep(QUIET_SECONDS)
            before, said = said, self.log.read_text()
            if said == before and said.count("\n") >= expected:
                break
        found = [fetch for line in said.splitlines(keepends=True) if (fetch := _fetch(line)) is not None]
        return sorted(found, key=lambda fetch: fetch.at)

    def counters(self) -> Counters:
        done = subprocess.run(
            [program("varnishstat"), "-n", self.folder, "-j", "-1"], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise LocalError(f"Varnish does not say how it is: {_first_line(done.stderr)}")
        said = {name: counter["value"] for name, counter in json.loads(done.stdout)["counters"].items()}
        return Counters(
            requests=said["MAIN.client_req"],
            hits=said["MAIN.cache_hit"],
            stale=said["MAIN.cache_hit_grace"],
            misses=said["MAIN.cache_miss"],
            fetches={origin: said[f"VBE.boot.{name}.req"] for origin, name in self.origins.items()},
        )


@contextmanager
def running_edge(
    places: Places,
    *,
    api: str,
    copies: str,
    port: int = 0,
    primary: Primary = "api",
    storage: str = "64m",
    parameters: Mapping[str, str] | None = None,
    changed: Callable[[str], str] = str,
) -> Iterator[Edge]:
    """Start an edge before the API at `api` and the copies at `copies` (`host:port` or a URL), and stop it at the end.

    Port 0 is any free one. `storage` is how much it may hold, `parameters` are more of Varnish's own; `changed` is given
    the rules as Varnish reads them, and may give others. It must be started by a thread that lives as long as the edge is
    wanted (`local.tether`). Raises `LocalError` if Varnish or a compiler is absent, the port taken, or it does not come up;
    `TemplateError`.
    """
    varnishd, ncsa = program("varnishd"), program("varnishncsa")
    rules = read_edge(places.edge, api=_address(api), copies=_address(copies), primary=primary)
    port = free_port(port, "--edge-port")
    places.logs.mkdir(parents=True, exist_ok=True)
    # Not below the data directory: Varnish maps its log into memory, and /tmp is often memory itself.
    with tempfile.TemporaryDirectory(prefix="realcount-edge-") as folder:
        home = Path(folder)
        itself = home / "itself"
        (home / "edge.vcl").write_text(changed(write_vcl(rules, itself)), encoding="utf-8")
        settings = {**PARAMETERS, **(parameters or {})}
        command = [
            varnishd, "-F", "-n", str(home / "varnish"), "-f", str(home / "edge.vcl"), "-a", f"{LOOPBACK}:{port}",
            "-a", f"itself={itself}", "-T", "none", "-j", "none", "-i", "edge", "-s", f"malloc,{storage}",
            *(word for name, value in settings.items() for word in ("-p", f"{name}={value}")),
        ]  # fmt: skip
        with (places.logs / "edge.log").open("wb") as output:
            process = tethered(command, output.fileno())
        log = home / "fetches.log"
        edge = Edge(
            f"http://{LOOPBACK}:{port}",
            process,
            home / "varnish",
            log,
            {origin.id: backend_name(origin) for origin in rules.origins},
        )
        watcher = None
        try:
            _await_ready(edge, places.logs / "edge.log")
            watcher = tethered([ncsa, "-b", "-n", str(edge.folder), "-F", _LOG_LINE, "-w", str(log)])
            _await_attached(watcher)
            yield edge
        finally:
            for running in (watcher, process):
                if running is not None:
                    stop(running)


def _await_ready(edge: Edge, log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if edge.process.poll() is not None:
            raise LocalError(_why(log.read_text()))
        try:
            httpx.get(f"{edge.base_url}/", timeout=2.0)
            return
        except httpx.TransportError:
            time.sleep(0.02)  # Compiling its rules, or not listening yet.
    raise LocalError(f"Varnish did not answer within {START_SECONDS:.0f} s; see {log}")


def _await_attached(watcher: subprocess.Popen[bytes]) -> None:
    """Until it reads Varnish's log, which is memory they share. It begins at what is said then, not at the beginning."""
    give_up = time.monotonic() + START_SECONDS
    while "/varnish/_.vsm_child/" not in Path(f"/proc/{watcher.pid}/maps").read_text():
        if watcher.poll() is not None or time.monotonic() > give_up:
            raise LocalError("varnishncsa does not read what Varnish asks its origins")
        time.sleep(0.01)


def _why(said: str) -> str:
    """What Varnish means by what it said when it did not come up."""
    if "Running C-compiler failed" in said:
        return "Varnish found no C compiler for its rules (Debian: apt-get install gcc libc6-dev)"
    _, refused, about = said.partition("Message from VCC-compiler:")
    return (
        f"Varnish does not take its rules: {_first_line(about)}" if refused else f"Varnish ended: {_first_line(said)}"
    )


def _address(origin: str) -> str:
    return origin.removeprefix("http://").rstrip("/")


def _fetch(line: str) -> Fetch | None:
    """None for what was decided not to be asked, and for a line that is not complete yet."""
    if not line.endswith("\n"):
        return None
    at, origin, status, path, coding, skipped = (field.strip("-") for field in line[:-1].split("\t"))
    return None if skipped else Fetch(float(at), origin, int(status or 503), path, coding)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "it said nothing")
