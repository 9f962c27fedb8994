"""A process that replays some provinces: reads its part of the data, runs its cell, compares its pages, reports.

It talks to the nation's process through a pipe, in the messages below. A worker that dies closes the pipe, which the
other side sees; it is never silently missing.
"""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from realcount.cli.election_files import read_election
from realcount.cli.replay.arrivals import in_order, with_times
from realcount.cli.replay.cell import Cell
from realcount.cli.replay.comparison import Compared, compare, document_of, expected_after
from realcount.cli.replay.desk import Desk, Paper
from realcount.cli.situng2019 import Situng2019, SourceRegion, SourceStation, Totals
from realcount.cli.situng2019_election import CONTEST
from realcount.domain.election import Election, Region
from realcount.domain.errors import RealcountError
from realcount.domain.tally import Tally

ROLL_UP_WINDOW = 2_000
PUBLISH_WINDOW = 40_000
"""Forms of one worker. At the 250 forms a second the system is made for, shared by two workers: 16 s, and 5 minutes."""


@dataclass(frozen=True, slots=True)
class Task:
    """What one worker does: which provinces of which data, with the election read from `files`."""

    data: Path
    files: Path
    provinces: tuple[str, ...]
    limit: int | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The cell is loaded and about to begin; so many forms will come. `above` are the regions above the cell."""

    forms: int
    election: Election
    above: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """The end of a roll-up window: forms taken so far, and the rows that left the cell (parent, child, tally)."""

    forms: int
    rows: tuple[tuple[str, str, Tally], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The end. `seconds` from the first form to the last page; `cpu_seconds` of the whole process; `writes` by table;
    `tops` what each province must show."""

    forms: int
    seconds: float
    cpu_seconds: float
    writes: Mapping[str, int]
    compared: Compared
    tops: Mapping[str, Totals]
    peak_rss_mib: float


@dataclass(frozen=True, slots=True)
class Failure:
    """The worker could not go on; `message` says why, in one line."""

    message: str


def run_worker(task: Task, pipe: Connection) -> None:
    """Do the task and send `Loaded`, `Progress`… and `Report`, or `Failure` at any point."""
    # Millions of objects live until the end and none of them is garbage in a circle: collecting would only re-count them.
    gc.disable()
    with pipe, suppress(BrokenPipeError):  # The other side is gone: then nobody waits for what we do here.
        try:
            pipe.send(_replay(task, pipe))
        except BrokenPipeError:
            raise
        except (RealcountError, OSError) as error:
            pipe.send(Failure(f"{type(error).__name__}: {error}"))


def _replay(task: Task, pipe: Connection) -> Report:
    source = Situng2019(task.data)
    regions = _part(source.regions(), task.provinces)
    files = read_election(task.files)
    mine = set(regions)
    stations = source.stations(source.regions() if task.limit is not None else mine)
    arrivals = in_order(stations, task.limit, mine)
    expected = regions if task.limit is None else expected_after(regions, arrivals)

    units = [unit for unit in files.units if unit.id in mine or not mine.isdisjoint(unit.ancestors)]
    parents = {region.parent for region in regions.values()} - mine
    above = tuple(unit for unit in files.units if isinstance(unit, Region) and unit.id in parents)
    announced = Loaded(len(arrivals), files.election, above)
    del files  # The other workers' provinces: half the memory so far.

    leaving: list[tuple[str, str, Tally]] = []
    cell = Cell(announced.election, CONTEST, lambda *row: leaving.append(row))
    cell.load(units)
    del units
    desk = Desk(CONTEST)
    for province in task.provinces:
        desk.appoint(province, cell.keys)
    loaded = cell.writes()
    forms = announced.forms
    pipe.send(announced)

    begun = time.perf_counter()
    for count, (station, now) in enumerate(with_times(arrivals), start=1):
        cell.take(desk.write(_paper(station, cell), now), now)
        if count % ROLL_UP_WINDOW == 0 or count == forms:
            cell.roll_up()
            pipe.send(Progress(count, tuple(leaving)))
            leaving.clear()
        if count % PUBLISH_WINDOW == 0 or count == forms:
            cell.publish()
    seconds = time.perf_counter() - begun

    compared = compare(expected, lambda path: document_of(cell.pages.get(path)))
    return Report(
        forms=forms,
        seconds=seconds,
        cpu_seconds=time.process_time(),
        writes={table: count - loaded[table] for table, count in cell.writes().items()},
        compared=compared,
        tops={province: expected[province].totals for province in task.provinces},
        peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _part(regions: Mapping[str, SourceRegion], provinces: Sequence[str]) -> dict[str, SourceRegion]:
    """These provinces and all below them, parents first."""
    part: dict[str, SourceRegion] = {}
    for unit, region in regions.items():
        if unit in provinces or region.parent in part:
            part[unit] = region
    return part


def _paper(station: SourceStation, cell: Cell) -> Paper:
    form, unit = station.form, cell.elections.station(CONTEST.election, station.id)
    assert form is not None, "stations without a form never arrive"
    assert unit is not None, "the election was made from the same stations"
    figures = {"voters.total": form.voters, "valid": form.valid, "invalid": form.invalid}
    return Paper(unit, figures, {"21": form.votes_21, "22": form.votes_22})
