"""Indonesia's presidential count of 17 April 2019, as the public extract of Situng and KawalPemilu holds it.

Reads `wilayah_2019.csv.gz` (the region tree, with KPU's totals for every region) and `tps_ppwp_2019.csv.xz` (every
polling station), and writes the election's files from them. The data itself is no part of this project.
"""

from __future__ import annotations

import csv
import gzip
import lzma
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from sys import intern

from realcount.domain.errors import NotFound

FIRST_STATION = 900_000_001
"""The id of the first station of the first village."""

REGION_FILE = "wilayah_2019.csv.gz"
STATION_FILE = "tps_ppwp_2019.csv.xz"

STATION_COLUMNS = (
    *("kel_id", "tps_no", "jenis", "dpt_l", "dpt_p"),
    *("suara_01", "suara_02", "suara_sah", "suara_tidak_sah", "pengguna_j"),
    "kp_photo_first_ms",
)

LEVELS: Mapping[str, str] = {
    "nasional": "nation",
    "provinsi": "province",
    "kabupaten": "regency",
    "kecamatan": "district",
    "kelurahan": "village",
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What Situng published for a region: the nine fields that are compared. `registered` is `dpt_l` + `dpt_p`."""

    expected: int
    approved: int
    votes_21: int
    votes_22: int
    valid: int
    invalid: int
    voters: int
    registered: int


@dataclass(frozen=True, slots=True)
class SourceRegion:
    """A row of the region file. `parent` is None for the nation."""

    id: str
    parent: str | None
    level: str
    name: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class SourceForm:
    """What was entered for a station. The extract carries no total of the ballots, so neither do we."""

    votes_21: int
    votes_22: int
    valid: int
    invalid: int
    voters: int


@dataclass(frozen=True, slots=True)
class SourceStation:
    """A row of the station file. `form` is None where nothing was ever entered, `registered` where it is unknown.

    `id` is the nine digits that Situng gave it, as far as they can be told: the file does not have them (`_Numbering`).

    `photographed_ms` is when the first photograph of the paper reached KawalPemilu (epoch, milliseconds).
    """

    id: str
    village: str
    kind: str
    number: str
    registered: int | None
    form: SourceForm | None
    photographed_ms: int | None


@dataclass(frozen=True, slots=True)
class Situng2019:
    """The folder that holds the two files."""

    folder: Path

    def regions(self, below: str | None = None) -> dict[str, SourceRegion]:
        """Every region by id, parents before children; with `below` only that region and those below it.

        Raises `NotFound` if there is no such region, or no such file.
        """
        regions: dict[str, SourceRegion] = {}
        with gzip.open(self._path(REGION_FILE), "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                regions[row["id"]] = _region(row)
        if below is None:
            return regions
        if below not in regions:
            raise NotFound(f"{REGION_FILE} has no region {below!r}")
        return {unit: region for unit, region in regions.items() if below in (unit, *above(regions, unit))}

    def stations(self, villages: Container[str]) -> Iterator[SourceStation]:
        """The stations of these villages, in the file's order. Raises `NotFound` if there is no such file.

        The file is read twice, as a station's id depends on all stations of the nation; so it is the same in every part.
        """
        numbering = _Numbering(self._rows("kel_id", "tps_no", "jenis"))
        for row in self._rows(*STATION_COLUMNS):
            village, number, kind, *_ = row
            if village in villages:
                yield _station(numbering.id_of(village, number, kind), *row)

    def _rows(self, *columns: str) -> Iterator[tuple[str, ...]]:
        with lzma.open(self._path(STATION_FILE), "rt", encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            header = next(rows)
            in_order = itemgetter(*(header.index(column) for column in columns))
            for row in rows:
                yield in_order(row)

    def _path(self, name: str) -> Path:
        for path in (self.folder / name, self.folder / "situng2019" / name):
            if path.is_file():
                return path
        raise NotFound(f"there is no {name} in {self.folder}: give the folder that holds the Situng 2019 files")


class _Numbering:
    """Situng's ids of stations: 900000000 and the running number of the station among all of the nation, by village id and
    then by number; villages abroad, whose ids are negative, come last.

    The rule is made from three ids that are known: two lie in the range it gives their village, one lies 15 beside it.
    """

    def __init__(self, rows: Iterator[tuple[str, ...]]) -> None:
        self._stations: dict[str, list[tuple[int, str]]] = {}
        for village, number, kind in rows:
            self._stations.setdefault(village, []).append((int(number), intern(kind)))
        self._first: dict[str, int] = {}
        running = FIRST_STATION
        for village in sorted(self._stations, key=lambda village: (int(village) < 0, int(village))):
            self._stations[village].sort()
            self._first[village] = running
            running += len(self._stations[village])

    def id_of(self, village: str, number: str, kind: str) -> str:
        return str(self._first[village] + self._stations[village].index((int(number), kind)))


def above(regions: Mapping[str, SourceRegion], unit: str) -> list[str]:
    """The regions above `unit`, the nearest first."""
    found: list[str] = []
    parent = regions[unit].parent
    while parent is not None and parent in regions:
        found.append(parent)
        parent = regions[parent].parent
    return found


def _region(row: Mapping[str, str]) -> SourceRegion:
    totals = Totals(
        expected=int(row["n_tps"]),
        approved=int(row["kpu_n_tps_masuk"]),
        votes_21=int(row["suara_01"]),
        votes_22=int(row["suara_02"]),
        valid=int(row["suara_sah"]),
        invalid=int(row["suara_tidak_sah"]),
        voters=int(row["pengguna_j"]),
        registered=int(row["dpt_l"]) + int(row["dpt_p"]),
    )
    return SourceRegion(row["id"], row["parent_id"] or None, LEVELS[row["level"]], row["nama"], totals)


def _station(
    identifier: str,
    village: str,
    number: str,
    kind: str,
    men: str,
    women: str,
    votes_21: str,
    votes_22: str,
    valid: str,
    invalid: str,
    voters: str,
    photographed: str,
) -> SourceStation:
    return SourceStation(
        id=identifier,
        village=village,
        kind=kind,
        number=number,
        registered=None if "-1" in (men, women) else int(men) + int(women),
        form=SourceForm(int(votes_21), int(votes_22), int(valid), int(invalid), int(voters)) if votes_21 else None,
        photographed_ms=int(photographed) if photographed else None,
    )
