"""Which pages are rendered anew, once each, and which are left alone."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from realcount.domain.election import TOP, ContestKey
from realcount.domain.errors import NotFound, Unavailable
from realcount.domain.page import Page
from realcount.domain.tally import RowChange, Tally
from realcount.rendering.paths import region_path, station_path
from realcount.usecases.publish_results import ATTEMPTS, Published, publish_results, render
from tests.small_election import DUSK, NOON, PPWP, review_statement, signed
from tests.unit.usecases.office import Office


@pytest.fixture
def office() -> Office:
    """One approved form, rolled up to the nation, nothing published yet."""
    office = Office()
    office.submit()
    office.decide()
    office.seal()
    office.count()
    office.climb()
    return office


def publish(office: Office, *changes: tuple[str, str]) -> Published:
    return publish_results(
        [RowChange(PPWP, *change) for change in changes], elections=office.elections, forms=office.forms,
        tallies=office.tallies, editions=office.editions, copies=office.copies, pages=office.pages,
    )  # fmt: skip


def test_a_changed_row_is_a_station_and_the_region_above_it(office: Office) -> None:
    assert publish(office, ("V1", "S1")).stored == [station_path(PPWP, "S1"), region_path(PPWP, "V1")]


def test_a_page_is_rendered_once_however_many_triggers_there_are(office: Office) -> None:
    outcome = publish(office, ("P1", "V1"), ("N", "P1"), ("P1", "V1"), (TOP, "N"))
    assert outcome.stored == [region_path(PPWP, unit) for unit in ("V1", "P1", "N")]


def test_published_again_everything_is_current(office: Office) -> None:
    publish(office, ("V1", "S1"))
    assert publish(office, ("V1", "S1")) == Published(current=2)


def test_editions_are_kept_before_copies_copies_before_pages_and_the_rest_follows(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    keep_edition, keep, put = office.editions.keep, office.copies.keep, office.pages.put
    monkeypatch.setattr(
        office.editions, "keep", lambda page: (steps.append(f"edition {page.path}"), keep_edition(page))[1]
    )
    monkeypatch.setattr(office.copies, "keep", lambda page: (steps.append(f"copy {page.path}"), keep(page))[1])
    monkeypatch.setattr(office.pages, "put", lambda page: (steps.append(f"page {page.path}"), put(page))[1])
    publish(office, ("V1", "S1"))
    station, village = station_path(PPWP, "S1"), region_path(PPWP, "V1")
    assert steps == [
        *(f"copy {station}", f"page {station}"),
        *(f"edition {village}", f"copy {village}", f"page {village}", f"page {village}/changes", f"page {village}/now"),
    ]


def test_a_copy_that_cannot_be_kept_leaves_the_page_as_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(page: Page) -> None:
        if page.path == station_path(PPWP, "S1"):
            raise Unavailable("no answer")

    monkeypatch.setattr(office.copies, "keep", down)
    outcome = publish(office, ("V1", "S1"))
    assert outcome.stored == [region_path(PPWP, "V1")]
    assert list(outcome.failed) == [(PPWP, "S1")]
    assert office.pages.editions([station_path(PPWP, "S1")])[station_path(PPWP, "S1")][0] == 0


def test_several_at_once_come_to_the_same_as_one_after_another(office: Office) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcome = publish_results(
            [RowChange(PPWP, *change) for change in (("V1", "S1"), ("P1", "V1"), ("N", "P1"), ("nowhere", "S1"))],
            elections=office.elections, forms=office.forms, tallies=office.tallies, editions=office.editions, copies=office.copies,
            pages=office.pages, each=pool.map,
        )  # fmt: skip
    assert outcome.stored == [station_path(PPWP, "S1"), *(region_path(PPWP, unit) for unit in ("V1", "P1", "N"))]
    assert list(outcome.failed) == [(PPWP, "nowhere")]


def test_since_when_the_news_waited(office: Office) -> None:
    """Of the pages that show something new, the one whose news are oldest."""
    office.submit(at="S2")
    head = office.forms.head(PPWP, "S2")
    assert head is not None
    office.review(signed(review_statement(1, head.latest_hash, PPWP, "S2", signed_at=DUSK)), now=DUSK)
    office.count(at="S2")
    assert publish(office, ("V1", "S2")).since == DUSK, "the village's latest news are those of S2"
    assert publish(office, ("V1", "S1")).since == NOON
    assert publish(office, ("V1", "S1")).since is None


def test_one_failure_does_not_keep_the_other_pages(office: Office) -> None:
    outcome = publish(office, ("nowhere", "S1"))
    assert outcome.stored == [station_path(PPWP, "S1")]
    assert isinstance(outcome.failed[PPWP, "nowhere"], NotFound)


def test_a_contest_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound, match="no contest e19/mayor"):
        render(ContestKey("e19", "mayor"), "N", elections=office.elections, forms=office.forms, tallies=office.tallies)


def test_rows_that_change_between_two_looks_are_looked_at_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else this page, of a higher edition, could lack a form that a lower edition showed."""
    before = office.tallies.children(PPWP, "V1")
    looks = iter([{}, before, before])
    monkeypatch.setattr(office.tallies, "children", lambda contest, region: next(looks))
    page = render(PPWP, "V1", elections=office.elections, forms=office.forms, tallies=office.tallies)
    assert page.edition == 3


def test_rows_that_never_hold_still_are_left_to_the_next_trigger(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = office.tallies.children(PPWP, "V1")["S1"]
    looks: list[int] = []

    def moving(contest: ContestKey, region: str) -> Mapping[str, Tally]:
        looks.append(len(looks))
        return {"S1": replace(row, sv=len(looks))}

    monkeypatch.setattr(office.tallies, "children", moving)
    with pytest.raises(Unavailable, match="changed during each of"):
        render(PPWP, "V1", elections=office.elections, forms=office.forms, tallies=office.tallies)
    assert len(looks) == ATTEMPTS + 1
