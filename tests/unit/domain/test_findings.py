"""The nine rules and the one check of plausibility, on papers as they really came in (docs/glossary.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realcount.domain.findings import INCOMPLETE, INCONSISTENT, Finding, find, is_flagged, is_incomplete
from realcount.domain.form import FIGURES
from tests.small_election import DPR, PPWP, brief, contest, form, paper


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def ppwp(votes: dict[str, int] | None = None, **figures: int | None) -> tuple[Finding, ...]:
    """Findings on the default paper (150 + 120 valid, 5 invalid, 275 voters) with some of its entries changed; None: missing."""
    written = {name.replace("__", "."): count for name, count in figures.items()}
    changed = {name: count for name, count in (paper(150, 120, 5) | written).items() if count is not None}
    return find(
        form(PPWP, figures=changed, votes={"01": 150, "02": 120} if votes is None else votes), contest(PPWP), 300
    )


def test_a_paper_that_adds_up_has_no_findings() -> None:
    assert ppwp() == ()


class TestPapersOf2019:
    def test_183_read_as_1833(self) -> None:
        """Petak Kaja, TPS 4: +1,650 votes by one more digit."""
        found = ppwp({"01": 1833, "02": 120})
        assert codes(found) == ["votes-sum", "votes-voters"]
        assert found[0] == Finding("votes-sum", INCONSISTENT, ("valid",), 270, 1953)
        assert found[1] == Finding("votes-voters", INCONSISTENT, ("votes.01", "voters.total"), 1833, 275)

    def test_117_read_as_617_on_a_form_that_agrees_with_itself(self) -> None:
        """The machine read 617 and everything was made to fit: only the register, of 180 voters, gives it away."""
        figures = brief(617 + 40, 2)
        wrong = form(DPR, figures=figures, votes={"A": 617, "A-1": 40, "B": 0})
        assert find(wrong, contest(DPR), None) == ()
        assert find(wrong, contest(DPR), 180) == (
            Finding("turnout", INCONSISTENT, ("total",), 659, 233),
            Finding("turnout", INCONSISTENT, ("voters.total",), 659, 233),
        )

    def test_105_200_invalid_votes(self) -> None:
        found = ppwp(invalid=105_200)
        assert codes(found) == ["total-sum"]
        assert found[0] == Finding("total-sum", INCONSISTENT, ("total", "valid", "invalid"), 275, 105_470)
        fitted = ppwp(invalid=105_200, total=105_470)
        assert codes(fitted) == ["total-voters", "total-used", "turnout"]

    def test_two_candidates_swapped_cannot_be_seen_in_the_numbers(self) -> None:
        """Taba Penanjung: 45 and 146 exchanged. Only the second official, with the scan, can see it."""
        assert ppwp({"01": 120, "02": 150}) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"valid": 271}, ["votes-sum", "total-sum"]),
        ({"total": 276}, ["total-sum", "total-voters", "total-used"]),
        ({"ballots__used": 274}, ["total-used", "ballots-sum"]),
        ({"voters__dptb__total": 1, "voters__dptb__male": 1}, ["group-sum", "group-sum"]),
        ({"registered__dpk__total": 2, "registered__dpk__female": 2}, ["group-sum", "group-sum"]),
        ({"voters__male": 100}, ["group-sum", "sex-sum"]),
        ({"disabled__voters__total": 1}, ["sex-sum"]),
        ({"registered__dpt__male": 130, "registered__dpt__female": 170}, ["group-sum", "group-sum", "voters-registered"]),
        ({"ballots__received": 270, "ballots__unused": 0, "ballots__returned": 0}, ["voters-received", "ballots-sum"]),
        ({"ballots__returned": 2}, ["ballots-sum"]),
    ],
)  # fmt: skip
def test_each_rule_fires_where_its_equation_breaks(changes: dict[str, int], expected: list[str]) -> None:
    found = ppwp(**changes)
    assert codes(found) == expected
    assert all(finding.kind == INCONSISTENT and finding.found != finding.expected for finding in found)


def test_a_missing_figure_is_incomplete_and_silences_the_rules_it_belongs_to() -> None:
    found = ppwp(total=None)
    assert found == (Finding("missing", INCOMPLETE, ("total",)),)
    assert is_incomplete(found)
    assert not is_flagged(found)


def test_a_missing_part_silences_the_sum() -> None:
    assert codes(ppwp(invalid=None)) == ["missing"]


def test_a_missing_vote_is_incomplete_and_the_sum_of_votes_says_nothing() -> None:
    found = ppwp({"01": 150})
    assert found == (Finding("missing", INCOMPLETE, ("votes.02",)),)


def test_an_empty_form_misses_everything_and_contradicts_nothing() -> None:
    found = find(form(PPWP, figures={}, votes={}), contest(PPWP), 300)
    assert codes(found) == ["missing"] * (len(FIGURES) + 2)


def test_a_form_can_be_incomplete_and_inconsistent_at_once() -> None:
    found = ppwp(valid=999, ballots__returned=None)
    assert is_flagged(found)
    assert is_incomplete(found)


def test_a_contest_asks_only_for_its_own_figures() -> None:
    assert find(form(DPR), contest(DPR), 300) == ()


def test_turnout_allows_two_percent_and_fifty_papers() -> None:
    def of(voters: int) -> list[str]:
        return codes(
            find(form(DPR, figures=brief(voters, 0), votes={"A": voters, "A-1": 0, "B": 0}), contest(DPR), 300)
        )

    assert of(356) == []
    assert of(357) == ["turnout", "turnout"]


def test_a_withdrawal_has_no_findings() -> None:
    withdrawal = replace(form(), kind="withdrawal", figures={}, votes={})
    assert find(withdrawal, contest(), 300) == ()
