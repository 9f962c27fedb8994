"""The officials of a province, when the system does not take a form: they say which and why, and nobody goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from realcount.cli.replay.arrivals import in_order
from realcount.cli.replay.field import Field, appoint, key_records
from realcount.cli.situng2019 import Situng2019, SourceStation
from realcount.domain.errors import Unavailable
from realcount.domain.official import APPROVER, SUBMITTER
from realcount.officials.sending import Sender

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def stations(data: Path) -> list[SourceStation]:
    return in_order(Situng2019(data).stations({"4", "5", "8"}))


def field(answer: Answer) -> Field:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Field(Sender("http://machine", http), appoint(["1"]), lambda village: "1")


def api(upload: dict[str, object], reviews: list[bytes]) -> Answer:
    """The API as far as officials see it; every upload ends as `upload` says."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=upload)
        if request.url.path == "/v1/uploads":
            return httpx.Response(201, json={"upload": "u1", "files": []})
        reviews.append(request.content)
        return httpx.Response(201, json={})

    return answer


def at_once(station: SourceStation) -> float:
    return 0.0


def test_every_accepted_form_is_approved_by_the_second_official(stations: list[SourceStation]) -> None:
    reviews: list[bytes] = []
    filed: list[None] = []
    field(api({"state": "accepted", "refusals": []}, reviews)).run(stations, at_once, lambda: filed.append(None))
    assert len(filed) == len(stations) == 6
    signed = [json.loads(review.split(b"\n")[0]) for review in reviews]
    assert {statement["station"] for statement in signed} == {station.id for station in stations}
    assert {statement["key"] for statement in signed} == {f"{APPROVER}:1"}


def test_a_rejected_form_ends_the_night_with_the_reason(stations: list[SourceStation]) -> None:
    reviews: list[bytes] = []
    rejected = {"state": "rejected", "refusals": [{"code": "bad-image"}]}
    with pytest.raises(Unavailable, match=r"the form of station 900000007 was rejected: .*bad-image"):
        field(api(rejected, reviews)).run(stations[:1], at_once, lambda: None)
    assert reviews == []


def test_an_api_that_does_not_answer_ends_the_night(stations: list[SourceStation]) -> None:
    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    asked: list[str] = []
    with pytest.raises(Unavailable, match="did not get through: connection refused"):
        field(gone).run(stations * 50, at_once, lambda: asked.append("filed"))
    assert asked == []


def test_a_form_is_not_begun_before_it_is_due(stations: list[SourceStation]) -> None:
    begun: list[float] = []
    answer = api({"state": "accepted", "refusals": []}, [])

    def watched(request: httpx.Request) -> httpx.Response:
        begun.append(time.monotonic())
        return answer(request)

    due = time.monotonic() + 0.2
    field(watched).run(stations[:2], lambda station: due, lambda: None)
    assert min(begun) >= due


def test_officials_are_different_persons_with_keys_for_their_region_alone() -> None:
    records = list(key_records(appoint(["2", "6"])))
    assert len({record.id for record in records}) == len({record.holder for record in records}) == 4
    assert {(record.regions, record.role) for record in records} == {
        (region, role) for region in (("2",), ("6",)) for role in (SUBMITTER, APPROVER)
    }
    assert list(key_records(appoint(["2", "6"]))) == records
