"""Situng's lists: candidates, parties, places, and the version of it all."""

from __future__ import annotations

from typing import Any

from realcount.rendering.shown import Document, utc_text, whole


def version(nation: Document) -> dict[str, Any]:
    """When the nation last changed."""
    return {"version": utc_text(nation["updated_at"])}


def candidates(contest: Document) -> dict[str, Any]:
    """`nomor_urut` is a text here: clients put it into others."""
    return {
        option["id"]: {"nama": option["name"], "warna": option["colour"], "nomor_urut": option["number"]}
        for option in contest["options"]
    }


def parties(contest: Document | None) -> dict[str, Any]:
    """`nomor_urut` is a number here. Candidates of a party are no parties; without a contest of parties there are none."""
    return {
        option["id"]: {
            "warna": option["colour"],
            "is_aceh": option["local"],
            "id_pilihan": whole(option["id"]),
            "nomor_urut": whole(option["number"]),
            "nama": option["name"],
            "nama_lengkap": option["full_name"],
        }
        for option in (contest["options"] if contest else ())
        if option["parent"] is None
    }


def places(region: Document) -> dict[str, Any]:
    """The children by id, in the order of the page: clients pair stations with their numbers by position."""
    return {child["id"]: {"nama": child["name"]} for child in region["children"]}
