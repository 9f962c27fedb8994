"""Every real body, loaded as a form through the use cases, is served back: same members, order, types, and values where a
form carries them. Addresses of images are ours, so of those only the places count."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from realcount.cli.election_files import read_election
from realcount.domain.election import Region
from realcount.domain.instants import from_instant, to_instant
from realcount.domain.tally import Tally
from realcount.local.simulation.election import invent, write_files
from realcount.officials.official import Scan
from realcount.rendering.catalogue import catalogue_pages
from realcount.rendering.results import region_page
from realcount.rendering.sirekap2024.results import ADMINISTRATION, percent, region_results
from realcount.usecases.stored_documents import document_of
from tests.shapes.real_bodies import real_data, real_stations, sample
from tests.shapes.sirekap_files import LISTED_AT, REVISED_AT, write_sirekap_files
from tests.shapes.stage import Stage
from tests.shapes.strict import SIREKAP_PLACES, faults, sirekap_region, sirekap_station, situng_station

WIB = timedelta(hours=7)
CANDIDATES = ("100025", "100026", "100027")
HIDDEN_PAGE = 4
"""Of a form that shows no photograph: it has a scan all the same, of a page that bodies have no place for."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Stage]:
    """Makes a fresh Sirekap-shaped election of the villages of these stations."""
    candidates = [
        {"id": key, "number": str(one["nomor_urut"]), "name": one["nama"], "colour": one["warna"]}
        for key, one in sample("sirekap2024_ppwp_candidates_REAL").items()
    ]

    def make(stations: list[str], **shape: str) -> Stage:
        folder = tmp_path_factory.mktemp("sirekap")
        villages = {station[:10] for station in stations}
        write_sirekap_files(folder, real_data() / "sirekap2024", villages, candidates, **shape)
        return Stage(folder)

    return make


def utc(ts: str, ahead: timedelta = WIB) -> str:
    return to_instant(datetime.fromisoformat(ts + "+00:00") - ahead)


def file_body(stage: Stage, station: str, body: dict[str, Any]) -> None:
    """The form, waiting or counted, that this body shows. For a body of nothing there is none."""
    scans = [
        Scan(f"{station} page {page}".encode(), page=page)
        for page, image in enumerate(body["images"], start=1)
        if image is not None
    ]
    figures = {ADMINISTRATION[word]: count for word, count in (body["administrasi"] or {}).items()}
    votes = {key: count for key, count in (body["chart"] or {}).items() if key != "null"}
    counts = body["chart"] is not None or body["administrasi"] is not None
    if counts and not scans:
        scans = [Scan(f"{station} beside".encode(), page=HIDDEN_PAGE)]
    if scans:
        stage.file(station, utc(body["ts"]), votes, figures, scans, counts=counts)


def served(stage: Stage, station: str) -> dict[str, Any]:
    way = (station[:2], station[:4], station[:6], station[:10], station)
    found: dict[str, Any] = stage.read(f"/pemilu/hhcw/ppwp/{'/'.join(way)}.json")
    return found


def without_addresses(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "images": [image and "an address" for image in body["images"]]}


def ordered(body: object) -> str:
    """As text, so that the order of members counts."""
    return json.dumps(body)


def kind_of(body: dict[str, Any]) -> tuple[str, bool, int, bool]:
    chart = body["chart"]
    what = "none" if chart is None else "only null" if list(chart) == ["null"] else "votes"
    return what, body["administrasi"] is not None, sum(image is not None for image in body["images"]), "mode" in body


# ---- stations of Sirekap ------------------------------------------------------------------------------------------------


def test_every_real_body_of_a_sirekap_station_is_served_back(files: Callable[..., Stage]) -> None:
    bodies = real_stations()
    assert len(bodies) == 7 + 53
    stations = {name: name.rpartition("_")[2] for name in bodies}
    nothing = {name for name, body in bodies.items() if kind_of(body)[:3] == ("none", False, 0)}
    stage = files(list(stations.values()))
    for name, body in bodies.items():
        file_body(stage, stations[name], body)
    stage.publish()
    for name, body in bodies.items():
        if name not in nothing:
            found = served(stage, stations[name])
            assert ordered(without_addresses(found)) == ordered(without_addresses(body)), name
            assert faults(found, sirekap_station(CANDIDATES)) == []
    assert len(nothing) == 4


def test_every_real_body_of_nothing_is_served_back_with_the_time_of_its_list(files: Callable[..., Stage]) -> None:
    for name, body in real_stations().items():
        if kind_of(body)[:3] == ("none", False, 0):
            station = name.rpartition("_")[2]
            assert ordered(served(files([station], listed_at=utc(body["ts"])), station)) == ordered(body)


def test_the_body_of_nothing_has_the_171_bytes_of_the_real_one(files: Callable[..., Stage]) -> None:
    station = "3173011006070"
    real = (real_data() / "samples" / f"sirekap2024_tps_ppwp_REAL_no_photo_{station}.json").read_bytes()
    found = served(files([station], listed_at=utc("2024-02-15 07:00:44")), station)
    assert len(real) == 171
    assert json.dumps(found, indent=1).encode() == real


OBSERVED = {
    ("none", False, 0, False): "nothing at all: 3173011006070",
    ("none", False, 1, False): "3101011001004",
    ("none", False, 1, True): "3101011003005",
    ("none", False, 3, False): "3173011006102",
    ("none", True, 2, False): "3173011006193",
    ("none", True, 2, True): "3101011003006",
    ("only null", False, 3, False): "3173011005085",
    ("votes", False, 2, False): "3101011002005",
    ("votes", False, 3, False): "3173011001199",
    ("votes", True, 3, False): "3173011006272",
    ("votes", True, 3, True): "3173011002128",
}
"""Kinds (chart, administrasi, photographs, mode) of which a real body is at hand, each with one station that shows it."""

BUILT = (
    *(("none", False, 0, True), ("none", False, 2, False), ("none", False, 3, True)),
    *(("none", True, 3, False), ("none", True, 3, True), ("votes", False, 3, True)),
)
"""With these there are 17, as many as were counted in 1,053 bodies. Which six those were is not recorded; these are of its
larger groups: photographs alone, administrasi without votes, votes without administrasi. All other kinds there could be
are tried below as well, so whichever they were, they are among them."""


def test_the_table_of_kinds_is_that_of_the_real_bodies() -> None:
    assert {kind_of(body) for body in real_stations().values()} == set(OBSERVED)
    assert len({*OBSERVED, *BUILT}) == 17
    bodies = {name.rpartition("_")[2]: body for name, body in real_stations().items()}
    for kind, words in OBSERVED.items():
        assert kind_of(bodies[words.split(" ")[-1]]) == kind


def every_kind() -> Iterator[tuple[tuple[str, bool, int, bool], dict[str, Any]]]:
    """Bodies of every kind, made of the real complete one by removing members; photographs in every set of places."""
    complete = sample("sirekap2024_tps_ppwp_REAL_complete_3173011006272")
    for chart, administered, mode in product(("none", "only null", "votes"), (False, True), (False, True)):
        if (chart, administered) == ("only null", True):
            continue  # Never seen, and no form of ours: docs/api.md.
        for places in product((False, True), repeat=3):
            body = {
                **({"mode": "hhcw"} if mode else {}),
                **complete,
                "images": [image if there else None for image, there in zip(complete["images"], places, strict=True)],
                "ts": "2024-02-16 17:00:00" if mode else "2024-02-15 00:46:45",
                "status_suara": chart != "none",
                "status_adm": administered,
            }
            body["chart"] = {"none": None, "only null": {"null": None}, "votes": complete["chart"]}[chart]
            body["administrasi"] = complete["administrasi"] if administered else None
            yield (chart, administered, sum(places), mode), body


def test_every_kind_that_could_be_is_served_back(files: Callable[..., Stage]) -> None:
    bodies = list(every_kind())
    stations = [f"3173011006{number:03d}" for number in range(1, len(bodies) + 1)]
    stage = files(stations)
    for station, (_, body) in zip(stations, bodies, strict=True):
        file_body(stage, station, body)
    stage.publish()
    seen = set()
    for station, (kind, body) in zip(stations, bodies, strict=True):
        assert kind_of(body) == kind
        seen.add(kind)
        if kind[:3] == ("none", False, 0):
            lone = files([station], listed_at=utc(body["ts"]))
            assert ordered(served(lone, station)) == ordered(body)
        else:
            assert ordered(without_addresses(served(stage, station))) == ordered(without_addresses(body)), kind
    assert seen >= {*OBSERVED, *BUILT}


# ---- lists and regions of Sirekap ---------------------------------------------------------------------------------------


def test_the_real_candidates_are_served_back(files: Callable[..., Stage]) -> None:
    assert ordered(files(["3173011006272"]).read("/pemilu/ppwp.json")) == ordered(
        sample("sirekap2024_ppwp_candidates_REAL")
    )


def test_the_real_places_are_served_back_down_to_a_station(files: Callable[..., Stage]) -> None:
    stage = files(["1105072002001"])
    for file, real in sample("sirekap2024_wilayah_REAL").items():
        name = file.removeprefix("_").removesuffix("_first").removesuffix(".json")
        found = stage.read(f"/wilayah/pemilu/ppwp/{name}.json")
        assert faults(found, SIREKAP_PLACES) == []
        # Of stations the list of 2024 has no numbers.
        assert ordered(found[0]) == ordered({**real, "id": None} if real["tingkat"] == 5 else real)


def test_a_station_has_the_number_that_the_files_say(files: Callable[..., Stage], tmp_path: Path) -> None:
    stage = files(["1105072002001"])
    assert stage.read("/wilayah/pemilu/ppwp/11.json")[0]["id"] == 191_126


def national(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body as our page and translation of the same rows make it. A province's progress is only known as a share."""
    table = body["table"]
    shares = {code: round(row["persen"] * 100) for code, row in table.items()}
    document = {
        "updated_at": utc(body["ts"]),
        "holds": "regions",
        "votes": {key: sum(row.get(key, 0) for row in table.values()) for key in CANDIDATES},
        "stations": {"expected": body["progres"]["total"], "approved": body["progres"]["progres"]},
        "children": [
            {
                "id": code,
                "votes": {key: table[code][key] for key in CANDIDATES},
                "stations": {"expected": 10_000, "approved": shares[code]},
            }
            for code in table
            if CANDIDATES[0] in table[code]
        ],
    }
    return document, region_results(document, "Reguler", None)


def test_the_real_national_body_is_served_back() -> None:
    body = sample("sirekap2024_hhcw_ppwp_national_REAL")
    _, found = national(body)
    assert ordered(found) == ordered(body)
    assert faults(body, sirekap_region(CANDIDATES)) == []


def test_all_649_national_bodies_are_served_back() -> None:
    read = 0
    path = real_data() / "sirekap2024" / "hhcw_ppwp_national_snapshots.jsonl.xz"
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            body = json.loads(line)
            body = body.get("body", body)
            _, found = national(body)
            # One row of one body has no numbers, against its own schema; ours always has them.
            rows = {code: row for code, row in body["table"].items() if CANDIDATES[0] in row}
            assert ordered(found) == ordered({**body, "table": rows})
            assert (
                percent({"expected": body["progres"]["total"], "approved": body["progres"]["progres"]})
                == (body["chart"]["persen"])
            )
            read += 1
    assert read == 649


def test_a_region_page_and_its_translation_have_the_members_of_the_real_body(files: Callable[..., Stage]) -> None:
    stage = files(["3173011006272", "3101011001001"])
    region = next(unit for unit in stage.units if isinstance(unit, Region) and unit.id == "31")
    row = Tally(2, (5, 6, 7), 18, 0, 18, 1, 1, 0, 0, utc("2024-02-16 10:00:00"))
    page = region_page(stage.election, stage.contest, region, {"3173": row})
    found = region_results(document_of(page), "Reguler", LISTED_AT)
    assert faults(found, sirekap_region(CANDIDATES)) == []
    assert found["chart"]["100027"] == 7
    assert found["ts"] == "2024-02-16 10:00:00"


# ---- Situng -------------------------------------------------------------------------------------------------------------

SITUNG_STATION = "r-1-1-1-1-s1"
SITUNG_WAY = "r-1/r-1-1/r-1-1-1/r-1-1-1-1"
FIGURES = {
    "pemilih_j": "registered.total",
    "suara_sah": "valid",
    "suara_tidak_sah": "invalid",
    "suara_total": "total",
    "pengguna_j": "voters.total",
}


@pytest.fixture
def situng(tmp_path: Path) -> Stage:
    """An invented election with the options of 2019, and a moment between the two real bodies."""
    write_files(invent(7), tmp_path)
    path = tmp_path / "election.json"
    frame = json.loads(path.read_text())
    [contest] = frame["contests"]
    for option, key in zip(contest["options"], ("21", "22"), strict=True):
        option["id"] = key
    parties = [
        {
            "id": key,
            "number": str(party["nomor_urut"]),
            "name": party["nama"],
            "full_name": party["nama_lengkap"],
            "colour": party["warna"],
            "local": party["is_aceh"],
        }
        for key, party in sample("situng2019_partai_REAL").items()
    ]
    people = [{"id": "1-1", "number": "1", "name": "A candidate", "parent": "1"}]
    frame["contests"].append({**contest, "id": "dprri", "options": [parties[0], *people, *parties[1:]]})
    frame["shapes"] = {"situng2019": {"parties": "dprri", "revised_at": "2019-04-24T00:00:00.000Z"}}
    path.write_text(json.dumps(frame))
    return Stage(tmp_path)


@pytest.mark.parametrize("which", ["a", "b"])
def test_each_real_body_of_a_situng_station_is_served_back(situng: Stage, which: str) -> None:
    body = sample(f"situng2019_tps_ppwp_REAL_{which}")
    figures = {figure: body[member] for member, figure in FIGURES.items()}
    scans = [Scan(image.encode(), page=page) for page, image in enumerate(body["images"], start=1)]
    situng.file(SITUNG_STATION, utc(body["ts"], timedelta()), body["chart"], figures, scans)
    situng.publish()
    found = situng.read(f"/static/json/hhcw/ppwp/{SITUNG_WAY}/{SITUNG_STATION}.json")
    ends = [image.rpartition("-C-")[2] for image in found["images"]]
    assert ends == [image.rpartition("-C-")[2] for image in body["images"]]
    assert ordered({**found, "images": None}) == ordered({**body, "images": None})
    if which == "b":
        assert faults(found, situng_station(("21", "22"))) == []


def test_a_situng_station_of_which_nothing_counts_is_the_real_empty_body(situng: Stage) -> None:
    found = situng.read(f"/static/json/hhcw/ppwp/{SITUNG_WAY}/{SITUNG_STATION}.json")
    assert found == sample("situng2019_tps_notyet_REAL") == {}


def test_the_real_parties_are_served_back_byte_for_byte(situng: Stage) -> None:
    real = (real_data() / "samples" / "situng2019_partai_REAL.json").read_bytes().strip()
    assert situng.ask("/static/json/partai.json").body == real


def test_the_real_party_of_sirekap_is_served_back(situng: Stage, tmp_path: Path) -> None:
    path = tmp_path / "election.json"
    frame = json.loads(path.read_text())
    [(key, party)] = sample("sirekap2024_partai_REAL_one").items()
    frame["contests"][1]["options"] = [
        {
            "id": key,
            "number": str(party["nomor_urut"]),
            "name": party["nama"],
            "full_name": party["nama_lengkap"],
            "colour": party["warna"],
            "local": party["is_aceh"],
            "serial": party["id_partai"],
        }
    ]
    frame["shapes"] = {"sirekap2024": {"parties": "dprri", "listed_at": utc(party["ts"])}}
    path.write_text(json.dumps(frame))
    found = Stage(tmp_path).read("/pemilu/partai.json")
    assert ordered(found) == ordered({key: party})


def test_catalogue_pages_hold_what_a_claim_says(tmp_path: Path) -> None:
    write_files(invent(7), tmp_path)
    election = read_election(tmp_path).election
    listed = next(page for page in catalogue_pages([election], 1) if page.path == "/v1/elections")
    assert set(document_of(listed)["elections"][0]["shapes"]) == {"situng2019", "sirekap2024"}
    assert from_instant(REVISED_AT) > from_instant(LISTED_AT)
