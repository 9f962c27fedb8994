"""The whole count of 2019 through the use cases, in memory: a cell for each share of the provinces, and one for the nation.

The provinces are dealt out to worker processes, biggest first. Each worker sends its provinces' rows up as they change;
the nation's cell, in this process, adds them up and publishes the nation's page. No row is shared between cells, which is
why the work can be cut here.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from realcount.cli.replay.cell import Cell
from realcount.cli.replay.comparison import Compared, Document, compare, document_of
from realcount.cli.replay.outcome import OnStage, Outcome
from realcount.cli.replay.worker import (
    PUBLISH_WINDOW,
    ROLL_UP_WINDOW,
    Failure,
    Loaded,
    Progress,
    Report,
    Task,
    run_worker,
)
from realcount.cli.situng2019 import Situng2019, SourceRegion, Totals
from realcount.cli.situng2019_election import CONTEST, NATION, write_election
from realcount.domain.errors import Unavailable
from realcount.rendering.paths import region_path


def replay_nation(data: Path, *, limit: int | None, workers: int, on_stage: OnStage) -> Outcome:
    """Replay, compare, and say what came of it. Raises `NotFound` (no data) or `Unavailable` (a worker died)."""
    begun = time.perf_counter()
    regions = Situng2019(data).regions()
    shares = deal([region for region in regions.values() if region.parent == NATION], workers)
    with TemporaryDirectory(prefix="realcount-") as folder:
        on_stage("writing the election's files", 0, None)
        files = Path(folder) / "election"
        write_election(Situng2019(data), files)
        with _running([Task(data, files, share, limit) for share in shares]) as pipes:
            on_stage("reading and loading the election", 0, None)
            nation, reports = _collect(pipes, on_stage)

    compared = Compared()
    for report in reports:
        compared.add(report.compared)
    page = document_of(nation.pages.get(region_path(CONTEST, NATION)))
    compared.add(compare({NATION: _nation(regions[NATION], reports, limit)}, lambda path: page))
    if page is None:
        raise Unavailable("the nation has no page")
    return _outcome(page, compared, nation, reports, time.perf_counter() - begun)


def deal(provinces: Sequence[SourceRegion], workers: int) -> list[tuple[str, ...]]:
    """The provinces in so many shares of about equally many stations; shares without a province are left out."""
    shares: list[list[SourceRegion]] = [[] for _ in range(workers)]
    for province in sorted(provinces, key=lambda province: -province.totals.expected):
        min(shares, key=lambda share: sum(region.totals.expected for region in share)).append(province)
    return [tuple(province.id for province in share) for share in shares if share]


@contextmanager
def _running(tasks: Sequence[Task]) -> Iterator[list[Connection]]:
    """One process per task, and the pipe to each. Whatever happens inside, no process is left behind."""
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    processes: list[SpawnProcess] = []
    try:
        for task in tasks:
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=run_worker, args=(task, theirs), daemon=True)
            process.start()
            theirs.close()  # Now the worker holds the only writing end: when it dies, reading fails instead of waiting.
            pipes.append(ours)
            processes.append(process)
        yield pipes
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.kill()
            process.join()
        for pipe in pipes:
            pipe.close()


def _collect(pipes: Sequence[Connection], on_stage: OnStage) -> tuple[Cell, list[Report]]:
    """Add up what the workers send until each has reported."""
    nation: Cell | None = None
    reports: list[Report] = []
    taken: dict[Connection, int] = {}
    coming = 0
    open_pipes = list(pipes)
    while open_pipes:
        for pipe in wait(open_pipes):
            assert isinstance(pipe, Connection), "we wait for nothing else"
            try:
                message = pipe.recv()
            except EOFError:
                raise Unavailable(
                    "a worker process died: its error stands above, or there was no memory left"
                ) from None
            if isinstance(message, Failure):
                raise Unavailable(message.message)
            if isinstance(message, Loaded):
                coming += message.forms
                if nation is None:
                    nation = Cell(message.election, CONTEST)
                    nation.load(message.above)
            elif isinstance(message, Progress):
                assert nation is not None, "a worker loads before it begins"
                taken[pipe] = message.forms
                for row in message.rows:
                    nation.take_row(*row)
                nation.roll_up()
                nation.publish()
            else:
                reports.append(message)
                open_pipes.remove(pipe)
            if coming:
                on_stage("forms", sum(taken.values()), coming)
    assert nation is not None, "there is at least one worker"
    return nation, reports


def _nation(published: SourceRegion, reports: Sequence[Report], limit: int | None) -> SourceRegion:
    """What the nation must show: what was published or, of a part of the forms, the sum over the provinces."""
    if limit is None:
        return published
    tops = [totals for report in reports for totals in report.tops.values()]
    totals = Totals(
        expected=published.totals.expected,
        approved=sum(top.approved for top in tops),
        votes_21=sum(top.votes_21 for top in tops),
        votes_22=sum(top.votes_22 for top in tops),
        valid=sum(top.valid for top in tops),
        invalid=sum(top.invalid for top in tops),
        voters=sum(top.voters for top in tops),
        registered=published.totals.registered,
    )
    return replace(published, totals=totals)


def _outcome(page: Document, compared: Compared, nation: Cell, reports: Sequence[Report], seconds: float) -> Outcome:
    forms = sum(report.forms for report in reports)
    by_table = nation.writes()
    for report in reports:
        by_table = {table: count + report.writes[table] for table, count in by_table.items()}
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tables = ", ".join(f"{table} {count / max(forms, 1):.2f}" for table, count in by_table.items())
    return Outcome.of_page(
        page,
        compared,
        forms_per_second=forms / max(report.seconds for report in reports) if forms else 0.0,
        writes_per_form=(by_table["forms"] + by_table["tally"]) / max(forms, 1),
        seconds=seconds,
        cpu_seconds=time.process_time() + sum(report.cpu_seconds for report in reports),
        peak_rss_mib=here + sum(report.peak_rss_mib for report in reports),
        notes=(
            f"flagged    {page['stations']['flagged']:,} stations show a finding, and are counted as written",
            f"writes     per form: {tables}",
            f"windows    {ROLL_UP_WINDOW:,} forms to a roll-up, {PUBLISH_WINDOW:,} to a publication, in each of "
            f"{len(reports)} worker processes",
            "not real   signatures are pre-verified, scans are not images; everything else is the real use case",
        ),
    )
