"""Races in the shape of AP's Elections API: what clients of it ask, and the answers they know how to read."""

from __future__ import annotations

from tests.functions.night import Night


def get(night: Night, path: str, query: str = "", **headers: str):  # type: ignore[no-untyped-def]
    return night.http("read_races", "GET", path, query=query, **headers)


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
