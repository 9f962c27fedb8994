"""Schemas of the bodies as strict readers have them: the members in their order, of their types, and no others.

A schema is a type or a set of types, a list (`[each]`), a mapping of members, or `Each` for keys that are data. The order of
members that are data is for the test to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Schema = Any
NOTHING = type(None)


@dataclass(frozen=True)
class Each:
    """An object whose keys are ids: every value is of one schema."""

    value: Schema


def faults(value: object, schema: Schema, at: str = "$") -> list[str]:
    """What is wrong, by place; empty if nothing is."""
    if isinstance(schema, tuple):
        tried = [faults(value, one, at) for one in schema]
        return [] if [] in tried else [fault for some in tried for fault in some]
    if isinstance(schema, type):
        # True is an int in Python, and no number in JSON.
        right = type(value) is schema or (schema is float and type(value) is int)
        return [] if right else [f"{at}: {value!r} is no {schema.__name__}"]
    if isinstance(schema, list):
        if not isinstance(value, list):
            return [f"{at}: is no list"]
        return [fault for i, one in enumerate(value) for fault in faults(one, schema[0], f"{at}[{i}]")]
    if not isinstance(value, dict):
        return [f"{at}: is no object"]
    if isinstance(schema, Each):
        return [fault for key, one in value.items() for fault in faults(one, schema.value, f"{at}.{key}")]
    if list(value) != list(schema):
        return [f"{at}: has the members {list(value)}, not {list(schema)}"]
    return [fault for key, one in schema.items() for fault in faults(value[key], one, f"{at}.{key}")]


MAYBE_TEXT, MAYBE_COUNT = (str, NOTHING), (int, NOTHING)

SITUNG_LISTS = {
    "version": {"version": MAYBE_TEXT},
    "ppwp": Each({"nama": str, "warna": MAYBE_TEXT, "nomor_urut": str}),
    "partai": Each(
        {
            "warna": MAYBE_TEXT,
            "is_aceh": (bool, NOTHING),
            "id_pilihan": MAYBE_COUNT,
            "nomor_urut": MAYBE_COUNT,
            "nama": str,
            "nama_lengkap": MAYBE_TEXT,
        }
    ),
}
SITUNG_PLACES = Each({"nama": str})


def situng_region(options: tuple[str, ...], of_stations: bool = False) -> Schema:
    row = dict.fromkeys(options, MAYBE_COUNT if of_stations else int)
    return {
        "ts": MAYBE_TEXT,
        "chart": dict.fromkeys(options, int),
        "table": Each(row),
        "progress": {"proses": int, "total": int},
    }


def situng_station(options: tuple[str, ...]) -> Schema:
    full = {
        "ts": str,
        "chart": dict.fromkeys(options, MAYBE_COUNT),
        "images": [str],
        "pemilih_j": MAYBE_COUNT,
        "suara_sah": MAYBE_COUNT,
        "pengguna_j": MAYBE_COUNT,
        "suara_total": MAYBE_COUNT,
        "suara_tidak_sah": MAYBE_COUNT,
    }
    return ({}, full)


SIREKAP_LISTS = {
    "ppwp": Each({"ts": MAYBE_TEXT, "nama": str, "warna": MAYBE_TEXT, "nomor_urut": MAYBE_COUNT}),
    "partai": Each(
        {
            "ts": MAYBE_TEXT,
            "id_partai": MAYBE_COUNT,
            "id_pilihan": MAYBE_COUNT,
            "is_aceh": (bool, NOTHING),
            "nama": str,
            "nama_lengkap": MAYBE_TEXT,
            "nomor_urut": MAYBE_COUNT,
            "warna": MAYBE_TEXT,
        }
    ),
}
SIREKAP_PLACES = [{"nama": str, "id": MAYBE_COUNT, "kode": str, "tingkat": int}]

_OF_ROW = {"psu": MAYBE_TEXT, "persen": float, "status_progress": bool}


def sirekap_region(options: tuple[str, ...], of_stations: bool = False) -> Schema:
    row: Schema = {**dict.fromkeys(options, int), **_OF_ROW}
    return {
        "ts": MAYBE_TEXT,
        "psu": MAYBE_TEXT,
        "mode": str,
        "chart": {**dict.fromkeys(options, int), "persen": float},
        "table": Each((row, _OF_ROW) if of_stations else row),
        "progres": {"total": int, "progres": int},
    }


_ADMINISTRATION = (
    *("suara_sah", "suara_total", "pemilih_dpt_j", "pemilih_dpt_l", "pemilih_dpt_p"),
    *("pengguna_dpt_j", "pengguna_dpt_l", "pengguna_dpt_p"),
    *("pengguna_dptb_j", "pengguna_dptb_l", "pengguna_dptb_p", "suara_tidak_sah"),
    *("pengguna_total_j", "pengguna_total_l", "pengguna_total_p"),
    *("pengguna_non_dpt_j", "pengguna_non_dpt_l", "pengguna_non_dpt_p"),
)


def sirekap_station(options: tuple[str, ...]) -> Schema:
    body = {
        "chart": (NOTHING, {"null": NOTHING}, {"null": NOTHING, **dict.fromkeys(options, MAYBE_COUNT)}),
        "images": [MAYBE_TEXT],
        "administrasi": (NOTHING, dict.fromkeys(_ADMINISTRATION, MAYBE_COUNT)),
        "psu": MAYBE_TEXT,
        "ts": MAYBE_TEXT,
        "status_suara": bool,
        "status_adm": bool,
    }
    return (body, {"mode": str, **body})
