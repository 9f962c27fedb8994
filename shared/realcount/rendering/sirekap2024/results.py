"""Sirekap's results (`hhcw`, the count by the forms of the stations): of a region, and of a station."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realcount.rendering.shown import Document, counted_version, jakarta_text, shown_scans, suffix

MODE = "hhcw"
PAGES = 3
"""Photographed pages of a form. A body has a place for each of them, and for nothing else."""

ADMINISTRATION: Mapping[str, str] = {
    "suara_sah": "valid",
    "suara_total": "total",
    "pemilih_dpt_j": "registered.dpt.total",
    "pemilih_dpt_l": "registered.dpt.male",
    "pemilih_dpt_p": "registered.dpt.female",
    "pengguna_dpt_j": "voters.dpt.total",
    "pengguna_dpt_l": "voters.dpt.male",
    "pengguna_dpt_p": "voters.dpt.female",
    "pengguna_dptb_j": "voters.dptb.total",
    "pengguna_dptb_l": "voters.dptb.male",
    "pengguna_dptb_p": "voters.dptb.female",
    "suara_tidak_sah": "invalid",
    "pengguna_total_j": "voters.total",
    "pengguna_total_l": "voters.male",
    "pengguna_total_p": "voters.female",
    "pengguna_non_dpt_j": "voters.dpk.total",
    "pengguna_non_dpt_l": "voters.dpk.male",
    "pengguna_non_dpt_p": "voters.dpk.female",
}
"""Sirekap's word for each of our figures, in its order."""


def region_results(region: Document, psu: str | None, listed_at: str | None) -> dict[str, Any]:
    """A region with its children. A station of which nothing counts has no numbers in its row, other places have zeros."""
    by_station = region["holds"] == "stations"
    return {
        "ts": jakarta_text(region["updated_at"] or listed_at),
        "psu": psu,
        "mode": MODE,
        "chart": {**region["votes"], "persen": percent(region["stations"])},
        "table": {
            child["id"]: {
                **(child["votes"] if child["stations"]["approved"] or not by_station else {}),
                "psu": psu,
                "persen": percent(child["stations"]),
                "status_progress": child["stations"]["approved"] > 0,
            }
            for child in region["children"]
        },
        "progres": {"total": region["stations"]["expected"], "progres": region["stations"]["approved"]},
    }


def percent(stations: Mapping[str, int]) -> float | int:
    """To two places; a whole number is written as one."""
    share = round(100 * stations["approved"] / stations["expected"], 2)
    return int(share) if share.is_integer() else share


def station_results(
    station: Document, contest: str, base: str, revised_at: str | None, listed_at: str | None
) -> dict[str, Any]:
    """A station's body, with nulls for whatever there is not: an empty one says that nothing has come in.

    `base` is the address that readers know us by. `mode` is a member from `revised_at` on.
    """
    counted = counted_version(station)
    votes, figures = (counted["votes"], counted["figures"]) if counted else ({}, {})
    at = station["updated_at"] or listed_at
    chart = _chart(votes, bool(figures)) if counted else None
    administration = {word: figures.get(figure) for word, figure in ADMINISTRATION.items()}
    entered = any(value is not None for value in administration.values())
    scans = shown_scans(station)
    body = {
        "chart": chart,
        "images": [
            image_address(base, contest, station, *scans[page]) if page in scans else None
            for page in range(1, PAGES + 1)
        ],
        "administrasi": administration if entered else None,
        "psu": None,
        "ts": jakarta_text(at),
        "status_suara": chart is not None,
        "status_adm": entered,
    }
    return body if revised_at is not None and (at is None or at < revised_at) else {"mode": MODE, **body}


def _chart(votes: Mapping[str, int | None], has_figures: bool) -> dict[str, int | None] | None:
    """The votes, after the odd member that every chart has. A form that counts and has nothing on it leaves that alone."""
    if any(count is not None for count in votes.values()):
        return {"null": None, **votes}
    return None if has_figures else {"null": None}


def image_address(base: str, contest: str, station: Document, scan: Document, received_at: str) -> str:
    """Where the photograph would be, in the form of Sirekap's addresses: by its hash, the village's id two characters at a
    time, and when it was received."""
    sha256, village = scan["sha256"], station["path"][-1]["id"]
    folders = "/".join(village[at : at + 2] for at in range(0, len(village), 2))
    moment = str(jakarta_text(received_at)).replace("-", "").replace(":", "").replace(" ", "-")
    uuid = "-".join((sha256[:8], sha256[8:12], sha256[12:16], sha256[16:20], sha256[20:32]))
    name = f"{station['station']['id']}-{moment}--{uuid}{suffix(scan)}"
    return f"{base}/{sha256[:4]}/pemilu/{contest}/{folders}/{name}"
