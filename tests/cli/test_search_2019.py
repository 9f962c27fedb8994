"""The search over all regions of 2019: how many documents, how large, and that every name and id is found."""

from __future__ import annotations

import json
import statistics
from typing import Any

import pytest

from realcount.cli.situng2019 import LEVELS, Situng2019, SourceRegion, above
from realcount.domain.election import Contest, ContestKey, Crumb, Election, Parent, Region
from realcount.domain.page import Page
from realcount.domain.spelling import letters, words
from realcount.rendering.encoding import body_of
from realcount.rendering.paths import search_path
from realcount.rendering.search import search_pages
from tests.cli.real_2019 import real_2019

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]

CONTEST = Contest(ContestKey("id-2019", "ppwp"), "President", (), ("region",), ("0",), ())
ELECTION = Election(
    "id-2019", "2019", "2019-04-17", "", "", "", ("region",), tuple(LEVELS.values()), (CONTEST,), "d" * 64
)


def region_of(source: dict[str, SourceRegion], unit: str) -> Region:
    one, way = source[unit], above(source, unit)
    path = tuple(Crumb(up, source[up].name, source[up].level) for up in reversed(way))
    parents = (Parent("region", one.parent),) if one.parent else ()
    totals = one.totals
    return Region("id-2019", unit, one.level, one.name, parents, tuple(way), path, (), "regions", totals.expected, totals.registered)  # fmt: skip


def size(page: Page) -> int:
    return len(page.bodies.get("br") or page.bodies["identity"])


def test_every_region_of_2019_is_found_in_few_and_small_documents() -> None:
    source = Situng2019(real_2019()).regions()
    regions = [region_of(source, unit) for unit in source]
    documents: dict[str, dict[str, Any]] = {}
    sizes: list[int] = []
    for page in search_pages(ELECTION, regions):
        documents[page.path] = json.loads(body_of(page))
        sizes.append(size(page))
    # docs/decisions/0016-search.md has these figures.
    assert len(documents) == 8_393
    assert statistics.median(sizes) < 1_000 and max(sizes) < 6_000

    listed: dict[str, set[str]] = {}
    for path, document in documents.items():
        first = path.partition(".")[0]
        listed.setdefault(first, set()).update(match["id"] for match in document["matches"])
    for region in regions:
        for word in words(region.name) | {letters(region.id)}:
            path = search_path("id-2019")
            for letter in word:
                if letter not in documents[path]["more"]:
                    break
                path = documents[path]["more"][letter]
            assert region.id in listed[path], (region.id, region.name, word)
