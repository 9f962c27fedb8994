"""The comparison reads what the public reads, and finds one vote too many."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from realcount.cli.replay.arrivals import in_order
from realcount.cli.replay.comparison import compare, document_of, expected_after
from realcount.cli.situng2019 import Situng2019, SourceRegion
from realcount.domain.page import Page


def document(region: SourceRegion) -> dict[str, Any]:
    totals = region.totals
    return {
        "votes": {"21": totals.votes_21, "22": totals.votes_22},
        "valid": totals.valid,
        "invalid": totals.invalid,
        "voters": totals.voters,
        "registered": totals.registered,
        "stations": {"expected": totals.expected, "approved": totals.approved},
    }


def path(unit: str) -> str:
    return f"/v1/elections/id-2019/contests/ppwp/regions/{unit}"


@pytest.fixture
def regions(data: Path) -> dict[str, SourceRegion]:
    return Situng2019(data).regions()


def test_equal_pages_are_equal(regions: dict[str, SourceRegion]) -> None:
    pages = {path(unit): document(region) for unit, region in regions.items()}
    compared = compare(regions, pages.get)
    assert (compared.checked, compared.wrong, compared.differences) == (17, 0, [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"votes": {"21": 0, "22": 460}}, "votes_21"),
        ({"votes": {"21": 331, "22": 0}}, "votes_22"),
        ({"valid": 0}, "valid"),
        ({"invalid": 0}, "invalid"),
        ({"voters": 0}, "voters"),
        ({"registered": None}, "registered"),
        ({"stations": {"expected": 8, "approved": 6}}, "expected"),
        ({"stations": {"expected": 7, "approved": 7}}, "approved"),
    ],
)
def test_a_difference_in_any_field_is_found(
    regions: dict[str, SourceRegion], change: dict[str, Any], field: str
) -> None:
    part = {"1": regions["1"]}
    compared = compare(part, lambda path: document(regions["1"]) | change)
    assert (compared.checked, compared.wrong) == (1, 1)
    assert any(line.startswith(f"province 1 (UTARA): {field} is ") for line in compared.differences)


def test_a_page_that_is_not_there_is_wrong(regions: dict[str, SourceRegion]) -> None:
    compared = compare({"8": regions["8"]}, lambda path: None)
    assert compared.differences == ["village 8 (MUARA): has no page"]


def test_a_document_is_what_every_coding_of_the_page_holds() -> None:
    body = json.dumps({"valid": 3}).encode()
    page = Page("/p", 1, 1, "e", "application/json", 5, "", {"gzip": gzip.compress(body), "identity": body})
    assert document_of(page) == {"valid": 3}
    assert document_of(None) is None
    other = {"gzip": gzip.compress(body), "identity": body + b" "}
    with pytest.raises(ValueError, match="the codings of /p hold different documents"):
        document_of(Page("/p", 1, 1, "e", "application/json", 5, "", other))


def test_after_all_forms_the_expectation_is_what_was_published(data: Path, regions: dict[str, SourceRegion]) -> None:
    arrivals = in_order(Situng2019(data).stations(regions))
    assert expected_after(regions, arrivals) == regions


def test_after_some_forms_the_expectation_is_their_sum(data: Path, regions: dict[str, SourceRegion]) -> None:
    first_two = in_order(Situng2019(data).stations(regions), 2)
    expected = expected_after(regions, first_two)
    nation, abroad, village = (expected[unit].totals for unit in ("0", "-99", "4"))
    assert (nation.approved, nation.votes_21, nation.valid, nation.voters) == (2, 311, 631, 641)
    assert (abroad.approved, abroad.votes_21) == (1, 300)
    assert (village.approved, village.expected) == (0, 3)
