"""A part of the election of 2019, loaded into a machine's stores with everybody who files its forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from realcount.cli.election_files import read_election
from realcount.cli.replay.arrivals import in_order
from realcount.cli.replay.field import appoint, key_records
from realcount.cli.situng2019 import Situng2019, SourceRegion, SourceStation, above
from realcount.cli.situng2019_election import write_election
from realcount.local.stores import Stores
from realcount.officials.official import Official
from realcount.usecases.load_election import load_election

REGENCY = "64709"
"""Nunukan in Kalimantan Utara: 260 regions, the province and the nation above it, and 757 stations. As much of 91,540
regions as a machine has loaded in half a minute, with every level and a long tail of villages."""

CITY = "65631"
"""Tarakan, of the same province: 25 regions and 630 stations, for when it has to be quick."""


@dataclass(frozen=True, slots=True)
class Polls:
    """`regions` by id, the nation and all that is between it and the part included; `arrivals` in their order; `others` are
    the stations whose forms do not arrive."""

    regions: Mapping[str, SourceRegion]
    others: Sequence[str]
    arrivals: Sequence[SourceStation]
    officials: Mapping[tuple[str, str], Official]
    office_of: Callable[[str], str]


def open_polls(data: Path, part: str, stores: Stores, limit: int) -> Polls:
    """Load the part of 2019 and register its officials; `limit` is how many forms may arrive. Raises `NotFound`."""
    source = Situng2019(data)
    everything = source.regions()
    inside = source.regions(part)
    with TemporaryDirectory(prefix="realcount-") as folder:
        files = Path(folder) / "election"
        write_election(source, files, part)
        election = read_election(files)
    load_election(
        election.election,
        election.units,
        elections=stores.elections,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
        log=stores.logs.of(election.election.id),
    )
    offices = [unit for unit, region in inside.items() if region.parent == part]
    officials = appoint(offices)
    for record in key_records(officials):
        stores.keys.register(record)
    of = {unit: next((o for o in (unit, *above(inside, unit)) if o in offices), "") for unit in inside}
    regions = {unit: everything[unit] for unit in reversed(above(everything, part))} | dict(inside)
    stations = list(source.stations(inside))
    arrivals = in_order(stations, limit)
    arriving = {station.id for station in arrivals}
    others = [station.id for station in stations if station.id not in arriving]
    return Polls(regions, others, arrivals, officials, of.__getitem__)
