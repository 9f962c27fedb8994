"""Rows that moved become pages, each rendered once, and readers see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from realcount.domain.election import TOP
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.domain.tally import RowChange
from realcount.rendering import encoding
from tests.functions.night import Night, failed, region_path, station_path, stream_event, tally_event
from tests.small_election import PPWP


@pytest.fixture
def counted(night: Night) -> Night:
    for station in ("S1", "S2"):
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
        night.approve(at=station)
    night.seal("S1", "S2")
    night.invoke("count_form", stream_event([("e19#ppwp#S1", "HEAD"), ("e19#ppwp#S2", "HEAD")], "forms"))
    return night


def test_a_batch_publishes_each_changed_station_and_its_region_once(
    counted: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    rows = [RowChange(PPWP, "V1", "S1"), RowChange(PPWP, "V1", "S2")] * 200
    assert failed(counted.invoke("publish_results", tally_event(rows))) == []
    assert metrics() == {"PagesPublished": 3, "PublishLag": 0, "TriggersUnreadable": 0, "Drift": 0, "Failed": 0}
    village = counted.read(region_path("V1"))
    assert (village["votes"], village["stations"]["approved"]) == ({"01": 300, "02": 240}, 2)
    assert counted.read(station_path("S1"))["counted_version"] == 1

    assert failed(counted.invoke("publish_results", tally_event(rows))) == []
    assert metrics() == {"PagesPublished": 0, "TriggersUnreadable": 0, "Drift": 0, "Failed": 0}


def test_the_row_of_a_root_publishes_the_root(counted: Night) -> None:
    counted.settle()
    assert failed(counted.invoke("publish_results", tally_event([RowChange(PPWP, TOP, "N")]))) == []
    assert counted.read(region_path("N"))["votes"] == {"01": 300, "02": 240}


def test_only_the_records_whose_page_failed_are_asked_for_again(
    counted: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    put = counted.pages.put

    def flaky(page: Page) -> bool:
        if page.path == station_path("S2"):
            raise Unavailable("throttled")
        return put(page)

    counted.pages.put = flaky  # type: ignore[method-assign]
    rows = [RowChange(PPWP, "V1", "S1"), RowChange(PPWP, "V1", "S2")]
    assert failed(counted.invoke("publish_results", tally_event(rows))) == ["101"]
    assert metrics() == {"PagesPublished": 2, "PublishLag": 0, "TriggersUnreadable": 0, "Drift": 0, "Failed": 1}

    counted.pages.put = lambda page: put(page) if page.path != region_path("V1") else flaky_region()  # type: ignore[method-assign]
    assert failed(counted.invoke("publish_results", tally_event(rows))) == ["100", "101"]


def flaky_region() -> bool:
    raise Unavailable("throttled")


def test_a_page_that_cannot_be_rendered_ever_is_not_tried_again(
    counted: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    assert failed(counted.invoke("publish_results", tally_event([RowChange(PPWP, "V9", "S9")]))) == []
    assert metrics()["Failed"] == 2


def test_the_lag_is_that_of_the_event_that_waited_longest(
    night: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    for station, at in (("S1", "2019-04-17T12:00:00.000Z"), ("S2", "2019-04-17T12:00:40.000Z")):
        night.now = at
        night.submit(at=station, nonce=f"{station}-nonce-16-long")
    night.invoke("count_form", stream_event([("e19#ppwp#S1", "HEAD"), ("e19#ppwp#S2", "HEAD")], "forms"))
    rows = tally_event([RowChange(PPWP, "V1", "S1"), RowChange(PPWP, "V1", "S2")])
    metrics()
    night.now = "2019-04-17T12:01:00.250Z"
    night.invoke("publish_results", rows)
    assert metrics()["PublishLag"] == 60_250, "the village shows both and is 20 s old; the page of S1 waited a minute"

    night.now = "2019-04-17T14:00:00.000Z"
    night.invoke("publish_results", rows)
    assert "PublishLag" not in metrics(), "triggers that come again show nothing new"


def test_a_page_rendered_anew_by_a_later_release_is_no_lag(
    counted: Night, metrics: Callable[[], Mapping[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tally_event([RowChange(PPWP, "V1", "S1")])
    counted.invoke("publish_results", rows)
    monkeypatch.setattr(encoding, "RENDERING", encoding.RENDERING + 1)
    metrics()
    counted.now = "2019-04-18T12:00:00.000Z"
    counted.invoke("publish_results", rows)
    sent = metrics()
    assert (sent["PagesPublished"], "PublishLag" in sent) == (2, False)


def test_without_its_copy_no_page_is_stored(counted: Night) -> None:
    """The stored page says that all of it is done; so the trigger must come again, and later the sweep."""
    keep = counted.copies.keep

    def down(page: Page) -> None:
        raise Unavailable("the bucket does not answer")

    counted.copies.keep = down  # type: ignore[method-assign]
    rows = [RowChange(PPWP, "V1", "S1")]
    assert failed(counted.invoke("publish_results", tally_event(rows))) == ["100"]
    assert counted.read(station_path("S1"))["counted_version"] is None

    counted.copies.keep = keep  # type: ignore[method-assign]
    assert failed(counted.invoke("publish_results", tally_event(rows))) == []
    assert counted.read(station_path("S1"))["counted_version"] == 1
    assert counted.copies.get(station_path("S1")) == counted.pages.get(station_path("S1"))


def test_from_form_to_the_nations_page_and_back_after_a_withdrawal(night: Night) -> None:
    night.submit()
    night.approve()
    night.settle()
    assert night.read(region_path("N"))["votes"] == {"01": 150, "02": 120}

    head = night.forms.head(PPWP, "S1")
    assert head is not None
    gone = night.form(
        kind="withdrawal", version=2, prev=head.latest_hash, reason="recount", scans=(), figures={}, votes={}
    )
    night.submit(gone, scans=(), nonce="withdrawal-nonce-16")
    night.approve(nonce="approval-of-the-withdrawal")
    night.settle()
    nation = night.read(region_path("N"))
    assert (nation["votes"], nation["stations"]["approved"]) == ({"01": 0, "02": 0}, 0)
    assert [version["kind"] for version in night.read(station_path("S1"))["versions"]] == ["form", "withdrawal"]
