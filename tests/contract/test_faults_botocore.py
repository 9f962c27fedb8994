"""The real adapters while the network misbehaves. Nothing is lost, nothing is counted twice, no fault is an answer."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from realcount.domain.election import ContestKey, Region
from realcount.domain.ledger import APPROVE, FormVersion
from realcount.evidence.signatures import CryptographyVerifier
from realcount.rendering.paths import region_path, station_path
from tests import small_election as stage
from tests.contract.election_day import ElectionDay
from tests.contract.engines import AWSStores
from tests.contract.log_checks import check_against_ledger
from tests.contract.weather import FAULTS, Weather

VERSIONS = 2
"""Per station and contest: 12 forms of each contest; one station sends another."""


@pytest.mark.parametrize(
    ("patient", "contests"),
    [
        pytest.param(False, (stage.PPWP, stage.DPR), id="one try"),
        # The SDK itself repeats a write that was done, and its condition then fails on our own work.
        pytest.param(True, (stage.DPRD,), id="three tries"),
    ],
)
def test_totals_equal_a_recount_whatever_the_network_did(
    ministack_url: str, weather: Weather, patient: bool, contests: tuple[ContestKey, ...]
) -> None:
    # A load is one long breath and starts over when anything fails: in the storm below it would never end.
    weather.share, weather.patient = 0.003, patient
    day = ElectionDay(weather.stores(ministack_url), contests, seed=7)
    day.open()
    weather.share = 0.015
    pairs = [(contest, station) for contest in contests for station in stage.STATIONS]
    for _ in range(VERSIONS):
        day.chance.shuffle(pairs)
        for contest, station in pairs:
            day.send(contest, station)
            if day.chance.random() < 0.3:
                day.deliver()
    day.deliver()
    day.send(*pairs[0])
    day.lose_triggers()
    in_the_storm = [day.sweep() for _ in range(2)]

    weather.share = 0.0
    after = day.sweep()
    assert after[1] == 0
    assert sum(repairs for repairs, _ in (*in_the_storm, after)) > 0, "triggers were lost, so something was behind"
    assert day.sweep() == (0, 0), "a sweep that got everywhere leaves nothing to repair"
    assert all(weather.struck[fault] > 5 for fault in FAULTS), weather.struck
    assert day.unavailable > 5
    verify = CryptographyVerifier().verify
    assert check_against_ledger(day.stores.log, day.stores.forms, list(day.sent), verify) > 0
    for contest in contests:
        for station in stage.STATIONS:
            history = day.stores.forms.history(contest, station)
            assert [version.form.version for version, _ in history] == list(range(1, day.sent[contest, station] + 1))
            assert all(review is not None for _, review in history)
        for region in stage.REGIONS:
            if stage.contest(contest).covers(stage.region(region)):
                _check_region(day.stores, contest, stage.region(region))


def _check_region(stores: AWSStores, contest: ContestKey, region: Region) -> None:
    expected = _recount(stores, contest, region)
    for parent in stage.contest(contest).parents_of(region):
        row = stores.tallies.row(contest, parent, region.id)
        assert row is not None, (contest, region.id)
        assert (row.sv, row.votes, row.valid, row.invalid, row.voters) == expected, (contest, region.id)
    page = _page(stores, region_path(contest, region.id))
    found = (
        page["edition"],
        tuple(page["votes"].values()),
        page["valid"],
        page["invalid"],
        page["voters"],
    )
    assert found == expected, (contest, region.id)
    if region.holds == "stations":
        for child in region.children:
            edition, votes, *_ = _of_station(stores, contest, child.id)
            page = _page(stores, station_path(contest, child.id))
            assert (page["edition"], tuple(page["votes"].values())) == (edition, votes)


def _recount(stores: AWSStores, contest: ContestKey, region: Region) -> tuple[object, ...]:
    """Edition, votes, valid, invalid and voters of a region, from the forms below it and nothing else."""
    below = [
        _of_station(stores, contest, child.id)
        if region.holds == "stations"
        else _recount(stores, contest, stage.region(child.id))
        for child in region.children_in(stage.contest(contest))
    ]
    sums = [sum(numbers) for numbers in zip(*[(e, *votes, v, i, w) for e, votes, v, i, w in below], strict=True)]
    return sums[0], tuple(sums[1:-3]), *sums[-3:]


def _of_station(stores: AWSStores, contest: ContestKey, station: str) -> tuple[object, ...]:
    history = stores.forms.history(contest, station)
    counted: FormVersion | None = None
    for version, review in history:
        if review is not None and review.decision == APPROVE:
            counted = version
    edition = (
        len(history) + sum(review is not None for _, review in history) + len(stores.forms.seals(contest, station))
    )
    form = counted.form if counted is not None else None
    votes = tuple((form.votes if form else {}).get(option, 0) for option in stage.contest(contest).option_ids())
    figures = form.figures if form else {}
    return edition, votes, figures.get("valid", 0), figures.get("invalid", 0), figures.get("voters.total", 0)


def _page(stores: AWSStores, path: str) -> dict[str, Any]:
    page = stores.pages.get(path)
    assert page is not None, path
    body = page.bodies.get("identity") or gzip.decompress(page.bodies["gzip"])
    document: dict[str, Any] = json.loads(body)
    return document
