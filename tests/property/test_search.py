"""Whatever regions are called, each is found by every word of its name and by its id, by whoever follows links alone."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.election import Contest, ContestKey, Crumb, Parent, Region
from realcount.domain.page import Page
from realcount.domain.spelling import letters, words
from realcount.edge.pages import page_key
from realcount.rendering import search
from realcount.rendering.encoding import body_of
from realcount.rendering.limits import MAX_PATH
from realcount.rendering.paths import search_path
from realcount.rendering.search import search_pages
from tests import small_election as small

CONTEST = Contest(ContestKey("e", "c"), "Contest", (), ("region",), ("root",), ())
ELECTION = replace(small.election(), id="e", contests=(CONTEST,), levels=("nation", "village"))
ROOT = Region("e", "root", "nation", "Root", (), (), (), (), "regions", 0, 0)

alike = st.text("ab", min_size=1, max_size=6)
hostile = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.sampled_from(
        ("<img src=x onerror=alert(1)>", "\u202e\u05d0\u05d1\u05d2", "../../..", "\U00020000" * 200, "%2e", "")
    ),
)
names = st.lists(st.one_of(alike, alike, hostile), min_size=1, max_size=3).map(" ".join)
ids = st.one_of(st.text("01", min_size=1, max_size=6), st.text("aB1_.:-", min_size=1, max_size=64))


def villages(named: dict[str, str]) -> list[Region]:
    above = (Crumb("root", "Root", "nation"),)
    parents = (Parent("region", "root"),)
    return [
        Region("e", unit, "village", name, parents, ("root",), above, (), "stations", 1, len(name))
        for unit, name in named.items()
        if unit != "root"
    ]


elections = st.dictionaries(ids, names, max_size=25).map(lambda named: [ROOT, *villages(named)])


@pytest.fixture(scope="module", autouse=True)
def small_documents() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("WHOLE", 3), ("SHOWN", 2), ("PART", 2), ("DEPTH", 4)):
            patch.setattr(search, name, value)
        yield


def read(regions: Sequence[Region]) -> dict[str, dict[str, Any]]:
    return {page.path: json.loads(body_of(page)) for page in search_pages(ELECTION, regions)}


def listed(documents: dict[str, dict[str, Any]], path: str) -> list[str]:
    """The ids in a document and in all its parts."""
    found, at = [], path
    while at:
        found += [match["id"] for match in documents[at]["matches"]]
        at = documents[at]["links"]["next"]
    return found


def find(documents: dict[str, dict[str, Any]], word: str) -> list[str]:
    path = search_path("e")
    for letter in word:
        if letter not in documents[path]["more"]:
            break
        path = documents[path]["more"][letter]
    return listed(documents, path)


@given(elections)
def test_every_region_is_found_by_every_word_and_by_its_id(regions: list[Region]) -> None:
    documents = read(regions)
    for region in regions:
        for word in words(region.name) | ({letters(region.id)} - {""}):
            assert region.id in find(documents, word), (region, word)


@given(elections)
def test_nothing_that_is_led_to_is_absent_and_nothing_that_is_there_is_not_led_to(regions: list[Region]) -> None:
    stored: set[str] = set()
    led = {search_path("e")}
    for page in search_pages(ELECTION, regions):
        document = json.loads(body_of(page))
        links = {*document["more"].values(), document["links"]["next"]} - {None}
        assert links <= stored, "what is led to is stored before"
        led |= links
        assert page.path not in stored
        stored.add(page.path)
        last = page.path
    assert led == stored
    assert last == search_path("e"), "the root is the sign that all are there"


@given(elections)
def test_every_path_can_be_asked_for(regions: list[Region]) -> None:
    for page in search_pages(ELECTION, regions):
        assert page_key(page.path) == page.path and len(page.path) <= MAX_PATH
        assert page.path.rpartition("/")[2] not in (".", "..")


@given(elections)
def test_a_document_shows_what_it_says_and_no_region_twice(regions: list[Region]) -> None:
    of = {region.id: region for region in regions}
    documents = read(regions)
    for path, document in documents.items():
        if document["part"] == 1:
            prefix, found = document["prefix"], listed(documents, path)
            expected = {
                unit
                for unit, one in of.items()
                if any(w.startswith(prefix) for w in words(one.name) | {letters(unit)} - {""})
            }
            assert len(found) == len(set(found)) and set(found) <= expected
            assert document["found"] == len(expected)
            assert document["more"] or document["parts"] > 1 or set(found) == expected


@given(elections, st.randoms(use_true_random=False))
def test_the_same_regions_are_the_same_bytes_in_whatever_order(regions: list[Region], chance: random.Random) -> None:
    def made(some: Sequence[Region]) -> list[Page]:
        return list(search_pages(ELECTION, some))

    shuffled = list(regions)
    chance.shuffle(shuffled)
    assert made(shuffled) == made(regions)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_what_is_spelled_is_spelled_already(text: str) -> None:
    assert letters(letters(text)) == letters(text)
    for word in words(text):
        assert words(word) == {word} == {letters(word)}


@given(
    st.text(st.characters(categories=("L", "N")), max_size=8), st.text(st.characters(categories=("L", "N")), max_size=8)
)
def test_no_two_prefixes_have_one_path(one: str, other: str) -> None:
    assert (search_path("e", one) == search_path("e", other)) == (one == other)
    assert page_key(search_path("e", one)) is not None
