"""Each single write of curves, milestones, corrections and feeds, lost or done and reported as failed, and then tried again.

As tests/faults/test_fault_tables.py, on a night that is over: its log is read in bites, its pages come back edition by
edition. At the end every document must be the one that an undisturbed night leaves, down to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from realcount.domain.errors import Unavailable
from realcount.domain.instants import from_instant, to_instant
from realcount.domain.page import Page
from realcount.domain.tally import RowChange
from realcount.local.memory import MemoryCopies, MemoryPages
from realcount.rendering import corrections as rendering
from realcount.usecases.list_corrections import list_corrections
from realcount.usecases.publish_results import render
from realcount.usecases.record_history import record_history
from realcount.usecases.write_feeds import write_feeds
from tests.faults.test_fault_tables import Trouble, Troubled
from tests.small_election import DUSK, ELECTION, PPWP, contest, election
from tests.unit.usecases.office import Office
from tests.unit.usecases.test_list_corrections import step

URL = {"public_url": "https://count.example", "origin": "count.example"}
UPPER = ("V1", "V2", "V3", "P1", "P2", "N")
KINDS = (
    "form",
    "form",
    "correction",
    "withdrawal",
    "correction",
    "correction",
    "correction",
    "correction",
    "correction",
)
"""Stations S1 and S4 in turn."""


@pytest.fixture(scope="module", autouse=True)
def small_chunks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "CHUNK", 2)
        yield


class Over:
    """A night that is over: `stages` are the pages that were published, one stage after the other."""

    def __init__(self) -> None:
        self.office = Office()
        self.first = dict(self.office.pages._pages)
        self.stages: list[list[Page]] = []
        for number, kind in enumerate(KINDS):
            station, village = (("S1", "V1"), ("S4", "V2"))[number % 2]
            step(self.office, PPWP, station, kind, votes=number)
            self.office.count(PPWP, station)
            self.office.climb(PPWP)
            assert RowChange(PPWP, village, station)
            stores = {name: getattr(self.office, name) for name in ("elections", "forms", "tallies")}
            self.stages.append([render(PPWP, region, **stores) for region in UPPER])
        self.bite = self.office.log.head().edge.size // len(KINDS) + 1

    def told(self, trouble: Trouble) -> tuple[dict[str, Page], dict[str, Page]]:
        """All pages and copies at its end, an hour after the other: the night goes on past midnight."""
        pages, copies = MemoryPages(), MemoryCopies()
        pages._pages, copies._copies = dict(self.first), dict(self.first)
        ports: dict[str, Any] = {"copies": Troubled(copies, trouble), "pages": Troubled(pages, trouble)}
        for hour, stage in enumerate(self.stages):
            for page in stage:
                copies.keep(page)
                pages.put(page)
            now = to_instant(from_instant(DUSK) + timedelta(hours=hour))
            again(lambda: list_corrections(ELECTION, elections=self.office.elections, forms=self.office.forms, log=self.office.log, at_most=self.bite, **ports))  # fmt: skip
            again(lambda now=now: record_history(contest(PPWP), now, elections=self.office.elections, **ports))
            again(lambda: write_feeds(election(), contest(PPWP), **URL, **ports))
        return pages._pages, copies._copies


def again(run: Any) -> None:
    """The next minute comes, and the next tick of the same five minutes."""
    for _ in range(2):
        try:
            done = run()
        except Unavailable:
            continue
        if not getattr(done, "failed", None):
            return
    raise AssertionError("one fault cost more than one more call")


@pytest.fixture(scope="module")
def night(small_chunks: None) -> Over:
    return Over()


@pytest.fixture(scope="module")
def clean(night: Over) -> tuple[Trouble, tuple[dict[str, Page], dict[str, Page]]]:
    trouble = Trouble()
    return trouble, night.told(trouble)


def test_the_night_has_all_of_it(clean: Any) -> None:
    trouble, (pages, copies) = clean
    assert pages == copies
    kinds = {path.split("/N/")[-1] for path in pages if "/ppwp/" in path}
    assert {
        "history",
        "history/2019-04-17",
        "history/2019-04-18",
        "milestones",
        "corrections",
        "corrections/2",
    } <= kinds
    assert {"/v1/elections/e19/contests/ppwp/feed", "/v1/elections/e19/contests/ppwp/feed.en"} <= set(pages)
    assert 80 < len(trouble.seen) < 400


@pytest.mark.parametrize("how", ["lost", "landed"])
def test_a_write_that_fails_once_leaves_no_trace(night: Over, clean: Any, how: str) -> None:
    trouble, documents = clean
    for at, name in enumerate(trouble.seen):
        assert night.told(Trouble(at, how)) == documents, f"write {at}, {name}"
