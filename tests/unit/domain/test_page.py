"""Which page may take the place of which."""

from __future__ import annotations

import pytest

from realcount.domain.page import Page
from tests.small_election import NOON


def page(edition: int, rendering: int) -> Page:
    return Page("/v1", edition, rendering, "etag", "application/json", 5, NOON, {"identity": b"{}"})


@pytest.mark.parametrize(
    ("new", "old", "takes_its_place"),
    [((1, 1), None, True), ((2, 1), (1, 1), True), ((1, 2), (1, 1), True), ((2, 1), (1, 9), True),
     ((1, 1), (1, 1), False), ((1, 9), (2, 1), False)],
)  # fmt: skip
def test_supersedes(new: tuple[int, int], old: tuple[int, int] | None, takes_its_place: bool) -> None:
    assert page(*new).supersedes(page(*old) if old else None) is takes_its_place
