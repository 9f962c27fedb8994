"""The page of the public log, word for word: before it begins, without witnesses, with a quorum, with a refusal."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

from realcount.domain.log.witness_book import LastRefusal, Sighting, WitnessBook
from realcount.rendering.log_page import log_page
from tests.small_election import DUSK, NOON, RECEIPTS, election
from tests.unit.usecases.office import SIGNER

GROWN = WitnessBook(
    edition=7,
    size=1234,
    root="cm9vdA==",
    since=NOON,
    updated_at=DUSK,
    log=SIGNER.key.to_text(),
    receipts=RECEIPTS.of("e19").key.to_text(),
)
A = Sighting("A university", "a.example+01+AA", 1234, "cm9vdA==", NOON)
B = Sighting("A newspaper", "b.example+02+BB")


def document(book: WitnessBook) -> dict[str, Any]:
    page = log_page(election(), book)
    assert (page.path, page.edition, page.max_age) == ("/v1/elections/e19/log", book.edition, 15)
    body = page.bodies["identity"] if "identity" in page.bodies else gzip.decompress(page.bodies["gzip"])
    found: dict[str, Any] = json.loads(body)
    return found


def test_before_the_first_entry() -> None:
    page = log_page(election(), WitnessBook())
    found = json.loads(gzip.decompress(page.bodies["gzip"]) if "gzip" in page.bodies else page.bodies["identity"])
    assert (found["size"], found["root"], found["since"], found["updated_at"], found["key"]) == (
        0,
        None,
        None,
        None,
        None,
    )
    assert found["quorum"] == {"needed": 0, "cosigned": 0, "witnesses": 0, "reached": False, "seen_at": None}
    assert found["words"]["en"][0] == "The public log has no entries yet."
    assert found["words"]["id"][0] == "Log publik belum berisi entri."
    assert found["links"] == {"self": "/v1/elections/e19/log", "election": "/v1/elections/e19"}


def test_without_witnesses_it_says_what_that_means() -> None:
    found = document(GROWN)
    assert found["words"]["en"] == [
        "The public log has 1,234 entries. Its root is cm9vdA==.",
        "No witness watches it: that everybody is shown the same log, nobody but its readers can find out.",
    ]
    assert found["words"]["id"][0] == "Log publik berisi 1.234 entri. Akarnya cm9vdA==."
    assert (found["origin"], found["key"]) == (SIGNER.key.name, SIGNER.key.to_text())
    assert found["receipts_key"].startswith("count.example/e19/receipts+")
    assert found["files"]["checkpoint"] == "/log/e19/checkpoint"
    assert (found["label"], found["since"], found["updated_at"]) == ("SIMULATION", NOON, DUSK)


def test_a_quorum_and_what_is_missing_to_one() -> None:
    one = replace(GROWN, quorum=1, began_at=NOON, sightings=(A, B))
    assert document(one)["quorum"] == {"needed": 1, "cosigned": 1, "witnesses": 2, "reached": True, "seen_at": NOON}
    assert document(one)["words"]["en"][1] == (
        "1 of 2 witnesses have cosigned it at this size; 1 are asked for, so it is witnessed."
    )
    two = document(replace(one, quorum=2))
    assert two["words"]["en"][1].endswith("2 are asked for, so it is NOT YET witnessed.")
    assert two["words"]["id"][1].endswith("diperlukan 2, jadi log ini BELUM disaksikan.")
    assert two["witnesses"] == [
        {"name": A.name, "key": A.key, "size": 1234, "root": "cm9vdA==", "seen_at": NOON, "refused": None},
        {"name": B.name, "key": B.key, "size": None, "root": None, "seen_at": None, "refused": None},
    ]


def test_a_refusal_is_named_with_its_evidence() -> None:
    refused = replace(B, refusal=LastRefusal(1234, 1000, 422, "another past", DUSK, "/refusals/e19/abc"))
    found = document(replace(GROWN, quorum=1, began_at=NOON, sightings=(A, refused)))
    assert found["witnesses"][1]["refused"] == {
        "at": DUSK,
        "size": 1234,
        "from": 1000,
        "status": 422,
        "said": "another past",
        "evidence": "/refusals/e19/abc",
    }
    assert found["words"]["en"][-1] == f"A newspaper REFUSED to cosign it at 1,234 entries, at {DUSK}."
    assert found["words"]["id"][-1] == f"A newspaper MENOLAK menandatanganinya pada 1.234 entri, pukul {DUSK}."
