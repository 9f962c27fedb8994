"""The list of witnesses is whole or refused, and the book of witnesses is read as it was written."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from realcount.domain.errors import Rejected
from realcount.domain.instants import EPOCH
from realcount.domain.log.notes import ED25519, NoteKey
from realcount.domain.log.witness_book import LastRefusal, Sighting, WitnessBook, after, read_book, witness_time
from realcount.domain.log.witnesses import WitnessList, read_witness_list
from tests.fake_witness import FakeWitness
from tests.small_election import DUSK, NOON

A, B = FakeWitness("a.example").known, FakeWitness("b.example").known


def one(**changes: object) -> dict[str, object]:
    return {"name": A.name, "key": A.key.to_text(), "url": "https://a.example/w/", **changes}


def test_a_list_names_each_witness_and_the_quorum() -> None:
    other = {"name": B.name, "key": B.key.to_text(), "url": B.url}
    found = read_witness_list(json.dumps({"quorum": 2, "witnesses": [one(), other]}))
    assert found == WitnessList(2, (replace(A, url="https://a.example/w"), B))
    assert read_witness_list('{"quorum": 0, "witnesses": []}') == WitnessList()


@pytest.mark.parametrize(
    ("quorum", "witnesses", "why"),
    [
        (0, [one()], "quorum: must be a whole number from 1 to 1"),
        (2, [one()], "quorum: must be a whole number from 1 to 1"),
        (1, [], "quorum: must be a whole number from 0 to 0"),
        (1, [one(), one(name="Again")], "each key once"),
        (1, [one(url="ftp://a.example")], r"witnesses\[0\].url: must be http"),
        (1, [one(url="https://user:word@a.example")], "must be http"),
        (1, [one(url="https://a.example/?x")], "must be http"),
        (1, [one(key="a.example+00000000+AAAA")], "a witness's public key"),
        (1, [one(key=NoteKey("a.example", ED25519, A.key.public).to_text())], "not one that signs logs"),
        (1, [one(secret="x")], "secret: is not a member"),
        (1, ["a.example"], "must be an object"),
        (1, [one()] * 17, "must be a list of 0 to 16"),
    ],
)
def test_half_a_list_is_no_list(quorum: int, witnesses: list[object], why: str) -> None:
    with pytest.raises(Rejected, match=why):
        read_witness_list(json.dumps({"quorum": quorum, "witnesses": witnesses}))


@pytest.mark.parametrize("text", ["", "none", "[]", "{}"])
def test_what_is_no_list_at_all_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        read_witness_list(text)


BOOK = WitnessBook(
    edition=3,
    size=9,
    root="root=",
    since=NOON,
    began_at=NOON,
    updated_at=NOON,
    quorum=2,
    sightings=(
        Sighting("A", "a+key", 9, "root=", NOON),
        Sighting("B", "b+key", 8, "older=", NOON, LastRefusal(9, 8, 422, "no", NOON, "/refusals/e19/x")),
        Sighting("C", "c+key"),
    ),
)


def test_a_book_is_read_as_it_was_written_and_anything_else_is_none() -> None:
    assert read_book(BOOK.to_bytes()) == BOOK
    assert read_book(WitnessBook().to_bytes()) == WitnessBook()
    for data in (b"", b"\xff", b"[]", b"{}", b"null", BOOK.to_bytes().replace(b'"size"', b'"sise"')):
        assert read_book(data) is None


def test_who_cosigned_another_size_or_root_has_not_cosigned_this_one() -> None:
    assert [one.name for one in BOOK.cosigned()] == ["A"]
    assert not BOOK.reached
    b = replace(BOOK.sightings[1], size=9)
    assert not replace(BOOK, sightings=(BOOK.sightings[0], b)).reached, "of the same size, and another root"
    assert replace(BOOK, sightings=(BOOK.sightings[0], replace(b, root="root="))).reached


def test_an_edition_comes_with_something_new_alone() -> None:
    assert after(BOOK, replace(BOOK, updated_at=DUSK), DUSK) is BOOK
    grown = after(BOOK, replace(BOOK, size=10), DUSK)
    assert (grown.edition, grown.size, grown.updated_at) == (4, 10, DUSK)


def test_a_time_that_no_calendar_has_is_none() -> None:
    assert witness_time(1_555_502_400) == NOON
    assert witness_time(2**63) == EPOCH
