"""Papers and page are added up by different code, so that the demo's check means something."""

from __future__ import annotations

from realcount.local.simulation.papers import Filing, Numbers
from realcount.local.simulation.totals import Totals, of_page, of_papers


def test_papers_are_added_as_they_stand() -> None:
    filings = [
        Filing("s1", "p", (), Numbers({"01": 3, "02": 4}, {"valid": 7, "invalid": 1, "voters.total": 8})),
        Filing("s2", "p", (), Numbers({"01": 1, "02": 0}, {"invalid": 2})),
        Filing("s3", "p", (), None),
    ]
    assert of_papers(filings, ["01", "02"]) == Totals(2, {"01": 4, "02": 4}, 7, 3, 8)
    assert of_papers([], ["01"]) == Totals(0, {"01": 0}, 0, 0, 0)


def test_a_page_says_the_same_in_its_own_words() -> None:
    page = {"stations": {"approved": 2, "received": 3}, "votes": {"01": 4}, "valid": 7, "invalid": 3, "voters": 8}
    assert of_page(page) == Totals(2, {"01": 4}, 7, 3, 8)
    assert of_page(page).as_document() == {"stations_in": 2, "votes": {"01": 4}, "valid": 7, "invalid": 3, "voters": 8}
