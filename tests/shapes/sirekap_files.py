"""A small election in the shape of Sirekap: some villages of the real list of 2024, with all that is above them.

The list is `wilayah_2024.csv.gz` of ../shared/data; it is no part of this project.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from realcount.cli.election_files.folder import FRAME, REGIONS, STATIONS
from realcount.cli.election_files.rows import REGION_COLUMNS, SERIAL, STATION_COLUMNS
from realcount.domain.form import FIGURES

NATION = "0"
LEVELS = ("nation", "province", "regency", "district", "village")
LISTED_AT = "2024-02-14T11:44:00.000Z"
REVISED_AT = "2024-02-16T09:00:00.000Z"
"""Of all real bodies, those without `mode` are older than this, and those with it younger."""


def write_sirekap_files(
    folder: Path, source: Path, villages: Collection[str], options: Sequence[dict[str, Any]], **shape: str
) -> None:
    """Write the files of an election of the villages with these codes. `options` are the contest's."""
    with gzip.open(source / "wilayah_2024.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    chosen: dict[str, dict[str, str]] = {}
    for row in rows.values():
        if row["kode"] in villages:
            above = row
            while above is not None:
                chosen[above["kode"]] = above
                above = rows.get(above["parent_id"])  # type: ignore[assignment]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FRAME).write_text(json.dumps(_frame(options, shape)), encoding="utf-8")
    regions: list[Sequence[str]] = [(NATION, "nation", "INDONESIA", "", "")]
    stations: list[Sequence[str]] = []
    for code in sorted(chosen, key=lambda code: (len(code), code)):
        row = chosen[code]
        parent = rows[row["parent_id"]]["kode"] if row["parent_id"] in rows else NATION
        name = row["nama"].strip()
        regions.append((code, LEVELS[int(row["tingkat"])], name, f"region:{parent}", row["id"]))
        if int(row["tingkat"]) == 4:
            stations += [
                (f"{code}{number:03d}", "TPS", f"TPS {number:03d}", f"region:{code}", "") for number in _numbers(row)
            ]
    _write(folder / REGIONS, (*REGION_COLUMNS, SERIAL), regions)
    _write(folder / STATIONS, STATION_COLUMNS, stations)


def _numbers(row: dict[str, str]) -> list[int]:
    """Those of a village's stations: from 1, and from 901 those in special places, which `n_tps` counts too."""
    special = range(int(row["tps_ext_from"]), int(row["tps_ext_to"]) + 1) if row["tps_ext_from"] else range(0)
    return [*range(1, int(row["n_tps"]) - len(special) + 1), *special]


def _frame(options: Sequence[dict[str, Any]], shape: dict[str, str]) -> dict[str, object]:
    contest = {
        "id": "ppwp",
        "name": "President",
        "hierarchies": ["region"],
        "roots": [NATION],
        "fields": list(FIGURES),
        "options": list(options),
    }
    return {
        "id": "id-2024",
        "name": "A part of 2024",
        "held_on": "2024-02-14",
        "label": "SIMULATION",
        "licence": "none",
        "attribution": "nobody",
        "hierarchies": ["region"],
        "levels": list(LEVELS),
        "shapes": {"sirekap2024": {"psu": "Reguler", "listed_at": LISTED_AT, "revised_at": REVISED_AT, **shape}},
        "contests": [contest],
    }


def _write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])
