"""A folder of election files is either wholly good, or refused with every finding by file and line.

The folder below is the smallest that has everything: two contests, a party with candidates, a regency that belongs to a
province and to an electoral district, a station whose register is unknown.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from realcount.cli.election_files import FilesRefused, read_election
from realcount.domain.election import Child, Crumb, Parent, Region, Station
from realcount.usecases.load_election import zero_pages

FRAME = """\
{
  "id": "demo-2029",
  "name": "Demo",
  "held_on": "2029-04-17",
  "label": "SIMULATION",
  "licence": "CC0",
  "attribution": "nobody",
  "hierarchies": ["local", "region", "dapil"],
  "levels": ["nation", "province", "dapil", "regency", "village"],
  "contests": [
    {
      "id": "ppwp",
      "name": "President",
      "hierarchies": ["local", "region"],
      "roots": ["0"],
      "fields": ["voters.total", "valid", "invalid"],
      "options": [
        {"id": "21", "number": "01", "name": "A"},
        {"id": "22", "number": "02", "name": "B"}
      ]
    },
    {
      "id": "dpr",
      "name": "Parliament",
      "hierarchies": ["local", "dapil"],
      "roots": ["D1"],
      "fields": ["valid"],
      "options": [
        {"id": "p1", "number": "1", "name": "Party"},
        {"id": "p1-1", "number": "1", "name": "Candidate", "parent": "p1"},
        {"id": "p2", "number": "2", "name": "Other"}
      ]
    }
  ]
}
"""

REGIONS = """\
id,level,name,parents
0,nation,Nation,
P1,province,North,region:0
D1,dapil,North I,
R1,regency,Hill,region:P1 dapil:D1
V1,village,"Upper, Hill",local:R1
V2,village,Lower Hill,local:R1
"""

STATIONS = """\
id,kind,name,parents,registered
V1-1,TPS,TPS 1,local:V1,250
V1-2,TPS,TPS 2,local:V1,
V2-1,TPS,TPS 1,local:V2,300
"""


Plant = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("election.json", FRAME), ("regions.csv", REGIONS), ("stations.csv", STATIONS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def edit(file: str, old: str, new: str) -> Plant:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} must occur once in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def write(file: str, content: bytes) -> Plant:
    return lambda folder: (folder / file).write_bytes(content)


def broken_gzip(folder: Path) -> None:
    (folder / "regions.csv").unlink()
    (folder / "regions.csv.gz").write_bytes(gzip.compress(REGIONS.encode())[:-9])


def frame(old: str, new: str) -> Plant:
    return edit("election.json", old, new)


def regions(old: str, new: str) -> Plant:
    return edit("regions.csv", old, new)


def stations(old: str, new: str) -> Plant:
    return edit("stations.csv", old, new)


def findings(folder: Path) -> list[str]:
    with pytest.raises(FilesRefused) as refused:
        read_election(folder)
    return [str(finding) for finding in refused.value.findings]


def test_a_good_folder_becomes_an_election_with_everything_precomputed(folder: Path) -> None:
    files = read_election(folder)
    units = {unit.id: unit for unit in files.units}

    assert files.election.id == "demo-2029"
    assert [contest.option_ids() for contest in files.election.contests] == [("21", "22"), ("p1", "p1-1", "p2")]
    assert files.election.contests[1].options[1].parent == "p1"

    nation, regency = units["0"], units["R1"]
    assert isinstance(nation, Region)
    assert isinstance(regency, Region)
    assert (nation.expected, nation.registered, nation.holds, nation.path) == (3, 550, "regions", ())
    assert set(regency.ancestors) == {"P1", "D1", "0"}
    assert regency.path == (Crumb("0", "Nation", "nation", ("dpr",)), Crumb("P1", "North", "province", ("dpr",)))
    assert units["V1"].path == (*regency.path, Crumb("R1", "Hill", "regency"))
    assert [child.id for child in regency.children] == ["V1", "V2"]

    station = units["V1-2"]
    assert isinstance(station, Station)
    assert (station.kind, station.name, station.registered) == ("TPS", "TPS 2", None)
    assert station.parents == (Parent("local", "V1"),)
    assert units["V1"].children == (  # type: ignore[union-attr]  # V1 is a region
        Child("V1-1", "TPS 1", "local", 1, 250, "TPS"),
        Child("V1-2", "TPS 2", "local", 1, None, "TPS"),
    )
    president, parliament = files.election.contests
    assert president.parents_of(regency) == ("P1",)
    assert parliament.parents_of(regency) == ("D1",)
    assert not parliament.covers(nation)


def test_the_way_up_links_where_there_is_a_page_and_nowhere_else(folder: Path) -> None:
    files = read_election(folder)
    pages = {page.path: page for page in zero_pages(files.election, files.units)}
    links: dict[str, list[str | None]] = {}
    for path, page in pages.items():
        document = json.loads(page.bodies.get("identity") or gzip.decompress(page.bodies["gzip"]))
        if "path" in document:
            links[path] = [crumb["link"] for crumb in document["path"]]

    prefix = "/v1/elections/demo-2029/contests"
    assert links[f"{prefix}/dpr/stations/V1-1"] == [None, None, f"{prefix}/dpr/regions/R1", f"{prefix}/dpr/regions/V1"]
    assert {link for ways in links.values() for link in ways if link} <= set(pages)
    assert all(None not in ways for path, ways in links.items() if "/ppwp/" in path)


def test_regions_come_from_the_top_down_and_before_the_stations(folder: Path) -> None:
    regions("R1,regency,Hill,region:P1 dapil:D1\n", "")(folder)
    regions("V1,village", "R1,regency,Hill,region:P1 dapil:D1\nV1,village")(folder)
    ids = [unit.id for unit in read_election(folder).units]
    assert ids.index("P1") < ids.index("R1") < ids.index("V2") < ids.index("V1-1")


def test_stations_of_one_village_share_what_they_have_in_common(folder: Path) -> None:
    first, second = (unit for unit in read_election(folder).units if unit.id in ("V1-1", "V1-2"))
    assert first.parents is second.parents
    assert first.ancestors is second.ancestors
    assert first.path is second.path


def test_the_digest_names_the_content_and_not_its_packing(folder: Path) -> None:
    plain = read_election(folder).election.digest
    for name in ("regions.csv", "stations.csv"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    assert read_election(folder).election.digest == plain
    frame('"Demo"', '"Demo 2"')(folder)
    assert read_election(folder).election.digest != plain


def test_columns_may_stand_in_any_order_and_lines_may_end_as_in_windows(folder: Path) -> None:
    write("regions.csv", REGIONS.replace("\n", "\r\n").encode())(folder)
    rows = [line.split(",") for line in STATIONS.splitlines()]
    (folder / "stations.csv").write_text("\n".join(",".join(reversed(row)) for row in rows), encoding="utf-8")
    assert len(read_election(folder).units) == 9


FAULTS: dict[str, tuple[Plant, list[str]]] = {
    # election.json
    "no JSON": (frame('"name": "Demo",', '"name": "Demo"'), ["election.json:4: is not JSON: expected ',' or '}'"]),
    "not an object": (write("election.json", b"[]"), ["election.json:1: must be an object"]),
    "a member twice": (frame('"name": "Demo",', '"name": "Demo",\n  "id": "demo-2030",'), ["election.json:4: id: is there twice"]),
    "a member of nobody's": (frame('"licence"', '"license"'), [
        "election.json:1: licence: is missing", "election.json:6: license: is not a member",
    ]),
    "a bad id": (frame('"demo-2029"', '"demo 2029"'), ["election.json:2: id: must be an id"]),
    "a number for a name": (frame('"Demo"', "7"), ["election.json:3: name: must be"]),
    "an empty name": (frame('"Demo"', '""'), ["election.json:3: name: must be 1 to 500"]),
    "a control character": (frame('"Demo"', r'"De\u0007mo"'), ["election.json:3: name: must be 1 to 500 printable"]),
    "a blank at the end": (frame('"Demo"', '"Demo "'), ["election.json:3: name: must not begin or end with a space"]),
    "no date": (frame("2029-04-17", "20290417"), ["election.json:4: held_on: must be a date"]),
    "a colon in a hierarchy": (frame('"local", "region", "dapil"]', '"local", "region", "dapil", "x:y"]'), [
        "election.json:8: hierarchies[3]: must not contain ':'",
    ]),
    "a level twice": (frame('"nation", "province"', '"nation", "nation", "province"'), [
        "election.json:9: levels[1]: 'nation' is listed twice",
    ]),
    "levels that are translated wrongly": (
        frame('"contests": [', '"levels_as": {"provinse": "state",\n "nation": "land"},\n "contests": ['), [
            "election.json:10: levels_as.provinse: 'provinse' is not one of the election's levels",
            "election.json:11: levels_as.nation: must be one of ballot-batch, ",
        ],
    ),
    "levels translated by a list": (frame('"contests": [', '"levels_as": ["state"],\n "contests": ['), [
        'election.json:10: levels_as: must be an object: { "province": "state"',
    ]),
    "no contests": (write("election.json", json.dumps({**json.loads(FRAME), "contests": []}, indent=0).encode()), ["election.json:20: contests: must be a list of 1"]),
    "two contests of one id": (frame('"id": "dpr"', '"id": "ppwp"'), ["election.json:23: contests[1].id: 'ppwp' is listed twice"]),
    "a contest's hierarchy unknown": (frame('"hierarchies": ["local", "dapil"]', '"hierarchies": ["local", "dapi"]'), [
        "election.json:25: contests[1].hierarchies[1]: 'dapi' is not one",
    ]),
    "a root unknown": (frame('"roots": ["0"]', '"roots": ["0", "9"]'), ["election.json:15: contests[0].roots[1]: '9' is no region"]),
    "a figure unknown": (frame('["valid"]', '["valid",\n "vaild"]'), ["election.json:28: contests[1].fields[1]: 'vaild' is not a figure"]),
    "an option twice": (frame('{"id": "22"', '{"id": "21"'), ["election.json:19: contests[0].options[1].id: '21' is listed twice"]),
    "a ballot number twice": (frame('"02"', '"01"'), ["election.json:19: contests[0].options[1].number: '01' is the number"]),
    "an option's parent unknown": (frame('"parent": "p1"', '"parent": "p9"'), [
        "election.json:30: contests[1].options[1].parent: 'p9' is not an option",
    ]),
    "options nested twice": (frame('"name": "Other"', '"name": "Other", "parent": "p1-1"'), [
        "election.json:31: contests[1].options[2].parent: 'p1-1' has a parent itself",
    ]),
    "an option that is its own parent": (frame('"name": "Other"', '"name": "Other", "parent": "p2"'), [
        "election.json:31: contests[1].options[2].parent: is the option itself",
    ]),
    "a root below a root": (frame('"roots": ["0"]', '"roots": ["0", "P1"]'), [
        "election.json:15: contests[0].roots[1]: 'P1' lies below another root, '0'",
    ]),
    # The files themselves
    "a file missing": (lambda folder: (folder / "regions.csv").unlink(), ["regions.csv:1: is missing"]),
    "a file twice": (write("regions.csv.gz", gzip.compress(b"")), ["regions.csv:1: is there twice"]),
    "a broken gzip": (broken_gzip, ["regions.csv.gz:1: cannot be read"]),
    "an empty file": (write("stations.csv", b""), [
        *(f"stations.csv:1: has no column {column!r}" for column in ("id", "kind", "name", "parents", "registered")),
    ]),
    "not UTF-8": (write("regions.csv", REGIONS.replace("Hill,region", "H\xefll,region").encode("latin-1")), [
        "regions.csv:5: is not UTF-8: byte 0xef at column 13",
    ]),
    "UTF-16": (write("stations.csv", STATIONS.encode("utf-16")), ["stations.csv:1: is UTF-16: save it as UTF-8"]),
    "a byte order mark": (write("regions.csv", b"\xef\xbb\xbf" + REGIONS.encode()), ["regions.csv:1: begins with a byte order mark"]),
    "a column missing": (regions("id,level,name,parents", "id,level,name,parent"), [
        "regions.csv:1: has an unknown column 'parent'", "regions.csv:1: has no column 'parents'",
    ]),
    "a column twice": (stations("id,kind,name", "id,id,kind,name"), ["stations.csv:1: has the column 'id' twice"]),
    # Rows
    "too few values": (regions("P1,province,North,region:0", "P1,province,North"), [
        "regions.csv:3: has 3 values instead of 4", "regions.csv:5: parents: 'P1' is no region",
    ]),
    "an open quote": (stations("TPS 2,", '"TPS 2,'), ["stations.csv:3: is not CSV"]),
    "a blank line": (stations("V1-2", "\nV1-2"), ["stations.csv:3: has 1 values instead of 5"]),
    "a region's bad id": (regions("V2,village", "V/2,village"), [
        "regions.csv:7: id: 'V/2' must be an id", "stations.csv:4: parents: 'V2' is no region",
    ]),
    "a reserved id": (stations("V2-1", "-"), ["stations.csv:4: id: '-' is reserved"]),
    "a station without a name": (stations("V2-1,TPS,TPS 1", "V2-1,TPS,"), ["stations.csv:4: name: must be 1 to 500"]),
    "a control character in a name": (regions("Lower Hill", "Lower\x08Hill"), ["regions.csv:7: name: must be 1 to 500 printable"]),
    "a lone carriage return": (regions("Lower Hill", "Lower\rHill"), ["regions.csv:7: name: must be 1 to 500 printable"]),
    "voters that are no number": (stations("250", "250.0"), ["stations.csv:2: registered: '250.0' must be a whole number"]),
    "negative voters": (stations("250", "-1"), ["stations.csv:2: registered: '-1' must be a whole number"]),
    "voters in other digits": (stations("250", "٢٥٠"), ["stations.csv:2: registered: '٢٥٠' must be a whole number"]),
    "a level unknown": (regions("V2,village", "V2,vilage"), ["regions.csv:7: level: 'vilage' is not one of the election's levels"]),
    "parents without a hierarchy": (regions("V2,village,Lower Hill,local:R1", "V2,village,Lower Hill,R1"), [
        "regions.csv:7: parents: 'R1' must be of the form hierarchy:unit",
    ]),
    "two spaces between parents": (regions("region:P1 dapil:D1", "region:P1  dapil:D1"), ["regions.csv:5: parents: '' must be of the form"]),
    "one parent twice": (regions("region:P1 dapil:D1", "region:P1 region:P1"), ["regions.csv:5: parents: names the same parent twice"]),
    "a hierarchy unknown": (regions("region:0", "regio:0"), ["regions.csv:3: parents: 'regio' is not one of the election's hierarchies"]),
    "a region's parent unknown": (regions("region:0", "region:00"), ["regions.csv:3: parents: '00' is no region"]),
    "a station's parent unknown": (stations("local:V2", "local:V3"), ["stations.csv:4: parents: 'V3' is no region"]),
    "a station as parent": (stations("V2-1,TPS,TPS 1,local:V2", "V2-1,TPS,TPS 1,local:V1-1"), [
        "stations.csv:4: parents: 'V1-1' is a polling station, which has no units below it",
    ]),
    "a region twice": (regions("V2,village", "V1,village"), [
        "regions.csv:7: id: 'V1' is taken by the region of line 6", "stations.csv:4: parents: 'V2' is no region",
    ]),
    "a station twice": (stations("V1-2", "V1-1"), ["stations.csv:3: id: 'V1-1' is taken by the station of line 2"]),
    "a station named as a region": (stations("V1-2", "V1"), ["stations.csv:3: id: 'V1' is taken by the region of line 6"]),
    # The network
    "a circle": (regions("0,nation,Nation,", "0,nation,Nation,local:R1"), ["regions.csv:2: parents: is its own ancestor: 0 → R1 → P1 → 0"]),
    "its own parent": (regions("D1,dapil,North I,", "D1,dapil,North I,dapil:D1"), ["regions.csv:4: parents: is its own ancestor: D1 → D1"]),
    "regions beside stations": (stations("V2-1,TPS,TPS 1,local:V2", "V2-1,TPS,TPS 1,local:R1"), [
        "regions.csv:5: id: 'R1' holds both regions and polling stations",
    ]),
    "a station counted twice": (stations("V2-1,TPS,TPS 1,local:V2", "V2-1,TPS,TPS 1,local:V2 local:V1"), [
        "stations.csv:4: parents: leads to region 'R1' by two ways in contest 'dpr'",
        "stations.csv:4: parents: leads to region 'R1' by two ways in contest 'ppwp'",
    ]),
    "a region counted twice": (regions("V2,village,Lower Hill,local:R1", "V2,village,Lower Hill,local:R1 region:P1"), [
        "regions.csv:7: parents: leads to region 'P1' by two ways in contest 'ppwp'",
    ]),
    "one parent by two hierarchies": (regions("V2,village,Lower Hill,local:R1", "V2,village,Lower Hill,local:R1 region:R1"), [
        "regions.csv:7: parents: leads to region 'R1' by two ways in contest 'ppwp'",
    ]),
    "a region with nothing below": (regions("V2,village", "V9,village,Empty,local:R1\nV2,village"), [
        "regions.csv:7: id: 'V9' has no polling station below it",
    ]),
    "an orphan": (regions("V2,village,Lower Hill,local:R1", "V2,village,Lower Hill,"), [
        "regions.csv:7: parents: 'V2' has no parents and is no contest's root",
        "stations.csv:4: parents: leads to no root: it votes in no contest",
    ]),
    "a station without a parent": (stations("V2-1,TPS,TPS 1,local:V2", "V2-1,TPS,TPS 1,"), [
        "regions.csv:7: id: 'V2' has no polling station below it",
        "stations.csv:4: parents: a polling station needs a parent",
    ]),
    "a way that ends beside the root": (frame('"hierarchies": ["local", "dapil"]', '"hierarchies": ["local", "dapil", "region"]'), [
        "regions.csv:3: parents: numbers of 'R1' in contest 'dpr' flow into 'P1', from which no way leads to a root",
    ]),
    "stations that never arrive": (regions("V2,village,Lower Hill,local:R1", "V2,village,Lower Hill,region:R1"), [
        "regions.csv:4: id: 3 polling stations lie below 'D1', but in contest 'dpr' 2 arrive",
        "regions.csv:5: id: 3 polling stations lie below 'R1', but in contest 'dpr' 2 arrive",
    ]),
}  # fmt: skip


@pytest.mark.parametrize(("plant", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found_at_its_line(folder: Path, plant: Plant, expected: list[str]) -> None:
    plant(folder)
    found = findings(folder)
    assert len(found) == len(expected), "\n".join(found)
    for finding, beginning in zip(found, sorted(expected), strict=True):
        assert finding.startswith(beginning)


def test_the_example_in_the_documentation_is_a_good_folder(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "election-files.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:json|csv)\n(.*?)```", text, re.DOTALL)
    blocks = [block for block in blocks if not block.startswith('"')]  # one shows a member alone
    for name, block in zip(("election.json", "regions.csv", "stations.csv"), blocks, strict=True):
        (tmp_path / name).write_text(block, encoding="utf-8")
    files = read_election(tmp_path)
    assert [contest.key.contest for contest in files.election.contests] == ["ppwp", "dpr"]
    assert dict(files.election.levels_as)["province"] == "state"
    assert len(files.units) == 9


def test_every_finding_is_listed_and_the_folder_refused_whole(folder: Path) -> None:
    frame("2029-04-17", "tomorrow")(folder)
    regions("V2,village", "V2,vilage")(folder)
    stations("250", "many")(folder)
    stations("300", "few")(folder)
    assert findings(folder) == [
        "election.json:4: held_on: must be a date of the form 2019-04-17",
        "regions.csv:7: level: 'vilage' is not one of the election's levels",
        "stations.csv:2: registered: 'many' must be a whole number from 0 to 999999999, or empty where it is unknown",
        "stations.csv:4: registered: 'few' must be a whole number from 0 to 999999999, or empty where it is unknown",
    ]


def test_one_mistyped_line_is_not_reported_a_thousand_times(folder: Path) -> None:
    regions("R1,regency,Hill,region:P1 dapil:D1", "R1,regency,Hill,region:P1 dapil:D2")(folder)
    assert findings(folder) == ["regions.csv:5: parents: 'D2' is no region"]
