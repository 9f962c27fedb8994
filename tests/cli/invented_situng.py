"""A small folder in the format of the Situng 2019 files: two provinces and one abroad, made up, totals added up here.

It has what the real one has: negative ids, registers of -1, a station never entered, forms whose sums are wrong, forms
that nobody photographed.
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
from dataclasses import dataclass, field
from pathlib import Path

REGIONS = [
    ("0", "", "nasional", "INDONESIA"),
    ("1", "0", "provinsi", "UTARA"),
    ("2", "1", "kabupaten", "BUKIT, KOTA"),
    ("3", "2", "kecamatan", "HULU"),
    ("4", "3", "kelurahan", "ATAS"),
    ("5", "3", "kelurahan", "BAWAH"),
    ("6", "1", "kabupaten", "PANTAI"),
    ("7", "6", "kecamatan", "HILIR"),
    ("8", "7", "kelurahan", "MUARA"),
    ("20", "0", "provinsi", "SELATAN"),
    ("21", "20", "kabupaten", "RAYA"),
    ("22", "21", "kecamatan", "TENGAH"),
    ("23", "22", "kelurahan", "PASAR"),
    ("-99", "0", "provinsi", "LUAR NEGERI"),
    ("-991", "-99", "kabupaten", "NEGERI JAUH"),
    ("-992", "-991", "kecamatan", "KOTA JAUH"),
    ("-993", "-992", "kelurahan", "KOTA JAUH"),
]
"""id, parent, level, name."""

APRIL_18 = 1555545600000


def station(
    village: str, number: int, numbers: str, kind: str = "TPS", register: int = 100, photo: int | None = 0
) -> list[str]:
    """One row. `numbers` are 01, 02, valid, invalid, voters ("" if never entered); `photo` is minutes after 18 April."""
    dpt = ["-1", "-1"] if register < 0 else [str(register), str(register + 1)]
    entered = numbers.split() or [""] * 5
    times = ["", ""] if photo is None else [str(APRIL_18 + photo * 60_000), str(APRIL_18 + photo * 60_000 + 5)]
    return [village, str(number), kind, *dpt, *entered, *[""] * 5, *times]


STATIONS = [
    station("4", 1, "100 50 150 2 152", photo=30),
    station("4", 2, "60 60 120 0 120", photo=10),
    station("4", 3, ""),
    station("5", 1, "70 20 90 5 95", photo=None),
    station("5", 2, "80 20 99 5 104", photo=10),  # the votes do not add up to the valid ones
    station("8", 1, "10 190 200 4 999", photo=40),  # more voters than registered
    station("8", 2, "11 120 131 0 131", photo=5),
    station("23", 1, "90 91 181 1 182", photo=20),
    station("23", 2, "45 46 91 0 91", photo=21),
    station("-993", 1, "300 200 500 10 510", "POS", -1, photo=1),
    station("-993", 1, "30 20 50 1 51", "KSK", -1, photo=None),
]


@dataclass
class InventedSitung:
    """`tamper` changes what the region file publishes: {(region, column): value}."""

    stations: list[list[str]] = field(default_factory=lambda: [list(row) for row in STATIONS])
    tamper: dict[tuple[str, str], int] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tps_ppwp_2019.csv.xz").write_bytes(lzma.compress(_csv([STATION_HEADER, *self.stations])))
        (folder / "wilayah_2019.csv.gz").write_bytes(gzip.compress(_csv([[*FRAME, *COLUMNS], *self._regions()])))
        return folder

    def _regions(self) -> list[list[str]]:
        sums = {unit: dict.fromkeys(COLUMNS, 0) for unit, *_ in REGIONS}
        parents = {unit: parent for unit, parent, *_ in REGIONS}
        for row in self.stations:
            unit = row[0]
            while unit:
                _add(sums[unit], row)
                unit = parents[unit]
        for (unit, column), value in self.tamper.items():
            sums[unit][column] = value
        return [[*region, *map(str, sums[region[0]].values())] for region in REGIONS]


STATION_HEADER = [
    *("kel_id", "tps_no", "jenis", "dpt_l", "dpt_p"),
    *("suara_01", "suara_02", "suara_sah", "suara_tidak_sah", "pengguna_j"),
    *("kp_suara_01", "kp_suara_02", "kp_sah", "kp_tidak_sah", "kp_pengguna_j"),
    *("kp_photo_first_ms", "kp_photo_last_ms"),
]
FRAME = ("id", "parent_id", "level", "nama")
COLUMNS = (
    "n_tps",
    "dpt_l",
    "dpt_p",
    "kpu_n_tps_masuk",
    "suara_01",
    "suara_02",
    "suara_sah",
    "suara_tidak_sah",
    "pengguna_j",
)


def _add(sums: dict[str, int], row: list[str]) -> None:
    sums["n_tps"] += 1
    sums["dpt_l"] += max(int(row[3]), 0)
    sums["dpt_p"] += max(int(row[4]), 0)
    sums["kpu_n_tps_masuk"] += bool(row[5])
    for column, value in zip(COLUMNS[4:], row[5:10], strict=True):
        sums[column] += int(value or 0)


def _csv(rows: list[list[str]] | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")
