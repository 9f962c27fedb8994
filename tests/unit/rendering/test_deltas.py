"""`now` and `changes`, word for word, and where the window of changes stands; that both lead to the newest page, exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realcount.client.deltas import Resync, apply
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.rendering import encoding
from realcount.rendering.deltas import changes_page, is_upper, now_page, window
from realcount.rendering.encoding import body_of, document_of
from realcount.rendering.results import region_page
from tests.small_election import PPWP, contest, election, region

P1 = "/v1/elections/e19/contests/ppwp/regions/P1"


def at(minute: int) -> str:
    return f"2019-04-17T13:{minute:02}:00.000Z"


def page(v1: int, v2: int, minute: int) -> Page:
    """P1 after so many things have happened in each of its two villages."""
    rows = {
        name: Tally(sv, (10 * sv, sv), 11 * sv, 0, 11 * sv, 1, 1, 0, 0, at(minute))
        for name, sv in (("V1", v1), ("V2", v2))
        if sv
    }
    return region_page(election(), contest(PPWP), region("P1"), rows)


def follow(pages: list[Page], changes: Page | None = None) -> Page:
    """The changes after these pages were published one after another; the first is there already."""
    for before, new in zip([None, *pages], pages, strict=False):
        changes = step(new, before, changes, pages)
    assert changes is not None
    return changes


def step(new: Page, before: Page | None, changes: Page | None, kept: list[Page]) -> Page:
    told = window(new, changes, anew=before is not None and before.rendering != new.rendering)
    since = next((document_of(one) for one in kept if one.edition == told.since), None)
    return changes_page(new, document_of(new), since, told)


FIRST, SECOND, THIRD = page(0, 0, 0), page(2, 0, 1), page(2, 3, 2)


def test_now_word_for_word() -> None:
    now = now_page(SECOND, document_of(SECOND))
    assert document_of(now) == {
        "election": "e19",
        "contest": "ppwp",
        "region": "P1",
        "edition": 2,
        "updated_at": at(1),
        "stations": {"expected": 5, "received": 1, "approved": 1, "flagged": 0, "incomplete": 0},
        "links": {"page": P1, "changes": f"{P1}/changes", "history": f"{P1}/history"},
    }
    assert (now.path, now.edition, now.updated_at, now.max_age) == (f"{P1}/now", 2, at(1), SECOND.max_age)


def test_changes_word_for_word() -> None:
    changes = follow([FIRST, SECOND])
    shown = document_of(SECOND)
    assert document_of(changes) == {
        "election": "e19",
        "contest": "ppwp",
        "region": "P1",
        "from": 0,
        "to": 2,
        "from_at": None,
        "next": {"from": 2, "after": at(6)},
        "set": {
            "edition": 2,
            "updated_at": at(1),
            "votes": {"01": 20, "02": 2},
            "valid": 22,
            "invalid": 0,
            "voters": 22,
            "stations": shown["stations"],
            "example": None,
        },
        "children": [shown["children"][0]],
        "links": {"page": P1, "now": f"{P1}/now"},
    }
    assert (changes.path, changes.edition, changes.updated_at) == (f"{P1}/changes", 2, at(1))


def test_before_anything_happened_there_is_nothing_to_tell() -> None:
    first = document_of(follow([FIRST]))
    assert (first["from"], first["to"], first["from_at"], first["children"]) == (0, 0, None, [])
    assert first["next"] == {"from": 0, "after": None}


@pytest.mark.parametrize("held", [FIRST, SECOND, THIRD])
def test_every_page_of_the_window_leads_to_the_newest(held: Page) -> None:
    assert apply(body_of(held), body_of(follow([FIRST, SECOND, THIRD]))) == body_of(THIRD)


def test_changes_of_yesterday_leave_the_page_as_it_is() -> None:
    assert apply(body_of(THIRD), body_of(follow([FIRST, SECOND]))) == body_of(THIRD)


def test_names_are_not_escaped() -> None:
    """As json_page writes them; else the bytes would differ."""
    page_bytes = (
        '{"election":"e","contest":"c","edition":0,"region":{"id":"r","name":"Kā “Ō”"},"children":[]}\n'.encode()
    )
    changes = {
        "election": "e",
        "contest": "c",
        "region": "r",
        "from": 0,
        "to": 1,
        "set": {"edition": 1},
        "children": [],
    }
    assert apply(page_bytes, json.dumps(changes).encode()) == page_bytes.replace(b'"edition":0', b'"edition":1')


class TestResync:
    def test_a_page_older_than_the_window(self) -> None:
        pages = [FIRST, SECOND, THIRD, page(4, 3, 8), page(5, 3, 13)]
        changes = follow(pages)
        assert document_of(changes)["from"] == 2
        with pytest.raises(Resync, match="of edition 0, the changes begin at 2"):
            apply(body_of(FIRST), body_of(changes))
        for held in pages[1:]:
            assert apply(body_of(held), body_of(changes)) == body_of(pages[-1])

    def test_a_child_the_page_does_not_know(self) -> None:
        news = document_of(follow([FIRST, SECOND]))
        news["children"][0]["id"] = "V9"
        with pytest.raises(Resync, match="no child 'V9'"):
            apply(body_of(FIRST), json.dumps(news).encode())

    @pytest.mark.parametrize("member", ["election", "contest", "region"])
    def test_changes_of_another_page(self, member: str) -> None:
        news = {**document_of(follow([FIRST, SECOND])), member: "X"}
        with pytest.raises(ValueError, match="not those of this page"):
            apply(body_of(FIRST), json.dumps(news).encode())


class TestWindow:
    def spans(self, *minutes: int) -> list[tuple[int, int]]:
        """`from` and `to` after a page in each of these minutes."""
        pages = [FIRST, *(page(i + 1, 0, minute) for i, minute in enumerate(minutes))]
        found: list[tuple[int, int]] = []
        changes = None
        for before, new in zip([None, *pages], pages, strict=False):
            changes = step(new, before, changes, pages)
            document = document_of(changes)
            found.append((document["from"], document["to"]))
        return found[1:]

    def test_it_holds_whatever_was_the_newest_in_the_last_five_minutes(self) -> None:
        assert self.spans(1, 3, 6, 7, 12, 13) == [(0, 1), (0, 2), (0, 3), (1, 4), (1, 5), (4, 6)]

    def test_after_a_quiet_hour_the_last_page_is_still_in_it(self) -> None:
        assert self.spans(1, 2, 58) == [(0, 1), (0, 2), (1, 3)]

    def test_it_never_holds_more_than_what_changed_since(self) -> None:
        pages = [FIRST, page(1, 0, 1), page(1, 1, 2), page(1, 2, 7)]
        news = document_of(follow(pages))
        assert (news["from"], [child["id"] for child in news["children"]]) == (1, ["V2"])
        assert news["from_at"] == at(1)


class TestWhoPublishesMeanwhile:
    def test_a_comparison_with_an_older_page_tells_more_and_still_leads_to_the_newest(self) -> None:
        told = window(THIRD, follow([FIRST, SECOND]), anew=False)
        changes = changes_page(THIRD, document_of(THIRD), document_of(FIRST), told)
        for held in (FIRST, SECOND):
            assert apply(body_of(held), body_of(changes)) == body_of(THIRD)

    def test_without_the_page_it_was_to_be_held_against_everybody_reads_it_whole(self) -> None:
        told = window(THIRD, follow([FIRST, SECOND]), anew=False)
        changes = changes_page(THIRD, document_of(THIRD), None, told)
        with pytest.raises(Resync):
            apply(body_of(SECOND), body_of(changes))
        assert apply(body_of(THIRD), body_of(changes)) == body_of(THIRD)


def test_a_page_rendered_anew_begins_a_new_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two a reader of that edition holds, nobody knows: they read the next one whole."""
    told = follow([FIRST, SECOND])
    monkeypatch.setattr(encoding, "RENDERING", encoding.RENDERING + 1)
    again = page(2, 0, 1)
    changes = step(again, SECOND, told, [FIRST, SECOND])
    assert span(changes) == (3, 2)
    assert apply(body_of(SECOND), body_of(changes)) == body_of(SECOND)
    later = page(2, 3, 2)
    changes = step(later, again, changes, [FIRST, again, later])
    assert span(changes) == (3, 5)
    with pytest.raises(Resync):
        apply(body_of(SECOND), body_of(changes))
    last = page(4, 3, 3)
    assert apply(body_of(later), body_of(step(last, later, changes, [again, later, last]))) == body_of(last)


def span(changes: Page) -> tuple[Any, Any]:
    document = document_of(changes)
    return document["from"], document["to"]


def test_who_has_these_documents() -> None:
    assert [is_upper(region(name)) for name in ("N", "P1", "V1")] == [True, True, True]
