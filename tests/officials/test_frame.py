"""What is kept for work without a line: written by a real reader from pages over HTTP, and never with other keys afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realcount.client.patience import Patience
from realcount.client.reading import Reader
from realcount.domain.errors import Drift, NotFound
from realcount.officials.frame import Frames, is_practice
from realcount.officials.waiting import waiting_at, waiting_below
from tests.client.server import Said, Server, json_body, serving
from tests.functions.night import Night

REGIONS = "/v1/elections/e19/contests/ppwp/regions"


@pytest.fixture
def night() -> Night:
    night = Night()
    night.submit()
    night.settle()
    return night


@pytest.fixture
def server(night: Night) -> Iterator[Server]:
    with serving() as server:
        for path in sorted(night.pages._pages):
            answer = night.http("read_results", "GET", path)
            server.says(path, Said(answer.status, answer.body))
        yield server


def log_page(night: Night, server: Server, **changed: Any) -> None:
    path = "/v1/elections/e19/log"
    server.says(path, json_body({**night.read(path), **changed}))


def reader(server: Server) -> Reader:
    return Reader(server.base, patience=Patience(tries=1))


def test_a_frame_holds_what_checks_need(night: Night, server: Server, tmp_path: Path) -> None:
    frames = Frames(tmp_path)
    with reader(server) as asked:
        frame = frames.fetch_regions(asked, frames.fetch(asked, None, "ppwp"), ["P1"], lambda done: None)
    again = Frames(tmp_path).find("e19", None)
    assert again is not None and again.said == frame.said
    assert set(frame.said["stations"]) == {"S1", "S2", "S3", "S4", "S5"}
    station = frame.station("S1")
    assert station is not None and (station["registered"], station["above"]) == (300, ["N", "P1", "V1"])
    assert frame.contest().option_ids() == ("01", "02")
    assert frame.practice
    assert frame.station("S6") is None
    with reader(server) as asked:
        assert frames.fetch_station(asked, frame, "S6").station("S6") is not None
        with pytest.raises(NotFound):
            frames.fetch_station(asked, frame, "S7")


def test_other_keys_than_were_seen_first_are_drift(night: Night, server: Server, tmp_path: Path) -> None:
    frames = Frames(tmp_path)
    with reader(server) as asked:
        frames.fetch(asked, "e19", "ppwp")
        log_page(night, server, receipts_key="first+key")
        assert frames.fetch(asked, "e19", "ppwp").said["receipts_key"] == "first+key"
    log_page(night, server, receipts_key="other+key")
    with reader(server) as asked, pytest.raises(Drift, match="ANOTHER receipts_key"):
        frames.fetch(asked, "e19", "ppwp")


def test_what_waits_is_found_by_the_numbers_of_regions(night: Night, server: Server) -> None:
    with reader(server) as asked:
        (one,) = waiting_below(asked, f"{REGIONS}/N", everywhere=False)
    assert (one.station, one.version["version"], one.age(night.now)) == ("S1", 1, 0)
    assert one.where == "Region N / Region P1 / Region V1"
    assert not server.asked(f"{REGIONS}/P2"), "nobody looks where nothing waits"
    with reader(server) as asked:
        assert len(list(waiting_below(asked, f"{REGIONS}/N", everywhere=True))) == 1
    assert server.asked(f"{REGIONS}/P2")


def test_what_was_decided_does_not_wait(night: Night) -> None:
    assert waiting_at(night.read("/v1/elections/e19/contests/ppwp/stations/S1")) is not None
    night.approve()
    night.settle()
    assert waiting_at(night.read("/v1/elections/e19/contests/ppwp/stations/S1")) is None


@pytest.mark.parametrize(
    ("label", "practice"),
    [
        ("SIMULATION", True),
        ("Gladi bersih", True),
        ("Latihan KPPS", True),
        ("not the official result", False),
        ("Bukan hasil resmi", False),
    ],
)
def test_practice_is_known_by_the_label(label: str, practice: bool) -> None:
    assert is_practice(label) is practice
