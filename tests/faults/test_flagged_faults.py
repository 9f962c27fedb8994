"""Each single write of lists of flagged stations, lost or done and reported as failed, and then tried again.

As tests/faults/test_fault_tables.py: a night in which lists become longer and shorter, a run after each stage of it. At the end
every document and every copy must be the one that an undisturbed night leaves, down to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from realcount.domain.page import Page
from realcount.rendering import flagged as rendering
from tests.faults.test_fault_tables import Trouble, Troubled
from tests.unit.usecases.flagged_stage import Stage, deep

REGENCIES = ("r-1-1", "r-1-2", "r-2-1")
STAGES: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...] = (
    ((1, 2), ("turnout",)),
    ((3, 4, 5), ("votes-sum", "turnout")),
    ((1, 2, 4), ()),
    ((3, 5), ()),
    ((5, 6), ("total-sum",)),
)
"""Which stations of the first village of each regency a form comes from, and what is found on it: a list of one part, of three,
of one, of none, and of one."""


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "PART", 2)
        yield


def told(trouble: Trouble) -> tuple[dict[str, Page], dict[str, Page]]:
    """All pages and copies at the end of the night."""
    stage = Stage(*deep())
    [contest] = stage.election.contests
    ports: dict[str, Any] = {"copies": Troubled(stage.copies, trouble), "pages": Troubled(stage.pages, trouble)}
    for stations, findings in STAGES:
        for regency in REGENCIES:
            for station in stations:
                stage.form(contest, f"{regency}-1-1-s{station}", findings)
        stage.settle()
        if stage.run(contest, **ports).failed:
            assert not stage.run(contest, **ports).failed, "one fault cost more than one more run"
    return stage.pages._pages, stage.copies._copies


@pytest.fixture(scope="module")
def clean(small_parts: None) -> tuple[Trouble, tuple[dict[str, Page], dict[str, Page]]]:
    trouble = Trouble()
    return trouble, told(trouble)


def test_the_night_has_all_of_it(clean: Any) -> None:
    trouble, (pages, copies) = clean
    assert {path: page for path, page in pages.items() if "/flagged" in path}.items() <= copies.items()
    assert {path.partition("/r-1-1/")[2] for path in pages} >= {"flagged", "flagged/2", "flagged/3"}
    assert 60 < len(trouble.seen) < 200


@pytest.mark.parametrize("how", ["lost", "landed"])
def test_a_write_that_fails_once_leaves_no_trace(clean: Any, how: str) -> None:
    trouble, documents = clean
    for at, name in enumerate(trouble.seen):
        assert told(Trouble(at, how)) == documents, f"write {at}, {name}"
