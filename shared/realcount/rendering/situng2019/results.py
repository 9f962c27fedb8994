"""Situng's results (`hhcw`, the count by the forms of the stations): of a region, and of a station."""

from __future__ import annotations

from typing import Any

from realcount.rendering.shown import Document, counted_version, shown_scans, suffix, utc_text

_AS_AT_FIRST = (
    *("pemilih_j", "suara_sah", "ts", "chart"),
    *("suara_tidak_sah", "suara_total", "images", "pengguna_j"),
)
_AS_LATER = (
    *("ts", "chart", "images", "pemilih_j", "suara_sah"),
    *("pengguna_j", "suara_total", "suara_tidak_sah"),
)
"""The order of a station's members: of its two real bodies one has this, one that. `revised_at` lies between them."""

_FIRST_PAGE = 5
"""Page 1 of the photographed sheet is X5 in the name of a file, page 2 X6."""


def region_results(region: Document) -> dict[str, Any]:
    """A region with its children. A station of which nothing counts has nulls in its row, other places have zeros."""
    by_station = region["holds"] == "stations"
    return {
        "ts": utc_text(region["updated_at"]),
        "chart": region["votes"],
        "table": {
            child["id"]: (
                dict.fromkeys(child["votes"]) if by_station and not child["stations"]["approved"] else child["votes"]
            )
            for child in region["children"]
        },
        "progress": {"proses": region["stations"]["approved"], "total": region["stations"]["expected"]},
    }


def station_results(station: Document, revised_at: str | None) -> dict[str, Any]:
    """A station's body, empty while none of its forms counts. A figure that the form does not carry is null."""
    counted = counted_version(station)
    if counted is None:
        return {}
    figures = counted["figures"]
    body = {
        "ts": utc_text(station["updated_at"]),
        "chart": counted["votes"],
        "images": [file_name(scan, page) for page, (scan, _) in sorted(shown_scans(station).items())],
        "pemilih_j": figures.get("registered.total"),
        "suara_sah": figures.get("valid"),
        "pengguna_j": figures.get("voters.total"),
        "suara_total": figures.get("total"),
        "suara_tidak_sah": figures.get("invalid"),
    }
    at_first = revised_at is not None and station["updated_at"] < revised_at
    return {member: body[member] for member in (_AS_AT_FIRST if at_first else _AS_LATER)}


def file_name(scan: Document, page: int) -> str:
    """What the photograph is called; a client makes the address `/img/c/900/003/900003213/<name>` of it."""
    return f"{scan['sha256']}-C-XXX-X{_FIRST_PAGE - 1 + page}{suffix(scan)}"
