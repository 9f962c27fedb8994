"""Races in the shape of AP's Elections API: what clients of it ask, and the answers they know how to read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realcount.usecases import read_races
from tests.functions.night import Night, Reply, region_path

DATE = "/v3/elections/2019-04-17"
RACES = ["e19/ppwp", "e19/dpr/N", "e19/dpr/D1", "e19/dpr/D2", "e19/dprd/N", "e19/dprd/W1"]
STATIONS = ("S1", "S2", "S3", "S4", "S5", "S6")


def get(night: Night, path: str = DATE, query: str = "", **headers: str) -> Reply:
    return night.http("read_races", "GET", path, query=query, **headers)


def follow(night: Night, link: str) -> Reply:
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc) == ("https", "count.example")
    return get(night, parts.path, unquote(parts.query))


def count(night: Night, *stations: str) -> None:
    for station in stations:
        night.submit(at=station)
        night.approve(station)
    night.settle()


def ids(document: dict[str, Any]) -> list[str]:
    return [race["raceID"] for race in document["races"]]


def test_the_list_has_the_dates_on_which_there_are_races(night: Night) -> None:
    reply = get(night, "/v3/elections")
    assert reply.status == 200
    assert reply.json == {
        "elections": [
            {
                "electionDate": "2019-04-17",
                "testResults": True,
                "liveResults": False,
                "links": [{"rel": "results", "href": "https://count.example/v3/elections/2019-04-17"}],
            }
        ]
    }


def test_a_race_is_a_contest_in_one_of_its_roots(night: Night) -> None:
    assert ids(get(night).json) == RACES
    races = {race["raceID"]: race for race in get(night).json["races"]}
    assert races["e19/ppwp"]["national"] and "seatName" not in races["e19/ppwp"]
    assert not races["e19/dpr/D1"]["national"] and races["e19/dpr/D1"]["seatName"] == "Region D1"


def test_its_numbers_are_those_of_the_page_at_the_same_edition(night: Night) -> None:
    count(night, "S1", "S4", "S6")
    page = night.read(region_path("N"))
    (race,) = get(night, query="level=ru&raceID=e19/ppwp").json["races"]
    assert race["edition"] == page["edition"]
    assert race["lastUpdated"] == page["updated_at"]
    for unit, numbers in zip(race["reportingUnits"], [page, *page["children"]], strict=True):
        assert {one["candidateID"].rpartition("/")[2]: one["voteCount"] for one in unit["candidates"]} == numbers[
            "votes"
        ]
        assert unit["precinctsReporting"] == numbers["stations"]["approved"]
        assert unit["precinctsTotal"] == numbers["stations"]["expected"]
        assert unit["electorate"] == numbers["registered"]
        assert unit["statePostal"] == "US"
    assert race["reportingUnits"][0]["precinctsReportingPct"] == 50.0
    assert [unit["level"] for unit in race["reportingUnits"]] == ["state", "subunit", "subunit"]


@pytest.mark.parametrize(("level", "named"), [("district", "district"), ("fipscode", "FIPSCode"), ("RU", "subunit")])
def test_finer_levels_are_the_same_units_by_other_names(night: Night, level: str, named: str) -> None:
    (race,) = get(night, query=f"LEVEL={level}&raceid=e19/ppwp").json["races"]
    assert [unit["level"] for unit in race["reportingUnits"]] == ["state", named, named]


def test_by_itself_a_race_has_its_root_alone(night: Night) -> None:
    for query in ("", "level=state", "format=json&apikey=secret&_=1", "level="):
        assert [len(race["reportingUnits"]) for race in get(night, query=query).json["races"]] == [1] * len(RACES)


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("officeID=ppwp", RACES[:1]),
        ("officeID=dpr,dprd", RACES[1:]),
        ("raceID=e19/dpr/D1,e19/dprd/W1", ["e19/dpr/D1", "e19/dprd/W1"]),
        ("raceID=none", []),
        ("statePostal=US", RACES),
        ("statePostal=PA,CA", []),
        ("national=true", ["e19/ppwp", "e19/dpr/N", "e19/dprd/N"]),
        ("national=False", ["e19/dpr/D1", "e19/dpr/D2", "e19/dprd/W1"]),
        ("test=True", RACES),
        ("test=False", RACES),
    ],
)
def test_races_can_be_chosen(night: Night, query: str, chosen: list[str]) -> None:
    assert ids(get(night, query=query).json) == chosen


def test_zeros_and_names_alone_can_be_asked_for(night: Night) -> None:
    count(night, "S1")
    (race,) = get(night, query="officeID=ppwp&setzerocounts=true&level=ru").json["races"]
    for unit in race["reportingUnits"]:
        assert (unit["precinctsReporting"], unit["precinctsReportingPct"]) == (0, 0)
        assert {one["voteCount"] for one in unit["candidates"]} == {0}
    (race,) = get(night, query="officeID=ppwp&omitResults=true&level=ru").json["races"]
    assert "reportingUnits" not in race
    assert [one["last"] for one in race["candidates"]] == ["Pair One", "Pair Two"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("level=county", "level"),
        ("format=xml", "format"),
        ("statePostal=ID4", "statePostal"),
        ("test=maybe", "test"),
        ("setzerocounts=1", "setzerocounts"),
        ("national=US", "national"),
        ("omitResults=no", "omitResults"),
        ("minDateTime=yesterday", "minDateTime"),
        ("minDateTime=0001-01-01T00:00:00%2b99:00", "minDateTime"),
        ("minDateTime=2019-04-17T12:00:00.000Z~zz~0~0", "minDateTime"),
    ],
)
def test_a_parameter_that_cannot_be_is_named_as_clients_of_ap_expect(night: Night, query: str, name: str) -> None:
    reply = get(night, query=query)
    assert (reply.status, reply.problem) == (400, "bad-parameter")
    assert reply.json["errorMessage"].startswith(f"Invalid value for parameter {name} ")
    assert [refusal["field"] for refusal in reply.json["refusals"]] == [name]
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("date", ["today", "2019-4-17", "20190417", "2019-02-30"])
def test_so_is_a_date_that_is_none(night: Night, date: str) -> None:
    reply = get(night, f"/v3/elections/{date}")
    assert (reply.status, reply.json["refusals"][0]["field"]) == (400, "electionDate")


def test_a_date_without_an_election_and_other_addresses_are_not_there(night: Night) -> None:
    for path in ("/v3/elections/2019-04-18", "/v3/reports", "/v3/elections/2019-04-17/more"):
        assert (get(night, path).status, get(night, path).problem) == (404, "not-found")


def test_other_methods_and_long_addresses_are_refused_as_ap_does(night: Night) -> None:
    reply = night.http("read_races", "POST", DATE, b"{}")
    assert (reply.status, reply.problem, reply.headers["allow"]) == (405, "method-not-allowed", "GET, HEAD, OPTIONS")
    at_most = "raceID=" + "x" * (6_000 - len(DATE) - len("?raceID="))
    assert get(night, query=at_most).status == 200
    reply = get(night, query=at_most + "x")
    assert (reply.status, reply.problem) == (414, "uri-too-long")


def test_whoever_has_it_gets_304_and_after_a_form_the_new_numbers(night: Night) -> None:
    first = get(night, query="level=ru", accept_encoding="gzip")
    again = get(night, query="level=ru", accept_encoding="gzip", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    count(night, "S1")
    news = get(night, query="level=ru", if_none_match=first.headers["etag"])
    assert news.status == 200
    assert news.headers["cache-control"].startswith("public, max-age=5,")


def test_the_next_request_has_only_what_changed_and_with_no_news_only_the_next_link(night: Night) -> None:
    first = get(night, query="level=ru").json
    nothing = follow(night, first["nextrequest"])
    assert (nothing.status, set(nothing.json)) == (200, {"nextrequest"})
    assert follow(night, nothing.json["nextrequest"]).json == nothing.json
    count(night, "S1")
    news = follow(night, nothing.json["nextrequest"]).json
    assert (ids(news), news["isTruncated"]) == (["e19/ppwp"], False)
    assert len(news["races"][0]["reportingUnits"]) == 3, "the level is kept"
    assert set(follow(night, news["nextrequest"]).json) == {"nextrequest"}


def test_the_next_request_is_not_deceived_by_a_form_of_the_same_moment(night: Night) -> None:
    """The time of a page's latest change stays, as it is the later form's; its edition does not."""
    count(night, "S1")
    link = get(night, query="officeID=ppwp").json["nextrequest"]
    count(night, "S2")
    assert ids(follow(night, link).json) == ["e19/ppwp"]


def test_a_time_leaves_out_what_did_not_change_since(night: Night) -> None:
    count(night, "S1")
    assert ids(get(night, query="minDateTime=2019-04-17T11:59:59Z").json) == ["e19/ppwp"]
    assert set(get(night, query="minDateTime=2019-04-17T12:00:00Z").json) == {"nextrequest"}


def test_a_link_of_another_list_of_races_tells_everything_again(night: Night) -> None:
    link = get(night, query="officeID=ppwp").json["nextrequest"]
    assert ids(follow(night, link.replace("officeID=ppwp", "officeID=dpr")).json) == RACES[1:4]


@pytest.mark.parametrize("limit", ["RACES", "BYTES"])
def test_many_races_are_told_in_several_answers(night: Night, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(read_races, limit, {"RACES": 4, "BYTES": 1_000}[limit])
    told: list[str] = []
    document = get(night).json
    while document["isTruncated"]:
        told += ids(document)
        document = follow(night, document["nextrequest"]).json
    assert [*told, *ids(document)] == RACES
    while True:  # One round more: nothing is told twice.
        document = follow(night, document["nextrequest"]).json
        assert document.get("races", []) == []
        if not document.get("isTruncated"):
            break


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rounds=st.lists(st.lists(st.sampled_from(STATIONS), max_size=2), max_size=4), limit=st.integers(1, 8))
def test_whoever_follows_the_links_has_what_a_new_client_gets(rounds: list[list[str]], limit: int) -> None:
    night, counted, held = Night(), set[str](), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_races, "RACES", limit)
        document = get(night, query="level=ru").json
        for stations in [*rounds, [], []]:
            count(night, *(station for station in dict.fromkeys(stations) if station not in counted))
            counted |= set(stations)
            for _ in range(2 * len(RACES) + 2):
                held |= {race["raceID"]: race for race in document.get("races", [])}
                document = follow(night, document["nextrequest"]).json
        patch.setattr(read_races, "RACES", 60)
        everything = get(night, query="level=ru").json
    assert held == {race["raceID"]: race for race in everything["races"]}


def test_without_a_public_address_links_bear_the_name_that_was_asked(night: Night) -> None:
    night.adapters.public_url = "as-asked"
    assert get(night).json["nextrequest"].startswith("https://api.example.org/v3/elections/2019-04-17?")


def test_head_is_get_without_a_body(night: Night) -> None:
    head, full = night.http("read_races", "HEAD", DATE), get(night)
    assert (head.status, head.headers, head.body) == (full.status, full.headers, b"")
    assert json.loads(full.body)
