"""The tree of 2019 with a form at every station, as thin as counting and rolling up allow: ports without a store behind.

A form here says one vote and nothing else, as it is not the numbers that are measured. What is not thin is the tally: it
is `MemoryTallies`, which counts its writes and refuses a row that goes back.
"""

from __future__ import annotations

from pathlib import Path

from realcount.cli.situng2019 import Situng2019
from realcount.cli.situng2019_election import CONTEST, FIELDS, HIERARCHY, NATION, OPTIONS
from realcount.domain.election import Contest, ContestKey, Option, Parent, Region, Station
from realcount.domain.form import Form
from realcount.domain.ledger import APPROVED, RECEIVED, FormVersion, Head
from realcount.domain.tally import StationChange

_AT = "2019-04-17T06:00:00.000Z"
_FORM = Form("form", CONTEST.election, CONTEST.contest, "", 1, None, {"valid": 1}, {"21": 1}, (), None, "", _AT, "")
_VERSION = FormVersion(_FORM, b"", b"", "", _AT, ())
_HEADS = {1: Head(1, 1, "", RECEIVED, 0, 0, _AT), 2: Head(2, 1, "", APPROVED, 1, 1, _AT)}


class Tree:
    """The frame of the election: regions as they are, stations made when asked for."""

    def __init__(self, data: Path) -> None:
        """Raises `NotFound` if the files are not there."""
        source = Situng2019(data)
        options = tuple(Option(name, number, text, None) for name, number, text in OPTIONS)
        self._contest = Contest(CONTEST, "President", options, (HIERARCHY,), (NATION,), FIELDS)
        regions = source.regions()
        self._regions = {
            unit: Region(
                CONTEST.election, unit, region.level, region.name, _parents(region.parent), (), (), (), "regions", 0, 0
            )
            for unit, region in regions.items()
        }
        self._village = {station.id: station.village for station in source.stations(regions) if station.form}
        self.stations = list(self._village)
        """Those that a form came from, in the order of the file: one region after another."""

    def contest(self, key: ContestKey) -> Contest:
        return self._contest

    def region(self, election: str, unit: str) -> Region | None:
        return self._regions.get(unit)

    def station(self, election: str, unit: str) -> Station:
        return Station(election, unit, "TPS", unit, _parents(self._village[unit]), (), (), None)


class Ledger:
    """How often something has happened at a station: 1, its form was received; 2, it was approved."""

    def __init__(self) -> None:
        self._seq: dict[str, int] = {}

    def happened(self, station: str) -> StationChange:
        self._seq[station] = self._seq.get(station, 0) + 1
        return StationChange(CONTEST, station)

    def head(self, contest: ContestKey, station: str) -> Head:
        return _HEADS[self._seq[station]]

    def version(self, contest: ContestKey, station: str, version: int) -> FormVersion:
        return _VERSION


def _parents(region: str | None) -> tuple[Parent, ...]:
    return (Parent(HIERARCHY, region),) if region else ()
