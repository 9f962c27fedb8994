"""Reports of NIST SP 1500-100 against the official schemas, and every export against the others, with the forms of 2019.

The schemas are NIST's, and the forms are no part of this project: both are read beside it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from jsonschema import Draft4Validator, FormatChecker
from lxml import etree

from bench.log.papers import Papers
from realcount.cli.election_files import read_election
from realcount.cli.situng2019 import Situng2019
from realcount.cli.situng2019_election import CONTEST, write_election
from realcount.domain.election import Region
from realcount.domain.log.sealed_forms import form_entry
from realcount.domain.log.sealed_keys import registration_entry
from realcount.domain.log.snapshots import contest_entry, opening_entry
from realcount.domain.log.unit_lists import UNITS, list_digest, unit_list
from realcount.local.memory import KeptKey, MemoryElections, MemoryLog
from realcount.local.memory.log import MemorySeals
from realcount.rendering.nist.references import REFERENCES, faults_of
from realcount.rendering.nist.xml import SEQUENCES, report_xml
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.seal_totals import seal_totals
from realcount.usecases.zero_report import lay_down_zeros, zero_snapshots
from tests import small_election as small
from tests.cli.real_2019 import real_2019
from tests.export_office import Office, eventful
from tests.small_election import DPR, DPRD, PPWP

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1800)]

KALIMANTAN_UTARA = "928068"
NOW = "2019-05-21T00:00:00.000Z"
SIGNER = KeptKey(f"count.example/{CONTEST.election}", bytes(range(32)))


def schema(name: str) -> Path:
    folder = real_2019() / "nist"
    if not folder.is_dir():
        pytest.skip(f"NIST's schemas are not in {folder}")
    return folder / f"NIST_V2_election_results_reporting.{name}"


@cache
def validators() -> tuple[Draft4Validator, etree.XMLSchema]:
    rules = json.loads(schema("json").read_bytes())
    return Draft4Validator(rules, format_checker=FormatChecker()), etree.XMLSchema(etree.parse(schema("xsd")))


def require_valid(as_json: dict[str, Any], as_xml: bytes) -> None:
    json_schema, xml_schema = validators()
    assert [error.message for error in json_schema.iter_errors(as_json)][:3] == []
    document = etree.fromstring(as_xml)
    assert xml_schema.validate(document), str(xml_schema.error_log)[:1000]
    assert faults_of(as_json) == []
    assert dangling(document) == set()


def dangling(document: Any) -> set[str]:
    """What xsd:IDREF and xsd:IDREFS elements name and nothing is: libxml2 checks their form alone."""
    known = [element.get("ObjectId") for element in document.iter() if element.get("ObjectId") is not None]
    assert len(known) == len(set(known)), "an ObjectId is there twice"
    named = (element.text.split() for name in REFERENCES for element in document.iter(f"{{*}}{name}"))
    return {one for names in named for one in names} - set(known)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Every form of Kalimantan Utara in a log of its own, sealed and summed, and exported."""
    data = real_2019()
    folder = tmp_path_factory.mktemp("election") / "files"
    write_election(Situng2019(data), folder, KALIMANTAN_UTARA)
    files = read_election(folder)
    office = Office()
    office.election, office.night.log = files.election, MemoryLog()
    elections = MemoryElections()
    elections.begin(files.election)
    elections.put_units(files.units)
    elections.complete(files.election)
    fill(office.night.log, files.election, files.units, elections, data)
    ports = {"elections": elections, "key": SIGNER.key}
    assert office.export(**ports).failed == {}
    assert office.report(**ports).failed == {}
    return office


def fill(log: MemoryLog, election: Any, units: Any, elections: MemoryElections, data: Path) -> None:
    log.put_file(UNITS, b"".join(unit_list(units)))
    lay_down_zeros(election, units, log)
    opening = [opening_entry(election, list_digest(unit_list(units)), NOW)]
    opening += [contest_entry(contest, NOW) for contest in election.contests]
    pending = [Pending(entry, ("opening", str(i))) for i, entry in enumerate(opening)]
    pending += zero_snapshots(election, elections, log, len(opening), NOW)
    papers = Papers(data)
    inside = {unit.id for unit in units}
    papers._arrivals = [station for station in papers._arrivals if station.village in inside]
    forms = [form_entry(version, review) for version, review in papers.signed()]
    keys = [key for official in papers._officials.values() if (key := papers.keys.find(official.key_id))]
    pending += [Pending(registration_entry(key, NOW), ("key", key.id)) for key in keys]
    pending += [Pending(entry, ("form", str(i))) for i, entry in enumerate(forms)]
    for start in range(0, len(pending), 1_000):
        some = pending[start : start + 1_000]
        append_log(lambda some=some: some, log=log, seals=MemorySeals(), signer=SIGNER)
    seal_totals(election.id, NOW, elections=elections, log=log, signer=SIGNER, pause=lambda attempt: None)


def test_reports_of_2019_are_valid_for_nation_province_and_regency_down_to_the_stations(province: Office) -> None:
    reports = province.reports(CONTEST)
    levels = {f"{entry['format']} {entry['level']}" for entry in province.index(CONTEST, "nist")["reports"]}
    assert levels == {
        *("summary-contest nation", "summary-contest province", "summary-contest regency"),
        "precinct-level regency",
    }
    for as_json, as_xml in reports.values():
        require_valid(as_json, as_xml)
    stations = [
        unit
        for name, (report, _) in reports.items()
        if name.startswith("precinct")
        for unit in report["GpUnit"]
        if unit["Type"] == "polling-place"
    ]
    assert len(stations) == 2_186
    nation = reports["summary-contest 0"][0]
    assert [unit["Type"] for unit in nation["GpUnit"]] == ["country", "state"]
    regency = next(report for name, (report, _) in reports.items() if name.startswith("precinct"))
    assert {(unit["Type"], unit.get("OtherType")) for unit in regency["GpUnit"]} == {
        *(("country", None), ("state", None), ("county", None), ("other", "district"), ("village", None)),
        ("polling-place", None),
    }


def test_every_export_of_2019_comes_to_the_numbers_that_situng_published(province: Office) -> None:
    votes = {"21": 247_352, "22": 105_498}
    (total,) = province.page(CONTEST)["totals"]
    assert (total["votes"], total["valid"], total["invalid"]) == (votes, 350_521, 6_978)
    folder = province.page(CONTEST)["index"]["path"].rpartition("/")[0]
    rows = province.rows("stations.csv.gz", CONTEST)
    table = pyarrow.parquet.read_table(io.BytesIO(province.bulk.files[f"{folder}/stations.parquet"][0]))
    lines = gzip.decompress(province.bulk.files[f"{folder}/stations.ndjson.gz"][0]).splitlines()
    documents = [json.loads(line) for line in lines]
    assert len(rows) == table.num_rows == len(documents) == 2_186
    for option, count in votes.items():
        name = f"votes.{option}"
        assert sum(int(row[name] or 0) for row in rows) == count
        assert sum(number or 0 for number in table.column(name).to_pylist()) == count
        assert sum(document.get(name, 0) for document in documents) == count
    for series in ("JSON", "XML"):
        assert dict(stations_of(province, series)) == votes, series
    for region in province.rows("regions.csv.gz", CONTEST):
        if region["level"] == "province":
            assert (region["votes.21"], region["votes.22"], region["voters"]) == ("247352", "105498", "358655")
            assert region["stations.expected"] == "2186"


def stations_of(office: Office, series: str) -> dict[str, int]:
    """The votes of all stations in the reports of parts, added up from JSON or from XML."""
    found: dict[str, int] = defaultdict(int)
    for name, (as_json, as_xml) in office.reports(CONTEST).items():
        if name.startswith("precinct"):
            for option, count in from_json(as_json) if series == "JSON" else from_xml(as_xml):
                found[option] += count
    return found


def from_json(report: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for selection in report["Election"][0]["Contest"][0]["ContestSelection"]:
        for count in selection.get("VoteCounts", ()):
            yield selection["CandidateIds"][0].removeprefix("candidate-"), count["Count"]


def from_xml(report: bytes) -> Iterator[tuple[str, int]]:
    for selection in etree.fromstring(report).iter("{*}ContestSelection"):
        for count in selection.iter("{*}Count"):
            yield selection.findtext("{*}CandidateIds").removeprefix("candidate-"), int(count.text)


def test_reports_of_a_small_election_are_valid_with_nothing_something_and_everything_in_it() -> None:
    for office in (Office(), eventful()):
        office.election = replace(small.election(), levels_as=(("nation", "country"), ("ward", "ward")))
        office.report()
        for of in (PPWP, DPR, DPRD):
            for as_json, as_xml in office.reports(of).values():
                require_valid(as_json, as_xml)


def test_hostile_names_are_valid_too() -> None:
    office = eventful()
    name = '</Content><x a="&amp;">]]>\u202e ' + "ñ" * 450
    stored = MemoryElections()
    stored.begin(small.election())
    for unit in small.units():
        if isinstance(unit, Region):
            children = tuple(replace(child, name=name) for child in unit.children)
            stored.put_units([replace(unit, name=name, children=children)])
    stored.complete(small.election())
    office.report(elections=stored)
    for as_json, as_xml in office.reports().values():
        require_valid(as_json, as_xml)
        names = [text.text for text in etree.fromstring(as_xml).findall("{*}GpUnit/{*}Name/{*}Text")]
        assert set(names) == {name}


def test_the_schemas_find_what_is_not_valid() -> None:
    """Each of these was valid but for one thing: the checks above can fail."""
    office = eventful()
    office.report()
    json_schema, xml_schema = validators()
    report = office.reports()["summary-contest N"][0]
    for spoilt in (
        {**report, "GeneratedDate": "2019-04-17T18:00:00.000Z"},
        {**report, "Invented": 1},
        {name: value for name, value in report.items() if name != "SequenceEnd"},
    ):
        assert not json_schema.is_valid(spoilt)
    lost = {**report, "GpUnit": report["GpUnit"][1:]}
    assert dangling(etree.fromstring(report_xml(lost))) == {"unit-N"}
    order = {**SEQUENCES, "VoteCounts": ("Type", "GpUnitId", "Count")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("realcount.rendering.nist.xml.SEQUENCES", order)
        assert not xml_schema.validate(etree.fromstring(report_xml(report)))
    assert not xml_schema.validate(etree.fromstring(report_xml({**report, "Status": "final"})))


def test_the_rows_of_a_part_are_those_of_its_report(province: Office) -> None:
    index = province.index(CONTEST)
    for file in index["files"]:
        if "/regency/" not in file["path"]:
            continue
        region = file["path"].rpartition("/")[2].removesuffix(".csv.gz")
        data = gzip.decompress(province.bulk.files[file["path"]][0]).decode()
        rows = list(csv.DictReader(io.StringIO(data)))
        report = province.reports(CONTEST)[f"precinct-level {region}"][0]
        sums: dict[str, int] = defaultdict(int)
        for option, count in from_json(report):
            sums[option] += count
        assert {option: sum(int(row[f"votes.{option}"] or 0) for row in rows) for option in ("21", "22")} == sums
