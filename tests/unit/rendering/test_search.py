"""A document of the search, word for word, and in which order it shows what it found."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from realcount.domain.election import Region
from realcount.domain.page import Page
from realcount.rendering import search
from realcount.rendering.encoding import body_of, document_of
from realcount.rendering.paths import search_path
from realcount.rendering.search import search_pages
from tests.small_election import ELECTION, election, region, units

REGIONS = [unit for unit in units() if isinstance(unit, Region)]


def made(regions: list[Region]) -> dict[str, Page]:
    return {page.path: page for page in search_pages(election(), regions)}


def test_few_regions_are_one_document() -> None:
    [page] = made(REGIONS).values()
    assert (page.path, page.edition, page.max_age, page.link) == ("/v1/elections/e19/search", 0, 3_600, None)
    document = json.loads(body_of(page))
    assert [match["id"] for match in document["matches"]] == ["N", "P1", "P2", "V1", "V2", "V3", "D1", "D2", "W1"]
    assert document["matches"][4] == {
        "id": "V2",
        "level": "village",
        "name": "Region V2",
        "above": ["Region N", "Region P1"],
        "contests": ["ppwp", "dpr", "dprd"],
        "link": "/v1/elections/e19/contests/ppwp/regions/V2",
    }
    assert document["matches"][6]["link"] == "/v1/elections/e19/contests/dpr/regions/D1", "the first that it is part of"
    assert {name: value for name, value in document.items() if name != "matches"} == {
        "election": "e19",
        "prefix": "",
        "found": 9,
        "part": 1,
        "parts": 1,
        "more": {},
        "links": {"self": "/v1/elections/e19/search", "election": "/v1/elections/e19", "next": None},
    }


def test_higher_levels_come_first_then_the_very_word_then_voters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "WHOLE", 4)
    named = {"P1": "Barus", "V1": "Barua", "V2": "Baru Satu", "V3": "Barui", "D1": "Baru"}
    pages = made([replace(one, name=named.get(one.id, one.name)) for one in REGIONS])
    found = document_of(pages["/v1/elections/e19/search/baru"])
    assert [(match["id"], match["name"]) for match in found["matches"]] == [
        ("P1", "Barus"),
        ("V2", "Baru Satu"),
        ("V1", "Barua"),
        ("V3", "Barui"),
        ("D1", "Baru"),
    ]
    assert sorted(found["more"]) == ["a", "i", "s"]
    assert (found["found"], found["parts"]) == (5, 1)


def test_many_of_one_name_go_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WHOLE", 4), ("SHOWN", 3), ("PART", 2)):
        monkeypatch.setattr(search, name, value)
    pages = made([replace(one, name="Baru") for one in REGIONS])
    path, found = "/v1/elections/e19/search/baru", []
    for part, following in ((1, f"{path}.2"), (2, f"{path}.3"), (3, f"{path}.4"), (4, None)):
        page = pages[search_path(ELECTION, "baru", part)]
        document = document_of(page)
        assert (document["part"], document["parts"], document["found"]) == (part, 4, 9)
        assert document["links"]["next"] == following
        assert page.link == (f'<{following}>; rel="next"' if following else None)
        found.append([match["id"] for match in document["matches"]])
    assert found == [["N", "P1", "P2"], ["V1", "V2"], ["V3", "D1"], ["D2", "W1"]]


def test_a_region_of_no_contest_has_no_page_and_is_not_found() -> None:
    outside = replace(region("V1"), id="X1", parents=(), ancestors=())
    [page] = made([outside]).values()
    assert document_of(page)["matches"] == []


def test_other_letters_are_escaped_in_paths_and_stay_themselves_in_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "WHOLE", 1)
    named = {"V1": "\u05d0\u05d1", "V2": "\u05d0\u05d2"}
    pages = made([replace(one, name=named.get(one.id, one.name)) for one in REGIONS])
    assert document_of(pages["/v1/elections/e19/search"])["more"]["\u05d0"] == "/v1/elections/e19/search/_5d0_"
    assert document_of(pages["/v1/elections/e19/search/_5d0__5d1_"])["prefix"] == "\u05d0\u05d1"


def test_the_longest_names_there_may_be_fit_into_an_item_of_the_table() -> None:
    """400 KB, with both codings; drawn characters do not compress."""
    import random

    chance = random.Random(7)
    name = lambda: "baru " + "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(195))  # noqa: E731
    many = [replace(region("V1"), id=f"V{number}", name=name()) for number in range(500)]
    pages = made(many)
    assert search_path(ELECTION, "baru", 3) in pages
    assert max(sum(map(len, page.bodies.values())) for page in pages.values()) < 380_000
