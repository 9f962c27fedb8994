"""One province of 2019 through the whole signed path on one machine, and every region's page read back over HTTP.

Nothing is left out: presigned uploads, scans, signatures of two officials, the engine's tables and streams, the functions
as `template.yaml` wires them. Times are those of the replay, since a system that checks times cannot be told it is 2019;
the order of arrival is that of 2019, and with `speed` the pauses are too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import httpx

from realcount.cli.election_files import ElectionFiles, read_election
from realcount.cli.replay.arrivals import in_order
from realcount.cli.replay.comparison import Compared, Document, compare, expected_after
from realcount.cli.replay.field import AT_ONCE, Field, appoint, key_records
from realcount.cli.replay.machine_costs import cpu_seconds, peak_rss_mib, stream_records
from realcount.cli.replay.outcome import OnStage, Outcome
from realcount.cli.situng2019 import Situng2019, SourceRegion, SourceStation, above
from realcount.cli.situng2019_election import CONTEST, write_election
from realcount.domain.errors import Unavailable
from realcount.local.intrinsics import TemplateError
from realcount.local.machine import Machine, running_machine
from realcount.local.places import LocalError, checkout
from realcount.local.sandbox import FunctionError
from realcount.officials.sending import Sender
from realcount.rendering.paths import region_path
from realcount.usecases.load_election import load_election

DRAIN_SECONDS = 300.0
"""How long the last triggers may take after the last approval."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be replayed: `regions` are the top region and all below it, `arrivals` the forms in their order,
    `expected` what the regions must show at the end."""

    top: str
    files: ElectionFiles
    regions: Mapping[str, SourceRegion]
    arrivals: Sequence[SourceStation]
    expected: Mapping[str, SourceRegion]


def replay_province(
    data: Path,
    region: str,
    *,
    limit: int | None,
    speed: float | None,
    on_stage: OnStage,
    home: Path | None = None,
) -> Outcome:
    """Replay, compare, and say what came of it. Raises `NotFound` (no data, no region) or `Unavailable`, with a line.

    The machine's state lies in `home`, by default a place of its own beside the demo's. It is made anew every time; the
    logs stay.
    """
    begun = time.perf_counter()
    on_stage("writing the election's files", 0, None)
    plan = _plan(Situng2019(data), region, limit)
    on_stage("starting the machine", 0, None)
    try:
        with running_machine(checkout(home or checkout().data / "replay"), reset=True) as machine:
            return _replay(machine, plan, speed, on_stage, begun)
    except (LocalError, TemplateError, FunctionError, TimeoutError) as error:
        raise Unavailable(str(error)) from error


def _plan(source: Situng2019, top: str, limit: int | None) -> Plan:
    regions = source.regions(top)
    arrivals = in_order(source.stations(regions), limit)
    with TemporaryDirectory(prefix="realcount-") as folder:
        files = Path(folder) / "election"
        write_election(source, files, top)
        expected = regions if limit is None else expected_after(regions, arrivals)
        return Plan(top, read_election(files), regions, arrivals, expected)


def _replay(machine: Machine, plan: Plan, speed: float | None, on_stage: OnStage, begun: float) -> Outcome:
    on_stage("loading the election", 0, None)
    files, stores = plan.files, machine.stores
    load_election(
        files.election,
        files.units,
        elections=stores.elections,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
        log=stores.logs.of(files.election.id),
    )
    offices = [unit for unit, region in plan.regions.items() if region.parent == plan.top] or [plan.top]
    officials = appoint(offices)
    for record in key_records(officials):
        stores.keys.register(record)

    filed = 0
    counting = Lock()  # Officials work in threads.

    def count() -> None:
        nonlocal filed
        with counting:
            filed += 1
            on_stage("forms", filed, len(plan.arrivals))

    with httpx.Client(timeout=60.0) as http:
        field = Field(Sender(machine.base_url, http), officials, _office_of(plan.regions, offices))
        started = time.perf_counter()
        field.run(plan.arrivals, _due(plan.arrivals, speed), count)
        on_stage("waiting for the last pages", filed, len(plan.arrivals))
        machine.drain(DRAIN_SECONDS)
        took = time.perf_counter() - started
        on_stage("comparing", 0, None)
        compared = compare(plan.expected, lambda path: _document(http, machine.base_url + path))
        page = _document(http, machine.base_url + region_path(CONTEST, plan.top))
    if page is None:
        raise Unavailable(f"region {plan.top} has no page; see {machine.places.logs}")
    writes = stream_records(machine, ("TABLE_FORMS", "TABLE_TALLY"))
    return _outcome(page, compared, filed, took, writes, machine, begun)


def _office_of(regions: Mapping[str, SourceRegion], offices: Sequence[str]) -> Callable[[str], str]:
    of = {unit: next((o for o in (unit, *above(regions, unit)) if o in offices), "") for unit in regions}
    return of.__getitem__


def _due(arrivals: Sequence[SourceStation], speed: float | None) -> Callable[[SourceStation], float]:
    """When each form is due, as `time.monotonic` will tell it. Forms without a time are due at once, after the others."""
    begin = time.monotonic()
    first = next((station.photographed_ms for station in arrivals if station.photographed_ms is not None), 0)

    def due(station: SourceStation) -> float:
        if speed is None or station.photographed_ms is None:
            return begin
        return begin + (station.photographed_ms - first) / 1000 / speed

    return due


def _document(http: httpx.Client, url: str) -> Document | None:
    answer = http.get(url)
    if answer.status_code == httpx.codes.NOT_FOUND:
        return None
    if answer.is_error:
        raise Unavailable(f"{url} answers {answer.status_code}: {answer.text[:200]}")
    document: Document = answer.json()
    return document


def _outcome(
    page: Document, compared: Compared, filed: int, took: float, writes: int, machine: Machine, begun: float
) -> Outcome:
    return Outcome.of_page(
        page,
        compared,
        forms_per_second=filed / took,
        writes_per_form=writes / max(filed, 1),
        seconds=time.perf_counter() - begun,
        peak_rss_mib=peak_rss_mib(),
        cpu_seconds=cpu_seconds(),
        notes=(
            f"flagged    {page['stations']['flagged']:,} stations show a finding, and are counted as written",
            f"path       signed, uploaded, approved and read back over HTTP at {machine.base_url}; {AT_ONCE} officials at once",
        ),
    )
