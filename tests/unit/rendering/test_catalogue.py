"""The pages that say what there is, word for word."""

from __future__ import annotations

import json

from realcount.rendering.catalogue import catalogue_pages
from tests.small_election import election

PAGES = {page.path: page for page in catalogue_pages([election()], edition=1)}


def document(path: str) -> object:
    return json.loads(PAGES[path].bodies["identity"])


def test_the_paths() -> None:
    contests = [f"/v1/elections/e19/contests/{contest}" for contest in ("ppwp", "dpr", "dprd")]
    assert list(PAGES) == ["/v1", "/v1/elections", "/v1/elections/e19", *contests]
    assert {page.edition for page in PAGES.values()} == {1}


def test_the_list_of_elections() -> None:
    assert document("/v1/elections") == {
        "elections": [
            {
                "id": "e19",
                "name": "A small election",
                "held_on": "2019-04-17",
                "label": "SIMULATION",
                "shapes": {},
                "links": {
                    "self": "/v1/elections/e19",
                    "log": "/v1/elections/e19/log",
                    "corrections": "/v1/elections/e19/corrections",
                    "search": "/v1/elections/e19/search",
                },
            }
        ]
    }


def test_a_contest_names_its_options_and_where_to_begin_reading() -> None:
    unsaid = dict.fromkeys(("full_name", "colour", "local", "serial"))
    assert document("/v1/elections/e19/contests/dpr") == {
        "id": "dpr",
        "election": "e19",
        "name": "Parliament",
        "label": "SIMULATION",
        "hierarchies": ["region", "dapil"],
        "fields": ["voters.total", "valid", "invalid", "total"],
        "options": [
            {"id": "A", "number": "1", "name": "Party A", **unsaid, "parent": None},
            {"id": "A-1", "number": "1.1", "name": "Ani", **unsaid, "parent": "A"},
            {"id": "B", "number": "2", "name": "Party B", **unsaid, "parent": None},
        ],
        "links": {
            "self": "/v1/elections/e19/contests/dpr",
            "election": "/v1/elections/e19",
            "roots": [f"/v1/elections/e19/contests/dpr/regions/{root}" for root in ("N", "D1", "D2")],
            "feeds": {
                "id": "/v1/elections/e19/contests/dpr/feed",
                "en": "/v1/elections/e19/contests/dpr/feed.en",
            },
        },
    }


def test_the_index_and_an_election() -> None:
    index, found = document("/v1"), document("/v1/elections/e19")
    assert isinstance(index, dict) and isinstance(found, dict)
    assert index["links"]["elections"] == "/v1/elections"
    assert index["licences"] == [{"election": "e19", "licence": "CC0-1.0", "attribution": "Nobody"}]
    assert "Not the official result" in index["about"]
    assert (found["digest"], found["licence"], found["attribution"]) == ("d" * 64, "CC0-1.0", "Nobody")
    assert [contest["id"] for contest in found["contests"]] == ["ppwp", "dpr", "dprd"]
