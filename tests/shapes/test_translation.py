"""Situng and Sirekap over an invented election: every address, as strict readers read it, and what HTTP says around it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest

from realcount.domain.election import Region
from realcount.local.simulation.election import NATION, invent, write_files
from realcount.officials.official import Scan
from realcount.rendering import encoding
from tests.shapes.stage import BASE, Stage
from tests.shapes.strict import (
    SIREKAP_LISTS,
    SIREKAP_PLACES,
    SITUNG_LISTS,
    SITUNG_PLACES,
    faults,
    sirekap_region,
    sirekap_station,
    situng_region,
    situng_station,
)

OPTIONS = ("01", "02")
NOON = "2024-02-14T12:00:00.500Z"
LATER = "2024-02-14T18:30:09.000Z"
FULL = {"voters.total": 100, "valid": 90, "invalid": 10, "total": 100, "registered.total": 200}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Three stations of one village: one counts, one waits, one was corrected and the correction waits."""
    folder = tmp_path_factory.mktemp("election")
    write_files(invent(7), folder)
    stage = Stage(folder)
    one, two, three = STATIONS[:3]
    stage.file(one, NOON, {"01": 60, "02": 30}, FULL)
    stage.file(two, NOON, {"01": 1, "02": 2}, FULL, counts=False)
    stage.file(three, NOON, {"01": 10, "02": 80}, FULL)
    stage.file(three, LATER, {"01": 80, "02": 10}, FULL, [Scan(b"again", page=2)], counts=False)
    stage.publish()
    return stage


VILLAGE = next(place for place in invent(7).places if place.level == "village")
STATIONS = [station for station, _ in VILLAGE.stations]


def way_down(village: str = VILLAGE.id) -> str:
    """`r-1/r-1-1/r-1-1-1/r-1-1-1-1`."""
    parts = village.split("-")
    return "/".join("-".join(parts[:end]) for end in range(2, len(parts) + 1))


def addresses(stage: Stage) -> Iterator[tuple[str, Any]]:
    """Every address of both systems, with the schema of what lies there."""
    for name, schema in SITUNG_LISTS.items():
        yield f"/static/json/{name}.json", schema
    for name, schema in SIREKAP_LISTS.items():
        yield f"/pemilu/{name}.json", schema
    for unit in stage.units:
        way = "/".join([*(crumb.id for crumb in unit.path), unit.id][1:])
        if isinstance(unit, Region):
            places, of_stations = way or "0", unit.holds == "stations"
            yield f"/static/json/wilayah/{places}.json", SITUNG_PLACES
            yield f"/wilayah/pemilu/ppwp/{places}.json", SIREKAP_PLACES
            results = (situng_region(OPTIONS, of_stations), sirekap_region(OPTIONS, of_stations))
        else:
            results = (situng_station(OPTIONS), sirekap_station(OPTIONS))
        below = f"ppwp/{way}" if way else "ppwp"
        yield f"/static/json/hhcw/{below}.json", results[0]
        yield f"/pemilu/hhcw/{below}.json", results[1]


def test_every_address_answers_as_a_strict_reader_wants_it(stage: Stage) -> None:
    found = {path: faults(stage.read(path), schema) for path, schema in addresses(stage)}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert sum(1 for _ in addresses(stage)) == 5 + sum(4 if isinstance(unit, Region) else 2 for unit in stage.units)


def test_numbers_are_what_counts_and_photographs_what_has_come_in(stage: Stage) -> None:
    one, two, three, four = (stage.read(f"/pemilu/hhcw/ppwp/{way_down()}/{station}.json") for station in STATIONS[:4])
    assert one["chart"] == {"null": None, "01": 60, "02": 30}
    assert one["administrasi"]["suara_sah"] == 90
    assert (two["chart"], two["administrasi"], two["status_suara"], two["status_adm"]) == (None, None, False, False)
    assert [image is not None for image in two["images"]] == [True, False, False]
    assert three["chart"] == {"null": None, "01": 10, "02": 80}
    assert [image is not None for image in three["images"]] == [False, True, False]
    assert (three["ts"], one["ts"]) == ("2024-02-15 01:30:09", "2024-02-14 19:00:00")
    assert four["images"] == [None, None, None]
    assert stage.read(f"/static/json/hhcw/ppwp/{way_down()}/{STATIONS[1]}.json") == {}
    body = stage.read(f"/static/json/hhcw/ppwp/{way_down()}/{STATIONS[2]}.json")
    assert (body["chart"], body["ts"], len(body["images"])) == ({"01": 10, "02": 80}, "2024-02-14 18:30:09", 1)
    assert body["images"][0].endswith("-C-XXX-X6.jpg")


def test_a_station_of_which_nothing_counts_has_no_zero_that_reads_like_a_result(stage: Stage) -> None:
    situng = stage.read(f"/static/json/hhcw/ppwp/{way_down()}.json")
    assert situng["table"][STATIONS[0]] == {"01": 60, "02": 30}
    assert situng["table"][STATIONS[1]] == {"01": None, "02": None}
    sirekap = stage.read(f"/pemilu/hhcw/ppwp/{way_down()}.json")["table"]
    assert sirekap[STATIONS[0]] == {"01": 60, "02": 30, "psu": "Reguler", "persen": 100, "status_progress": True}
    assert sirekap[STATIONS[1]] == {"psu": "Reguler", "persen": 0, "status_progress": False}
    nation = stage.read("/pemilu/hhcw/ppwp.json")
    assert nation["table"]["r-2"] == {"01": 0, "02": 0, "psu": "Reguler", "persen": 0, "status_progress": False}
    assert nation["chart"]["01"] == 70
    assert nation["progres"]["progres"] == 2
    assert "progress" not in nation


def test_the_two_systems_spell_progress_and_candidates_in_their_own_ways(stage: Stage) -> None:
    assert stage.read("/static/json/hhcw/ppwp.json")["progress"]["proses"] == 2
    assert stage.read("/static/json/ppwp.json")["01"]["nomor_urut"] == "01"
    assert stage.read("/pemilu/ppwp.json")["01"]["nomor_urut"] == 1
    assert stage.read("/pemilu/partai.json") == stage.read("/static/json/partai.json") == {}
    assert stage.read("/static/json/version.json") == {"version": "2024-02-14 18:30:09"}


def test_an_image_address_begins_with_our_own_and_names_the_scan_by_its_hash(stage: Stage) -> None:
    page = json.loads(_identity(stage.cell.pages, f"/v1/elections/simulation-7/contests/ppwp/stations/{STATIONS[0]}"))
    sha256 = page["versions"][0]["scans"][0]["sha256"]
    [image, _, _] = stage.read(f"/pemilu/hhcw/ppwp/{way_down()}/{STATIONS[0]}.json")["images"]
    village = "/".join(VILLAGE.id[at : at + 2] for at in range(0, len(VILLAGE.id), 2))
    assert image.startswith(f"{BASE}/{sha256[:4]}/pemilu/ppwp/{village}/{STATIONS[0]}-20240214-190000--{sha256[:8]}-")
    assert image.replace("-", "").endswith(sha256[:32] + ".jpg")


def _identity(pages: Any, path: str) -> bytes:
    bodies = pages.get(path).bodies
    return bodies["identity"] if "identity" in bodies else gzip.decompress(bodies["gzip"])


# ---- what is not there --------------------------------------------------------------------------------------------------

DOWN = way_down().split("/")


@pytest.mark.parametrize(
    "path",
    [
        "/static/json/nothing.json",
        "/static/json/ppwp",
        "/static/json/.json",
        "/static/json/hhcw/dprri.json",
        "/static/json/hhcw/ppwp/r-9.json",
        f"/static/json/hhcw/ppwp/{NATION}.json",
        f"/static/json/hhcw/ppwp/{DOWN[1]}.json",
        f"/static/json/hhcw/ppwp/r-2/{DOWN[1]}.json",
        f"/static/json/hhcw/ppwp/{way_down()}/{DOWN[3]}-s99.json",
        f"/static/json/hhcw/ppwp/{STATIONS[0]}.json",
        f"/static/json/hhcw/ppwp/{DOWN[0]}/{DOWN[1]}/{DOWN[2]}/r-2-2-2-2/{STATIONS[0]}.json",
        f"/static/json/wilayah/{way_down()}/{STATIONS[0]}.json",
        "/static/json/wilayah.json",
        "/static/json/wilayah/0/r-1.json",
        "/static/json/wilayah/r-1/..%2f0.json",
        "/pemilu/version.json",
        "/pemilu/wilayah/0.json",
        "/pemilu/hhcw/pdpr.json",
        "/pemilu/hhcw/ppwp/r-1/r-2-1.json",
        "/wilayah/pemilu/ppwp.json",
        "/wilayah/pemilu/pdpr/0.json",
        "/wilayah/pemilu/ppwp/r-1/r-1.json",
    ],
)
def test_what_does_not_exist_is_a_404_also_under_parents_that_are_not_its_own(stage: Stage, path: str) -> None:
    reply = stage.ask(path)
    assert (reply.status, reply.problem) == (404, "not-found")
    assert reply.headers["cache-control"] == "public, max-age=5, s-maxage=5"
    assert reply.headers["access-control-allow-origin"] == "*"


def test_an_escaped_path_is_the_same_path(stage: Stage) -> None:
    assert stage.read("/static/json/hhcw/ppwp/r%2D1.json") == stage.read("/static/json/hhcw/ppwp/r-1.json")


# ---- HTTP ---------------------------------------------------------------------------------------------------------------

NATIONAL = "/pemilu/hhcw/ppwp.json"


def test_cache_busters_get_the_same_answer(stage: Stage) -> None:
    plain = stage.ask(NATIONAL)
    for query in ("123", "1555672000", "_=1&t=2"):
        busted = stage.ask(NATIONAL, query=query if "=" in query else f"{query}=")
        assert (busted.body, busted.headers) == (plain.body, plain.headers)


def test_an_answer_is_as_old_and_kept_as_long_as_the_page_it_was_made_of(stage: Stage) -> None:
    source = stage.cell.pages.get("/v1/elections/simulation-7/contests/ppwp/regions/nation")
    assert source is not None
    reply = stage.ask(NATIONAL)
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"].startswith(f"public, max-age={source.max_age}, ")
    assert reply.headers["last-modified"] == "Wed, 14 Feb 2024 18:30:09 GMT"
    assert reply.headers["access-control-allow-origin"] == "*"


def test_a_reader_who_has_the_body_gets_304_and_head_gets_no_body(stage: Stage) -> None:
    reply = stage.ask(NATIONAL)
    again = stage.ask(NATIONAL, if_none_match=reply.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", reply.headers["etag"])
    head = stage.ask(NATIONAL, method="HEAD")
    assert (head.status, head.body, head.headers) == (200, b"", reply.headers)
    assert stage.ask(NATIONAL, method="POST").status == 405
    assert stage.ask(NATIONAL, method="OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS"


def test_bodies_travel_in_the_coding_the_reader_takes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "COMPRESS_FROM", 100)  # Villages of this election are too small to be packed.
    village = f"/pemilu/hhcw/ppwp/{way_down()}.json"
    plain = stage.ask(village)
    packed = stage.ask(village, accept_encoding="gzip")
    smaller = stage.ask(village, accept_encoding="br, gzip")
    assert gzip.decompress(packed.body) == brotli.decompress(smaller.body) == plain.body
    assert (packed.headers["content-encoding"], smaller.headers["content-encoding"]) == ("gzip", "br")
    assert len({reply.headers["etag"] for reply in (plain, packed, smaller)}) == 3
    assert stage.ask(village, accept_encoding="identity;q=0, zstd").status == 406


def test_the_tag_of_numbers_moves_with_them_and_that_of_names_does_not(tmp_path: Path) -> None:
    write_files(invent(7), tmp_path)
    stage = Stage(tmp_path)
    paths = (NATIONAL, "/static/json/hhcw/ppwp.json", "/static/json/wilayah/0.json")
    before = [stage.ask(path).headers["etag"] for path in paths]
    assert stage.read("/static/json/version.json") == {"version": None}
    stage.file(STATIONS[0], NOON, {"01": 60, "02": 30}, FULL)
    stage.publish()
    after = [stage.ask(path).headers["etag"] for path in paths]
    assert [was == now for was, now in zip(before, after, strict=True)] == [False, False, True]


def test_a_withdrawn_form_leaves_nothing_behind(tmp_path: Path) -> None:
    write_files(invent(7), tmp_path)
    stage = Stage(tmp_path)
    stage.file(STATIONS[0], NOON, {"01": 60, "02": 30}, FULL)
    stage.file(STATIONS[0], LATER, {}, {}, [], kind="withdrawal")
    stage.publish()
    assert stage.read(f"/static/json/hhcw/ppwp/{way_down()}/{STATIONS[0]}.json") == {}
    body = stage.read(f"/pemilu/hhcw/ppwp/{way_down()}/{STATIONS[0]}.json")
    assert (body["chart"], body["administrasi"], body["images"]) == (None, None, [None, None, None])
