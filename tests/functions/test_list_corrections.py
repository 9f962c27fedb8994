"""On schedule corrections are listed and told of; one log that is not what it must be keeps no other's out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.functions.night import Night, region_path
from tests.functions.test_sweep_tally import SCHEDULED
from tests.small_election import ELECTION, PPWP, paper


@pytest.fixture
def corrected(night: Night) -> Night:
    night.submit()
    night.approve()
    night.seal("S1")
    head = night.forms.head(PPWP, "S1")
    assert head is not None
    second = night.form(
        votes={"01": 50, "02": 120}, figures=paper(50, 120, 5), kind="correction", version=2, prev=head.latest_hash,
        reason="a hundred too many", nonce="m" * 16,
    )  # fmt: skip
    night.submit(second, nonce="m" * 16)
    night.approve(nonce="m" * 16)
    night.seal("S1")
    night.settle()
    return night


def test_a_correction_is_in_every_list_above_and_in_the_feeds(
    corrected: Night, metrics: Callable[[], Mapping[str, float]]
) -> None:
    metrics()
    assert corrected.invoke("list_corrections", SCHEDULED) == {"corrections": 1, "left": 0, "failed": 0}
    assert metrics() == {"CorrectionsListed": 1, "EntriesLeft": 0, "Failed": 0, "Drift": 0}
    for region in ("V1", "P1", "N"):
        document = corrected.read(f"{region_path(region)}/corrections")
        [one] = document["corrections"]
        assert (document["count"], one["reason"]) == (1, "a hundred too many")
        assert (one["from"]["votes"]["01"], one["to"]["votes"]["01"]) == (150, 50)
        versions = corrected.read(one["station"]["link"])["versions"]
        assert [version["sealed"] for version in versions] == [one["from"]["sealed"], one["to"]["sealed"]]
    assert corrected.read(f"{region_path('P2')}/corrections")["corrections"] == []
    reply = corrected.http("read_results", "GET", f"/v1/elections/{ELECTION}/contests/ppwp/feed")
    assert reply.headers["content-type"] == "application/atom+xml"
    assert b"<title>Koreksi: TPS S1" in reply.body
    assert b"https://count.example/v1/elections/e19/contests/ppwp/stations/S1" in reply.body
    assert corrected.invoke("list_corrections", SCHEDULED)["corrections"] == 0


def test_a_log_that_is_not_what_it_was_is_for_a_person(
    corrected: Night, metrics: Callable[[], Mapping[str, float]], caplog: pytest.LogCaptureFixture
) -> None:
    log = corrected.logs.of(ELECTION)
    bundle = max(path for path in log.files if path.startswith("tile/entries/"))
    log.files[bundle] = log.files[bundle].replace(b'"01":150', b'"01":151')
    metrics()
    assert corrected.invoke("list_corrections", SCHEDULED)["failed"] == 1
    assert (metrics()["Drift"], "the corrections of e19 are not listed" in caplog.text) == (1, True)
