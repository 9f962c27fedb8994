"""Reports of NIST SP 1500-100: the numbers of the sealed totals, references that hold, JSON and XML that say the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from realcount.domain.election import Region
from realcount.domain.errors import Drift
from realcount.rendering.bulk.index import NEWEST_KEPT
from realcount.rendering.nist import xml
from realcount.rendering.nist.references import faults_of
from realcount.rendering.nist.report import id_of
from realcount.usecases import export_nist as module
from tests import small_election as small
from tests.export_office import Dying, Office, eventful
from tests.sealed_night import elections
from tests.small_election import DPR, DPRD, PPWP


@pytest.fixture
def office() -> Office:
    return eventful()


def counts(report: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """By unit, the votes of each option and the invalid ones."""
    (election,) = report["Election"]
    (contest,) = election["Contest"]
    found: dict[str, list[int]] = {}
    for selection in contest["ContestSelection"]:
        for count in selection.get("VoteCounts", ()):
            assert count["Type"] == "total"
            found.setdefault(count["GpUnitId"].removeprefix("unit-"), []).append(count["Count"])
    for ballots in election.get("BallotCounts", ()):
        found[ballots["GpUnitId"].removeprefix("unit-")].append(ballots["BallotsRejected"])
    return {unit: tuple(numbers) for unit, numbers in found.items()}


def units(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {unit["@id"].removeprefix("unit-"): unit for unit in report["GpUnit"]}


def test_there_is_a_summary_for_each_upper_region_and_a_report_of_stations_for_each_part(office: Office) -> None:
    done = office.report()
    assert (len(done.contests), done.behind, done.failed) == (3, 0, {})
    assert list(office.reports()) == [
        *(f"summary-contest {region}" for region in ("N", "P1", "V1", "V2", "P2", "V3")),
        *(f"precinct-level {region}" for region in ("V1", "V2", "V3")),
    ]
    page = office.page(name="nist")
    assert [report["region"] for report in page["reports"]] == ["N"]
    series = [(r["SequenceStart"], r["SequenceEnd"]) for r, _ in office.reports().values()]
    assert series == [*((i, 6) for i in range(1, 7)), *((i, 3) for i in range(1, 4))]


def test_numbers_are_those_of_the_files_and_of_the_sealed_totals(office: Office) -> None:
    office.report()
    office.export()
    for of in (PPWP, DPR, DPRD):
        options = [option.id for option in small.contest(of).options]
        stations = {row["station"]: row for row in office.rows("stations.csv.gz", of)}
        regions = {row["region"]: row for row in office.rows("regions.csv.gz", of)}
        met: dict[str, tuple[int, ...]] = {}
        for name, (report, _) in office.reports(of).items():
            for unit, numbers in counts(report).items():
                if unit in regions:
                    row = regions[unit]
                    expected = [row[f"votes.{option}"] for option in options] + [row["invalid"]]
                else:
                    row = stations[unit]
                    expected = [row[f"votes.{option}"] for option in options] + [row["figures.invalid"]]
                    if name.startswith("precinct"):
                        assert unit not in met, "a station is in two reports"
                        met[unit] = numbers
                assert list(map(str, numbers)) == [number for number in expected if number], (name, unit)
        assert set(met) == {station for station, row in stations.items() if row["version"]}
        (total,) = [total for total in office.page(of)["totals"] if total["region"] == "N"]
        nation = counts(office.reports(of)["summary-contest N"][0])["N"]
        assert nation == (*total["votes"].values(), total["invalid"])
        assert office.page(of)["size"] == office.page(of, "nist")["size"]


def test_a_part_has_its_stations_below_their_regions_and_the_way_up(office: Office) -> None:
    office.report()
    report = office.reports()["precinct-level V1"][0]
    found = units(report)
    assert [*found] == ["N", "P1", "V1", "S1", "S2", "S3"]
    assert found["P1"]["ComposingGpUnitIds"] == ["unit-V1"]
    assert found["V1"]["ComposingGpUnitIds"] == ["unit-S1", "unit-S2", "unit-S3"]
    assert {found[s]["Type"] for s in ("S1", "S2", "S3")} == {"polling-place"}
    assert found["S1"]["CountStatus"][0]["Status"] == "completed"
    assert found["S1"]["VotersRegistered"] == 300
    assert set(counts(report)) == {"S1"}, "nothing is known of the others, and no sum is among the stations"
    assert report["Status"] == "unofficial-partial"


def test_a_level_is_what_the_elections_files_say_it_is(office: Office) -> None:
    office.report()
    nation = units(office.reports()["summary-contest N"][0])
    assert (nation["N"]["Type"], nation["N"]["OtherType"]) == ("other", "nation")
    told = eventful()
    told.election = replace(small.election(), levels_as=(("nation", "country"), ("province", "state")))
    told.report()
    nation = units(told.reports()["summary-contest N"][0])
    assert (nation["N"]["Type"], nation["P1"]["Type"]) == ("country", "state")
    assert "OtherType" not in nation["N"]


def test_times_have_no_fraction_and_the_log_is_named(office: Office) -> None:
    office.report()
    for report, _ in office.reports().values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", report["GeneratedDate"])
        assert report["ExternalIdentifier"][0]["Value"] == str(office.page(name="nist")["size"])
        assert "BallotsRejected are the invalid votes" in report["Notes"]


def test_xml_says_what_json_says(office: Office) -> None:
    office.report()
    for of in (PPWP, DPR, DPRD):
        for name, (report, as_xml) in office.reports(of).items():
            assert plain(ElementTree.fromstring(as_xml)) == expected("ElectionReport", report), name


def plain(element: ElementTree.Element) -> Any:
    """Tag, attributes, text, and children in any order of tags, but in their own order below one tag."""
    attributes = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    children = sorted((plain(child) for child in element), key=lambda child: child[0])
    return element.tag.rpartition("}")[2], attributes, "" if children else element.text or "", children


def expected(tag: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return tag, {}, str(value), []
    class_ = value["@type"].removeprefix("ElectionResults.")
    if class_ == "LanguageString":
        return tag, {"Language": value["Language"]}, value["Content"], []
    attributes = {"ObjectId": value["@id"]} if "@id" in value else {}
    if class_ in ("CandidateContest", "CandidateSelection", "ReportingUnit"):
        attributes["type"] = class_
    return tag, attributes, "", sorted(below(value), key=lambda child: child[0])


def below(value: dict[str, Any]) -> Iterator[Any]:
    for name, member in value.items():
        if name.startswith("@"):
            continue
        if isinstance(member, list) and isinstance(member[0], str):
            yield name, {}, " ".join(member), []
        else:
            for one in member if isinstance(member, list) else [member]:
                yield expected(name, one)


def test_hostile_names_stay_text(office: Office) -> None:
    name = "</Content><x>&amp;]]>\u202e\u0007" + "n" * 480
    stored = type(elections())()
    stored.begin(small.election())
    for unit in small.units():
        if isinstance(unit, Region):
            children = tuple(replace(child, name=name) for child in unit.children)
            stored.put_units([replace(unit, name=name, children=children)])
    stored.complete(small.election())
    office.report(elections=stored)
    for _, as_xml in office.reports().values():
        for content in ElementTree.fromstring(as_xml).iter(f"{{{xml.NAMESPACE}}}GpUnit"):
            (text,) = content.iter(f"{{{xml.NAMESPACE}}}Text")
            assert text.text == name.replace("\u0007", "\ufffd")


def test_an_id_of_ours_is_one_that_xml_takes_and_no_two_become_one() -> None:
    assert id_of("unit", "0:1.-_") == "unit-0·1.-_"
    assert id_of("unit", "01") != id_of("unit", "0:1")


# ---- what is written again, and what stays ----------------------------------------------------------------------------


def test_only_reports_whose_numbers_moved_are_written_again_and_the_index_says_where_each_is(office: Office) -> None:
    office.report()
    first = {(r["region"], r["format"]): r for r in office.index(name="nist")["reports"]}
    assert office.report().contests == []
    office.night.approve(PPWP, "S6", (5, 7))
    office.night.seal()
    office.night.totals()
    done = office.report()
    assert done.contests == [PPWP]
    second = {(r["region"], r["format"]): r for r in office.index(name="nist")["reports"]}
    moved = {place for place, report in second.items() if report != first[place]}
    # S1 and S2 moved as well: their forms came after the totals of the first run.
    assert ("V2", "precinct-level") not in moved
    assert moved == {
        *((region, "summary-contest") for region in ("N", "P1", "V1", "P2", "V3")),
        *((region, "precinct-level") for region in ("V1", "V3")),
    }
    assert done.reports == len(moved)
    sizes = {report["size"] for report in second.values()}
    assert sizes == {office.page(name="nist")["size"], office.page(DPR, "nist")["size"]}
    for report in second.values():
        for file in report["files"]:
            assert file["path"].split("/")[4] == str(report["size"])


def led_to(office: Office) -> None:
    """Whatever a page leads to is there, as it says, and was not let go."""
    for of in (PPWP, DPR, DPRD):
        page = office.page(of, "nist")
        for index in (page["index"]["path"], *(entry["index"] for entry in page["older"])):
            assert index not in office.bulk.gone
            for report in json.loads(office.bulk.files[index][0])["reports"]:
                for file in report["files"]:
                    assert hashlib.sha256(office.bulk.files[file["path"]][0]).hexdigest() == file["sha256"]
                    assert file["path"] not in office.bulk.gone


def test_files_that_no_index_names_are_let_go_and_those_of_an_old_folder_that_one_does_stay() -> None:
    office = Office()
    for number in range(NEWEST_KEPT + 4):
        office.night.approve(PPWP, "S1", (number, 1))
        office.night.seal()
        office.night.totals()
        office.report()
    led_to(office)
    assert office.bulk.gone
    never_moved = [r for r in office.index(name="nist")["reports"] if r["region"] == "V3"]
    oldest = min(int(path.split("/")[4]) for path in office.bulk.gone)
    assert {report["size"] for report in never_moved} == {oldest}, "its folder is gone, and it is not"


@pytest.mark.parametrize("landed", [False, True], ids=["lost", "landed"])
def test_whoever_dies_between_two_writes_leaves_whole_files_behind_and_the_next_run_ends_alike(landed: bool) -> None:
    def before() -> Office:
        office = Office()
        office.report()
        office.night.approve(PPWP, "S6", (150, 120))
        office.night.seal()
        office.night.totals()
        return office

    def through(office: Office, dying: Dying) -> None:
        office.report(
            bulk=dying.port(office.bulk, "write", "finish", "let_go"),
            copies=dying.port(office.copies, "keep"),
            pages=dying.port(office.pages, "put"),
        )

    clean, count = before(), Dying(-1, landed)
    through(clean, count)
    assert count.seen > 8
    for at in range(count.seen):
        office = before()
        was = office.page(name="nist")
        through(office, Dying(at, landed))
        led_to(office)
        assert office.page(name="nist") in (was, clean.page(name="nist"))
        office.report()
        assert (office.bulk.files, office.page(name="nist")) == (clean.bulk.files, clean.page(name="nist")), at


def test_the_same_log_gives_the_same_bytes(office: Office) -> None:
    office.report()
    again = Office()
    again.night.log = office.night.log
    again.report()
    assert again.bulk.files == office.bulk.files


# ---- what is not published --------------------------------------------------------------------------------------------


def test_a_reference_to_nothing_is_found(office: Office) -> None:
    office.report()
    report = office.reports()["precinct-level V1"][0]
    assert faults_of(report) == []
    report["GpUnit"][2]["ComposingGpUnitIds"].append("unit-S9")
    report["Election"][0]["ElectionScopeId"] = "candidate-01"
    report["GpUnit"].append(dict(report["GpUnit"][0]))
    assert faults_of(report) == [
        "unit-N is there twice",
        "ElectionScopeId names candidate-01, which is Candidate",
        "ComposingGpUnitIds names unit-S9, which is not there",
    ]


def test_a_report_that_is_not_whole_is_not_published(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "summary_units", lambda *_: [])
    done = office.report()
    assert isinstance(done.failed[PPWP], Drift) and "names unit-N" in str(done.failed[PPWP])
    assert office.bulk.files == {} and office.pages.get("/v1/elections/e19/contests/ppwp/nist") is None


def test_a_log_that_is_not_whole_is_not_exported(office: Office) -> None:
    for path in [path for path in office.night.log.files if path.startswith("tile/entries/")]:
        del office.night.log.files[path]
    with pytest.raises(Drift, match="tile/entries/000"):
        office.report()
    assert office.bulk.writes == 0


def test_a_member_without_a_place_in_the_schemas_sequence_is_an_error(office: Office) -> None:
    office.report()
    report = office.reports()["summary-contest N"][0]
    report["IsTest"] = True
    with pytest.raises(ValueError, match="IsTest"):
        xml.report_xml(report)
