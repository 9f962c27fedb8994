"""The feeds are Atom by RFC 4287, hold the newest of what happened, and survive hostile names."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from realcount.domain.instants import from_instant
from realcount.domain.milestones import Milestone
from realcount.domain.page import Page
from realcount.edge.codings import body_in
from realcount.rendering.corrections import CorrectionList, corrections_page
from realcount.rendering.feed import ATOM_MEDIA, ENTRIES, feed_page
from realcount.rendering.milestones import milestones_page
from realcount.rendering.paths import FEEDS
from realcount.usecases.write_feeds import write_feeds
from tests.small_election import DPR, PPWP, contest, election, region
from tests.unit.usecases.office import Office
from tests.unit.usecases.test_list_corrections import run, step

ATOM = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"
URL = "https://count.example"
TAG = re.compile(r"tag:[a-z0-9-]+(\.[a-z0-9-]+)*,[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?:[A-Za-z0-9._~:@!$&'()*+,;=/?%-]*")
"""RFC 4151, section 2.1."""


def write(office: Office, of: object = PPWP) -> int:
    return write_feeds(
        election(), contest(of), copies=office.copies, pages=office.pages, public_url=URL, origin="Count.Example/2019"
    )  # type: ignore[arg-type]


def parsed(page: Page | None) -> ElementTree.Element:
    """The feed, if it keeps every MUST of RFC 4287 that a feed of ours can break."""
    assert page is not None and page.media == ATOM_MEDIA
    feed = ElementTree.fromstring(body_in("identity", page.bodies))
    assert feed.tag == f"{ATOM}feed"
    assert feed.get(f"{XML}lang") in ("id", "en")
    entries = feed.findall(f"{ATOM}entry")
    for one in (feed, *entries):
        for name in ("id", "title", "updated"):
            (found,) = one.findall(f"{ATOM}{name}")
            assert found.text
        assert from_instant(one.findtext(f"{ATOM}updated") or "")
        assert TAG.fullmatch(one.findtext(f"{ATOM}id") or "")
        links = [(link.get("rel"), link.get("type"), link.get("href")) for link in one.findall(f"{ATOM}link")]
        assert len({(rel, media) for rel, media, _ in links}) == len(links)
        assert all(str(href).startswith(f"{URL}/v1/elections/") for _, _, href in links)
    assert {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}["self"] == URL + page.path
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None, "a feed has an author, or each entry has"
    ids = [one.findtext(f"{ATOM}id") for one in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    times = [one.findtext(f"{ATOM}updated") or "" for one in entries]
    assert times == sorted(times, reverse=True)
    assert not times or feed.findtext(f"{ATOM}updated") == times[0]
    return feed


def feeds(office: Office) -> dict[str, ElementTree.Element]:
    return {feed: parsed(office.pages.get(f"/v1/elections/e19/contests/ppwp/{feed}")) for feed in FEEDS}


def test_before_anything_happened_there_are_two_empty_feeds() -> None:
    office = Office()
    assert write(office) == 2
    assert write(office) == 0
    for feed in feeds(office).values():
        assert feed.findall(f"{ATOM}entry") == []
        assert feed.findtext(f"{ATOM}updated") == "2019-04-17T00:00:00.000Z"


def test_a_correction_is_told_in_two_languages() -> None:
    office = Office()
    step(office, PPWP, "S1", "form", votes=7)
    step(office, PPWP, "S1", "withdrawal", votes=3)
    run(office)
    write(office)
    told = {name: feed.find(f"{ATOM}entry") for name, feed in feeds(office).items()}
    texts = {name: (one.findtext(f"{ATOM}title"), one.findtext(f"{ATOM}content")) for name, one in told.items()}  # type: ignore[union-attr]
    assert texts == {
        "feed": (
            "Pencabutan: TPS S1, Region V1, Region P1, Region N",
            "Alasan: because of 3\nPair One: 7 → -\nPair Two: 7 → -",
        ),
        "feed.en": (
            "Withdrawal: TPS S1, Region V1, Region P1, Region N",
            "Reason: because of 3\nPair One: 7 → -\nPair Two: 7 → -",
        ),
    }
    assert told["feed"].findtext(f"{ATOM}id").startswith("tag:count.example,2019:e19/ppwp/feed/corrections/")  # type: ignore[union-attr]


def test_a_correction_below_two_roots_is_one_entry() -> None:
    office = Office()
    for kind in ("form", "correction"):
        step(office, DPR, "S1", kind)
    run(office)
    write(office, DPR)
    feed = parsed(office.pages.get("/v1/elections/e19/contests/dpr/feed"))
    assert len(feed.findall(f"{ATOM}entry")) == 1


def milestone(at: str, per_cent: int | None, kind: str = "share") -> Milestone:
    return Milestone(kind, "N", "Region N", per_cent, 3, 6, 12, at)


def test_milestones_and_corrections_stand_in_the_order_of_time_and_the_feed_follows() -> None:
    office = Office()
    first = [milestone("2019-04-17T11:00:00.000Z", None, "first-form"), milestone("2019-04-17T13:00:00.000Z", 50)]
    office.pages.put(milestones_page(contest(), region("N"), first, 1))
    for kind in ("form", "correction"):
        step(office, PPWP, "S1", kind)
    run(office)
    write(office)
    feed = feeds(office)["feed.en"]
    assert [one.findtext(f"{ATOM}title") for one in feed.findall(f"{ATOM}entry")] == [
        "50 % of the polling stations of Region N are counted",
        "Correction: TPS S1, Region V1, Region P1, Region N",
        "The first form of Region N is counted",
    ]
    assert write(office) == 0
    last = [*first, milestone("2019-04-17T14:00:00.000Z", None, "complete")]
    office.pages.put(milestones_page(contest(), region("N"), last, 2))
    assert write(office) == 2
    titles = [one.findtext(f"{ATOM}title") for one in feeds(office)["feed"].findall(f"{ATOM}entry")]
    assert titles[0] == "Semua 6 TPS di Region N telah dihitung"


def test_the_newest_fifty_are_told() -> None:
    many = [milestone(f"2019-04-17T13:{minute:02d}:00.000Z", minute + 1) for minute in range(55)]
    page = feed_page(election(), contest(), "feed", (), {"N": many}, edition=55, public_url=URL, origin="count.example")
    ids = [one.findtext(f"{ATOM}id") for one in parsed(page).findall(f"{ATOM}entry")]
    assert len(ids) == ENTRIES
    assert ids[0] == "tag:count.example,2019:e19/ppwp/feed/milestones/N/N/share/55"


HOSTILE = """]]></title><script>alert('1')</script>&amp;<!--"\x00\x0b\ud800\uffff\n\t– é \U0001f5f3"""


@pytest.mark.parametrize("language", FEEDS)
def test_hostile_names_are_text_and_nothing_else(language: str) -> None:
    of = replace(contest(), name=HOSTILE, options=tuple(replace(o, name=HOSTILE) for o in contest().options))
    frame = replace(election(), name=HOSTILE, label=HOSTILE, licence=HOSTILE, attribution=HOSTILE)
    version = {"votes": {"01": 1, "02": 2}, "valid": 3, "invalid": None, "voters": None, "sealed": 4, "version": 1}
    correction = {
        **{"sealed": 9, "kind": "correction", "reason": HOSTILE, "approved_at": "2019-04-17T12:00:00.000Z"},
        "station": {"name": HOSTILE, "path": [{"id": "N", "name": HOSTILE}], "link": "/v1/elections/e19/x"},
        **{"from": version, "to": {**version, "votes": None}},
    }
    named = replace(milestone("2019-04-17T13:00:00.000Z", 1), name=HOSTILE)
    page = feed_page(
        frame, of, language, [correction], {"N": [named]}, edition=2, public_url=URL, origin="count.example"
    )
    feed = parsed(page)
    assert {one.tag.removeprefix(ATOM) for one in feed.iter()} == {
        *("feed", "id", "title", "subtitle", "updated", "author", "name", "rights", "link", "entry", "published"),
        "content",
    }
    kept = HOSTILE.replace("\x00", "\ufffd").replace("\x0b", "\ufffd").replace("\ud800", "\ufffd").replace("\uffff", "\ufffd")  # fmt: skip
    assert feed.findtext(f"{ATOM}rights") == kept
    assert kept in (feed.findtext(f"{ATOM}title") or "")


def test_a_page_of_corrections_names_what_it_goes_on_in() -> None:
    lines = [{"sealed": i, "approved_at": "2019-04-17T12:00:00.000Z"} for i in range(100)]
    page = corrections_page(contest(), region("N"), CorrectionList(300, 2, tuple(lines)))
    assert page.link == '</v1/elections/e19/contests/ppwp/regions/N/corrections/2>; rel="next"'
