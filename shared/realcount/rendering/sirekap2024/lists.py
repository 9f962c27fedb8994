"""Sirekap's lists: candidates, parties, places."""

from __future__ import annotations

from typing import Any

from realcount.rendering.shown import Document, jakarta_text, whole


def candidates(contest: Document, listed_at: str | None) -> dict[str, Any]:
    """`nomor_urut` is a number here. `listed_at` is when the list was last changed."""
    return {
        option["id"]: {
            "ts": jakarta_text(listed_at),
            "nama": option["name"],
            "warna": option["colour"],
            "nomor_urut": whole(option["number"]),
        }
        for option in contest["options"]
    }


def parties(contest: Document | None, listed_at: str | None) -> dict[str, Any]:
    """Candidates of a party are no parties; without a contest of parties there are none."""
    return {
        option["id"]: {
            "ts": jakarta_text(listed_at),
            "id_partai": option["serial"],
            "id_pilihan": whole(option["id"]),
            "is_aceh": option["local"],
            "nama": option["name"],
            "nama_lengkap": option["full_name"],
            "nomor_urut": whole(option["number"]),
            "warna": option["colour"],
        }
        for option in (contest["options"] if contest else ())
        if option["parent"] is None
    }


def places(region: Document) -> list[dict[str, Any]]:
    """The children in the order of the page. `kode` is our id, `id` the row number that Sirekap knew the place by."""
    level = len(region["path"]) + 1
    return [
        {"nama": child["name"], "id": child.get("serial"), "kode": child["id"], "tingkat": level}
        for child in region["children"]
    ]
