"""A crawler of 2019 against this system: from the list of provinces down to every station of Kalimantan Utara, real forms.

Takes a minute or two. Needs the files of 2019 in ../shared/data, or REALCOUNT_DATA.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realcount.cli.replay.arrivals import in_order, with_times
from realcount.cli.situng2019 import Situng2019, SourceRegion
from realcount.cli.situng2019_election import write_election
from tests.cli.real_2019 import real_2019
from tests.shapes.stage import Stage
from tests.shapes.strict import SITUNG_PLACES, faults, situng_region, situng_station

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(900)]

KALTARA = "928068"
OPTIONS = ("21", "22")


@pytest.fixture(scope="module")
def source() -> Situng2019:
    return Situng2019(real_2019())


@pytest.fixture(scope="module")
def stage(source: Situng2019, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Kalimantan Utara with all its forms, in the order in which they came."""
    folder = tmp_path_factory.mktemp("crawl") / "election"
    write_election(source, folder, KALTARA)
    stage = Stage(folder)
    for station, now in with_times(in_order(source.stations(source.regions(KALTARA)))):
        form = station.form
        assert form is not None
        figures = {"voters.total": form.voters, "valid": form.valid, "invalid": form.invalid}
        stage.file(station.id, now, {"21": form.votes_21, "22": form.votes_22}, figures)
    stage.publish()
    return stage


class Crawler:
    """Knows Situng, and nothing of this system."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.regions: dict[str, dict[str, Any]] = {}
        self.stations: dict[str, dict[str, Any]] = {}

    def get(self, path: str) -> Any:
        return self._stage.read(f"/static/json/{path}.json")

    def walk(self, *way: str) -> None:
        here = "/".join(way)
        below = self.get(f"wilayah/{here or '0'}")
        assert faults(below, SITUNG_PLACES) == []
        body = self.get(f"hhcw/ppwp/{here}" if way else "hhcw/ppwp")
        of_stations = len(way) == 4
        assert faults(body, situng_region(OPTIONS, of_stations)) == []
        assert list(body["table"]) == list(below)
        self.regions[way[-1] if way else "0"] = body
        for child in below:
            if not of_stations:
                self.walk(*way, child)
                continue
            station = self.get(f"hhcw/ppwp/{here}/{child}")
            assert faults(station, situng_station(OPTIONS)) == []
            assert body["table"][child] == (station["chart"] if station else dict.fromkeys(OPTIONS))
            self.stations[child] = station


@pytest.fixture(scope="module")
def crawled(stage: Stage) -> Crawler:
    crawler = Crawler(stage)
    crawler.walk()
    return crawler


def levels(source: Situng2019) -> Iterator[tuple[str, SourceRegion]]:
    yield from source.regions(KALTARA).items()


def test_every_station_is_found_and_the_bodies_sum_to_the_national_one(crawled: Crawler) -> None:
    assert len(crawled.stations) == 2_186
    assert all(name.isdigit() and len(name) == 9 for name in crawled.stations)
    chart: Counter[str] = Counter()
    for body in crawled.stations.values():
        chart.update(body["chart"])
    national = crawled.regions["0"]
    assert dict(chart) == national["chart"] == {"21": 247_352, "22": 105_498}
    assert national["progress"] == {"proses": 2_186, "total": 2_186}
    for member, count in (("suara_sah", 350_521), ("suara_tidak_sah", 6_978), ("pengguna_j", 358_655)):
        assert sum(body[member] for body in crawled.stations.values()) == count


def test_every_level_is_what_situng_published(crawled: Crawler, source: Situng2019) -> None:
    checked = 0
    for unit, region in levels(source):
        body = crawled.regions[unit]
        totals = region.totals
        assert body["chart"] == {"21": totals.votes_21, "22": totals.votes_22}, unit
        assert body["progress"] == {"proses": totals.approved, "total": totals.expected}, unit
        for option in OPTIONS:
            assert body["chart"][option] == sum(row[option] or 0 for row in body["table"].values()), unit
        checked += 1
    assert checked == 541


def test_the_numbers_are_those_of_our_own_pages(crawled: Crawler, stage: Stage) -> None:
    assert crawled.get("version")["version"] == crawled.regions["0"]["ts"]
    assert stage.ask("/static/json/hhcw/ppwp/1.json").status == 404


def test_known_ids_lie_where_the_rule_puts_them(source: Situng2019) -> None:
    """Two of the three ids that are known; the third, 900228437 of village 27718, lies 15 beside."""
    by_village: dict[str, list[int]] = {}
    for station in source.stations({"1501", "11966", "27718"}):
        by_village.setdefault(station.village, []).append(int(station.id))
    assert 900_003_213 in by_village["1501"]
    assert 900_052_080 in by_village["11966"]
    assert min(by_village["27718"]) - 900_228_437 == 15


def test_the_files_lie_beside_the_project_and_never_in_it(source: Situng2019) -> None:
    assert not source.folder.resolve().is_relative_to(Path(__file__).resolve().parents[2])
