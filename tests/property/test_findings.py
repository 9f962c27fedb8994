"""The rules of a form, over forms that add up and over the same forms with one number changed."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.election import Contest, ContestKey, Option
from realcount.domain.findings import INCOMPLETE, INCONSISTENT, find
from realcount.domain.form import FIGURES, Form

KEY = ContestKey("e", "ppwp")
CONTEST = Contest(KEY, "President", (Option("01", "1", "A"), Option("02", "2", "B")), ("region",), ("N",), FIGURES)
people = st.integers(0, 120)


@st.composite
def consistent(draw: st.DrawFn) -> Form:
    """A form on which every rule holds, with every figure filled in."""
    figures: dict[str, int] = {}
    votes = {option: draw(people) for option in CONTEST.option_ids()}
    for group in ("dpt", "dptb", "dpk"):
        for sex in ("male", "female"):
            figures[f"voters.{group}.{sex}"] = draw(people)
            figures[f"registered.{group}.{sex}"] = figures[f"voters.{group}.{sex}"] + draw(st.integers(0, 30))
    for kind in ("registered", "voters"):
        for sex in ("male", "female"):
            figures[f"{kind}.{sex}"] = sum(figures[f"{kind}.{group}.{sex}"] for group in ("dpt", "dptb", "dpk"))
        for group in ("dpt", "dptb", "dpk"):
            figures[f"{kind}.{group}.total"] = sum(figures[f"{kind}.{group}.{sex}"] for sex in ("male", "female"))
        figures[f"{kind}.total"] = figures[f"{kind}.male"] + figures[f"{kind}.female"]
    for kind in ("disabled.registered", "disabled.voters"):
        figures[f"{kind}.male"], figures[f"{kind}.female"] = draw(people), draw(people)
        figures[f"{kind}.total"] = figures[f"{kind}.male"] + figures[f"{kind}.female"]
    turnout = figures["voters.total"]
    votes["01"] = draw(st.integers(0, turnout))
    votes["02"] = draw(st.integers(0, turnout - votes["01"]))
    figures |= {"valid": sum(votes.values()), "invalid": turnout - sum(votes.values()), "total": turnout}
    figures |= {"ballots.used": turnout, "ballots.returned": draw(people), "ballots.unused": draw(people)}
    figures["ballots.received"] = sum(figures[f"ballots.{part}"] for part in ("used", "returned", "unused"))
    return Form("form", *KEY, "s1", 1, None, figures, votes, (), None, "k", "2019-04-17T13:00:00.000Z", "0" * 64)


@given(consistent())
def test_a_form_that_adds_up_has_no_findings(form: Form) -> None:
    assert find(form, CONTEST, None) == ()


@given(consistent(), st.sampled_from(FIGURES), st.integers(1, 5_000))
def test_any_figure_typed_too_high_is_flagged(form: Form, figure: str, more: int) -> None:
    """Every figure of the paper is tied to another one, so no single slip goes unseen."""
    wrong = replace(form, figures={**form.figures, figure: form.figures[figure] + more})
    found = find(wrong, CONTEST, None)
    assert found
    assert all(finding.kind == INCONSISTENT for finding in found)
    assert any(figure in finding.fields for finding in found)


@given(consistent(), st.sampled_from(CONTEST.option_ids()), st.integers(1, 5_000))
def test_any_vote_typed_too_high_is_flagged(form: Form, option: str, more: int) -> None:
    wrong = replace(form, votes={**form.votes, option: form.votes[option] + more})
    assert "votes-sum" in {finding.code for finding in find(wrong, CONTEST, None)}


@given(consistent(), st.sets(st.sampled_from(FIGURES), min_size=1))
def test_missing_figures_are_incomplete_and_never_inconsistent(form: Form, gone: set[str]) -> None:
    left: Mapping[str, int] = {name: count for name, count in form.figures.items() if name not in gone}
    found = find(replace(form, figures=left), CONTEST, None)
    assert {finding.fields for finding in found} == {(name,) for name in gone}
    assert all(finding.kind == INCOMPLETE for finding in found)
