"""The invented election as election files: two provinces, places nobody has been to, some hundred polling stations.

It goes through the same files and the same loader as a real one. The same seed gives the same files to the byte, so a
machine that is started again finds its own election and not a second one.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from realcount.cli.election_files.folder import FRAME, REGIONS, STATIONS
from realcount.cli.election_files.rows import REGION_COLUMNS, STATION_COLUMNS
from realcount.domain.election import ContestKey
from realcount.domain.form import FIGURES

NATION = "nation"
LEVELS = ("nation", "province", "regency", "district", "village")
LEVELS_AS = {"nation": "country", "province": "state", "regency": "county", "village": "village"}
BRANCHES = (2, 2, 2, 2)
"""Provinces of the nation, regencies of each province, districts, villages."""

STATIONS_PER_VILLAGE = (7, 9)
COLOURS = ("#2A9D8F", "#E9C46A")
OPTIONS = (("01", "Melati Sagara - Bayu Arunika"), ("02", "Surya Palapa - Dewi Kirana"))

_FIRST = ("Kem", "Tan", "Luma", "Sera", "Pal", "Ban", "Muri", "Gala", "Nira", "Wat", "Dala", "Rim")
_LAST = ("bang", "jarak", "puri", "gading", "sari", "lintang", "tirta", "wangi", "loka", "ranu", "duri", "maya")


@dataclass(frozen=True, slots=True)
class Place:
    """A region of the tree; a village also has stations: their ids, and how many voters are registered there."""

    id: str
    level: str
    name: str
    parent: str | None
    stations: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SimulatedElection:
    """`places` from the top down. `province_of` names the region whose officials speak for a station."""

    seed: int
    contest: ContestKey
    places: tuple[Place, ...]

    def stations(self) -> Iterator[tuple[str, int, Place]]:
        """Every station: its id, its registered voters, and its village."""
        for place in self.places:
            for station, registered in place.stations:
                yield station, registered, place

    def provinces(self) -> list[str]:
        return [place.id for place in self.places if place.level == "province"]

    def province_of(self, place: Place) -> str:
        by_id = {place.id: place for place in self.places}
        while place.level != "province":
            assert place.parent is not None
            place = by_id[place.parent]
        return place.id


def invent(seed: int) -> SimulatedElection:
    """The election of this seed."""
    chance = random.Random(f"election {seed}")
    names = [first + last for first in _FIRST for last in _LAST]
    chance.shuffle(names)
    places = [Place(NATION, "nation", "Nusantara Contoh", None)]
    above = list(places)
    for depth, branches in enumerate(BRANCHES, start=1):
        level = LEVELS[depth]
        here: list[Place] = []
        for parent in above:
            for number in range(1, branches + 1):
                unit = f"{parent.id.replace(NATION, 'r')}-{number}"
                stations = _stations(unit, chance) if level == "village" else ()
                here.append(Place(unit, level, names.pop(), parent.id, stations))
        places += here
        above = here
    return SimulatedElection(seed, ContestKey(f"simulation-{seed}", "ppwp"), tuple(places))


def _stations(village: str, chance: random.Random) -> tuple[tuple[str, int], ...]:
    count = chance.randint(*STATIONS_PER_VILLAGE)
    return tuple((f"{village}-s{number}", chance.randint(160, 300)) for number in range(1, count + 1))


def write_files(election: SimulatedElection, folder: Path) -> None:
    """Write the three election files; what lay there under their names is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = {
        "id": election.contest.election,
        "name": "Nusantara Contoh, an election that never was",
        "held_on": "2024-02-14",
        "label": "SIMULATION. Every place, person and number is invented.",
        "licence": "CC0-1.0",
        "attribution": f"realcount demo, seed {election.seed}",
        "shapes": {"situng2019": {}, "sirekap2024": {"psu": "Reguler"}},
        "hierarchies": ["region"],
        "levels": list(LEVELS),
        "levels_as": LEVELS_AS,
        "contests": [
            {
                "id": election.contest.contest,
                "name": "President and Vice President",
                "hierarchies": ["region"],
                "roots": [NATION],
                "fields": list(FIGURES),
                "options": [
                    {"id": option, "number": option, "name": name, "colour": colour}
                    for (option, name), colour in zip(OPTIONS, COLOURS, strict=True)
                ],
            }
        ],
    }
    (folder / FRAME).write_text(json.dumps(frame, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    regions = [
        (place.id, place.level, place.name, f"region:{place.parent}" if place.parent else "")
        for place in election.places
    ]
    stations = [
        (station, "TPS", f"TPS {station.rpartition('-s')[2]} {place.name}", f"region:{place.id}", str(registered))
        for station, registered, place in election.stations()
    ]
    _write_rows(folder / REGIONS, REGION_COLUMNS, regions)
    _write_rows(folder / STATIONS, STATION_COLUMNS, stations)


def _write_rows(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    lines = [",".join(columns), *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
