"""The election of 2019 as election files: the same tree, ids, names and registers that Situng published."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from realcount.cli.election_files.folder import FRAME, REGIONS, STATIONS
from realcount.cli.election_files.rows import REGION_COLUMNS, STATION_COLUMNS
from realcount.cli.situng2019 import LEVELS, Situng2019, above
from realcount.domain.election import ContestKey

ELECTION = "id-2019"
CONTEST = ContestKey(ELECTION, "ppwp")
HIERARCHY = "region"
NATION = "0"

LEVELS_AS = {"nation": "country", "province": "state", "regency": "county", "village": "village"}
"""A city is a regency here, as Situng's files tell them apart by name alone; districts are `other`."""

FIELDS = ("voters.total", "valid", "invalid")
"""What the extract carries of each form. `total` is left out: the extract has none, and we add nothing to a form that it
does not say."""

OPTIONS = (("21", "01", "Joko Widodo - Ma'ruf Amin"), ("22", "02", "Prabowo Subianto - Sandiaga Salahuddin Uno"))


def write_election(source: Situng2019, out: Path, below: str | None = None) -> dict[str, int]:
    """Write the three files into the folder `out`, which must be empty or not exist; returns how many rows went in.

    With `below`, that region, all below it, and the regions above it. Raises `NotFound`, `FileExistsError`.
    """
    inside = source.regions(below)
    chosen = dict(inside)
    if below is not None:
        everything = source.regions()
        chosen = {unit: everything[unit] for unit in reversed(above(everything, below))} | inside
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty: give a new folder")

    (out / FRAME).write_text(json.dumps(_frame(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    regions = _write_rows(
        out / REGIONS,
        REGION_COLUMNS,
        (
            (unit, region.level, region.name, f"{HIERARCHY}:{region.parent}" if region.parent else "")
            for unit, region in chosen.items()
        ),
    )
    stations = _write_rows(
        out / STATIONS,
        STATION_COLUMNS,
        (
            (
                station.id,
                station.kind,
                f"{station.kind} {station.number}",
                f"{HIERARCHY}:{station.village}",
                "" if station.registered is None else station.registered,
            )
            for station in source.stations(inside)
        ),
    )
    return {"regions": regions, "stations": stations}


def _frame() -> dict[str, object]:
    return {
        "id": ELECTION,
        "name": "Indonesia, election of the President and Vice President 2019",
        "held_on": "2019-04-17",
        "label": "Replay of the forms published by Situng in 2019. Not the official result.",
        "licence": "Public record; no licence stated by the source",
        "attribution": "KPU Situng 2019 and KawalPemilu, by the extract kawalpemilu/kawalpemilu2019-extract",
        "shapes": {"situng2019": {}},
        "hierarchies": [HIERARCHY],
        "levels": list(LEVELS.values()),
        "levels_as": dict(LEVELS_AS),
        "contests": [
            {
                "id": CONTEST.contest,
                "name": "President and Vice President",
                "hierarchies": [HIERARCHY],
                "roots": [NATION],
                "fields": list(FIELDS),
                "options": [{"id": option, "number": number, "name": name} for option, number, name in OPTIONS],
            }
        ],
    }


def _write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
