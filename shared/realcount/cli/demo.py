"""`realcount demo`: the whole system on this machine, counting a small election that never was, before your eyes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from realcount.cli.demo_watch import Beside, Watch
from realcount.cli.election_files import read_election
from realcount.cli.web_files import put_web_files
from realcount.local.described import describe
from realcount.local.edge.copies_origin import serving_copies
from realcount.local.edge.varnish import running_edge
from realcount.local.log_folder import copy_log
from realcount.local.machine import Machine, running_machine
from realcount.local.places import checkout
from realcount.local.simulation.election import NATION, OPTIONS, SimulatedElection, invent, write_files
from realcount.local.simulation.officials import Count, SimulationFault, appoint
from realcount.local.simulation.papers import Filing, Paper, write_papers
from realcount.local.simulation.totals import Totals, of_page, of_papers
from realcount.officials.sending import Sender
from realcount.rendering.paths import bulk_path, region_path, station_path
from realcount.usecases.load_election import load_election

LOOK_SECONDS = 1.0
"""How often the nation's page is looked at while the count runs."""

CACHED_SECONDS = 10.0
"""How long the edge may show what was true before the last form: five seconds of lifetime, and a fetch."""


@click.command()
@click.option(
    "--port", default=8019, show_default=True, help="Where the API listens on 127.0.0.1; 0 takes any free port."
)
@click.option("--engine-port", default=8020, show_default=True, help="Where the engine listens; 0 takes any free port.")
@click.option("--edge", is_flag=True, help="Read through a cache with the rules of the deployed edge (needs Varnish).")
@click.option("--edge-port", default=8018, show_default=True, help="Where the edge listens; 0 takes any free port.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another election.")
@click.option("--data", type=click.Path(path_type=Path), help="Where the state lies.  [default: .realcount]")
@click.option("--reset", is_flag=True, help="Forget what an earlier run left, and begin anew.")
@click.option("--exit", "leave", is_flag=True, help="End when all forms are counted, instead of serving on.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object and nothing else.")
def demo(
    port: int,
    engine_port: int,
    edge: bool,
    edge_port: int,
    seed: int,
    data: Path | None,
    reset: bool,
    leave: bool,
    as_json: bool,
) -> None:
    """Run the whole system here and count a simulated election. Ctrl-C stops it; the next start goes on from there."""
    show = Console(quiet=as_json, highlight=False)
    began = time.monotonic()
    counted = False
    try:
        with (
            running_machine(checkout(data), port=port, engine_port=engine_port, reset=reset) as machine,
            _public(machine, edge_port if edge else None) as public,
        ):
            show.print(f"realcount is up at {machine.base_url} (its stores at {machine.engine.url})")
            if edge:
                show.print(
                    f"The public reads at {public}, through a cache with the rules of infra/edge.yaml", soft_wrap=True
                )
            if machine.resumed:
                show.print("It goes on from an earlier run" + _repaired(machine) + "; --reset begins anew.")
            election = invent(seed)
            bucket = machine.stack.environment()["BUCKET_PUBLISHED"]
            put_web_files(machine.engine.client("s3"), machine.places.web, bucket, [_key(machine, election)])
            outcome = _count(machine, public, election, show)
            counted = True
            outcome |= {"seconds": round(time.monotonic() - began, 1), "url": machine.base_url}
            outcome |= {"edge": public} if edge else {}
            if as_json:
                click.echo(json.dumps(outcome))
            show.print(
                f"[bold]All forms counted[/bold] after {outcome['seconds']} s: they say what the officials signed."
            )
            _show_log(outcome, show)
            if not leave:
                _invite(public, election, outcome["etag"], show)
                if edge:
                    _show_cache(public, election, show)
                threading.Event().wait()
    except KeyboardInterrupt:
        show.print("Stopped; the state is kept.")
        raise SystemExit(0 if counted else 130) from None


@contextmanager
def _public(machine: Machine, edge_port: int | None) -> Iterator[str]:
    """Where the public reads: at the edge, if there is to be one, and else where the API listens."""
    if edge_port is None:
        yield machine.base_url
        return
    bucket = machine.stack.environment()["BUCKET_PUBLISHED"]
    with (
        serving_copies(machine.engine, bucket) as copies,
        running_edge(machine.places, api=machine.base_url, copies=copies, port=edge_port) as edge,
    ):
        yield edge.base_url


def _repaired(machine: Machine) -> str:
    return f" that did not stop in order ({machine.repaired} rows and pages were behind)" if machine.repaired else ""


def _count(machine: Machine, public: str, election: SimulatedElection, show: Console) -> dict[str, Any]:
    """Load the election, let the officials file everything, and hold the nation's page against their papers."""
    folder = machine.places.data / "elections" / election.contest.election
    write_files(election, folder)
    files = read_election(folder)
    stores = machine.stores
    state = load_election(
        files.election,
        files.units,
        elections=stores.elections,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
        log=stores.logs.of(files.election.id),
    )
    describe(machine.places, copies=stores.copies, pages=stores.pages)
    officials = appoint(election)
    for key in officials.key_records():
        stores.keys.register(key)
    filings = write_papers(election, officials.submitters)
    machine.tick("seal_forms")  # The log is opened, with nothing in it, before the first form comes.
    machine.drain()
    show.print(f"{files.election.name}: {len(filings)} polling stations, {state}. [bold]{files.election.label}[/bold]")

    watch = Watch(public + region_path(election.contest, NATION))
    receipts = machine.places.data / "receipts" / files.election.id
    count = Count(officials, Sender(machine.base_url), receipts)
    again = _run(count, filings, watch, show)
    machine.drain()
    for after in ("seal_totals", "list_corrections", "list_flagged", "export_bulk", "export_nist"):
        machine.tick(after)
        machine.drain()
    expected = of_papers(filings, [option for option, _ in OPTIONS])
    page = watch.look()
    give_up = time.monotonic() + (CACHED_SECONDS if public != machine.base_url else 0.0)
    while of_page(page) != expected and time.monotonic() < give_up:
        time.sleep(LOOK_SECONDS)
        page = watch.look()
    found = of_page(page)
    if found != expected:
        raise SimulationFault(f"the nation's page says {found}, the papers say {expected}; see {machine.places.logs}")
    return {
        "election": election.contest.election,
        "stations_total": len(filings),
        **found.as_document(),
        "flagged": page["stations"]["flagged"],
        "incomplete": page["stations"]["incomplete"],
        "corrections": sum(paper.kind == "correction" for filing in filings for paper in filing.papers),
        "withdrawals": sum(paper.kind == "withdrawal" for filing in filings for paper in filing.papers),
        "approved_before": again,
        "etag": watch.etag,
        **_log(machine, election),
        "receipts": str(receipts),
        "receipts_key": stores.receipts.of(files.election.id).key.to_text(),
    }


def _log(machine: Machine, election: SimulatedElection) -> dict[str, Any]:
    """A copy of the public log for everybody here to look at, and the key that it is checked with."""
    name = election.contest.election
    folder = machine.places.data / "log" / name
    size = copy_log(machine.stores.logs.of(name), folder)
    station = next(station for station, _, _ in election.stations())
    return {"log": str(folder), "log_entries": size, "log_key": _key(machine, election), "log_station": station}


def _key(machine: Machine, election: SimulatedElection) -> str:
    return machine.stores.signers.of(election.contest.election).key.to_text()


def _show_log(outcome: Mapping[str, Any], show: Console) -> None:
    show.print(
        f"Each is in the public log, of {outcome['log_entries']} entries, and so is what they come to. Check a copy of it, "
        "and one station's way into the total, with",
        soft_wrap=True,
    )
    for what in (f"log {outcome['log']}", f"station {outcome['log_station']} {outcome['log']}"):
        show.print(f"  realcount verify {what} --key '{outcome['log_key']}'", soft_wrap=True, markup=False)
    receipt = (
        f"{outcome['receipts']}/{outcome['log_station']}.receipt {outcome['log']} --key '{outcome['receipts_key']}'"
    )
    show.print("Each official holds a receipt. What one is worth, say", soft_wrap=True)
    show.print(f"  realcount verify receipt {receipt} --log-key '{outcome['log_key']}'", soft_wrap=True, markup=False)


def _run(count: Count, filings: list[Filing], watch: Watch, show: Console) -> int:
    """Run the count in a thread and show how it goes; returns how many papers had been approved before."""
    again = 0
    progress = Progress(
        TextColumn("forms"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[totals]}"),
        console=show, disable=not show.is_terminal or show.quiet,
    )  # fmt: skip
    task = progress.add_task("forms", total=sum(len(filing.papers) for filing in filings), totals="")

    def filed(paper: Paper, before: bool) -> None:
        nonlocal again
        again += before
        progress.advance(task)

    night = Beside(lambda: count.run(filings, filed))
    with progress:
        try:
            while not night.over(LOOK_SECONDS):
                progress.update(task, totals=_line(of_page(watch.look())))
        except KeyboardInterrupt:
            show.print("Stopping: the officials finish what they are at.")
            count.stopping.set()
            night.wait()
            raise
    night.raise_fault()
    return again


def _line(totals: Totals) -> str:
    votes = "   ".join(f"{option} {votes:>6,}" for option, votes in totals.votes.items())
    return f"nation: {totals.stations_in} stations   {votes}"


def _invite(url: str, election: SimulatedElection, etag: str, show: Console) -> None:
    nation = url + region_path(election.contest, NATION)
    first = next(station for station, _, _ in election.stations())
    station = url + station_path(election.contest, first)
    check = f"{url}/check/#{election.contest.election}/{election.contest.contest}/{first}"
    show.print(
        f"\nIt keeps serving until Ctrl-C. Your browser can check one station: {check}", soft_wrap=True, markup=False
    )
    for line in (
        f"curl -s {nation}",
        f"curl -si -H 'If-None-Match: {etag}' {nation}   # 304: nothing has changed",
        f"curl -s {station}",
        f"curl -s {url}{bulk_path(election.contest)}   # all of it as files",
        f"curl -s {url}/v1/elections",
    ):
        show.print(f"  {line}", soft_wrap=True, markup=False)


def _show_cache(edge: str, election: SimulatedElection, show: Console) -> None:
    nation = edge + region_path(election.contest, NATION)
    show.print(
        f"  curl -si {nation} | grep -i -e '^age' -e '^x-cache'   # how old, and where from",
        soft_wrap=True,
        markup=False,
    )
