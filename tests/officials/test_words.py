"""Words for every code there is, in both languages, and for nothing else; numbers as each language writes them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.domain import findings as rules
from realcount.domain.findings import INCOMPLETE, Finding, find
from realcount.domain.form import FIGURES
from realcount.domain.statements import parse_form
from realcount.edge.problems import PROBLEMS
from realcount.officials import refusal_words
from realcount.officials.finding_words import CODES, EN, ID, LANGUAGES, all_in_words, field_in_words, in_words, number
from realcount.officials.words import _WORDS, age_in_words, say
from realcount.usecases.grant_upload import REQUEST_WINDOW
from tests.functions.night import Night
from tests.small_election import PPWP, election

ROOT = Path(__file__).parents[2]
OPTIONS = {"01": "Pair One", "02": "02"}


def test_every_finding_has_words() -> None:
    listed = re.findall(r"`([a-z]+(?:-[a-z]+)?)`", rules.__doc__ or "")
    assert set(listed) == CODES


def test_every_documented_refusal_and_every_problem_of_an_official_has_words() -> None:
    table = (ROOT / "docs/api.md").read_text().split("### Codes of refusals")[1].split("##")[0]
    documented = set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) - {"code"}
    assert len(documented) > 10
    forbidden = {code for code, kind in PROBLEMS.items() if kind.status in (403, 409)}
    assert documented | forbidden <= refusal_words.CODES
    assert REQUEST_WINDOW == 600, "the words say ten minutes"


@pytest.mark.parametrize(
    ("finding", "indonesian", "english"),
    [
        (
            Finding("total-voters", "inconsistent", ("total", "voters.total"), 1833, 229),
            "jumlah suara sah dan tidak sah 1.833 melebihi pengguna hak pilih 229",
            "valid and invalid votes together 1,833 exceed the voters 229",
        ),
        (
            Finding("votes-sum", "inconsistent", ("valid",), 100, 1090),
            "jumlah suara sah 100 kurang dari jumlah suara semua pilihan 1.090",
            "valid votes 100 are fewer than the votes of all options together, 1,090",
        ),
        (
            Finding("votes-voters", "inconsistent", ("votes.01", "voters.total"), 826, 229),
            "suara untuk 01 (Pair One) 826 melebihi pengguna hak pilih 229",
            "votes for 01 (Pair One) 826 exceed the voters 229",
        ),
        (
            Finding("sex-sum", "inconsistent", ("voters.dpt.total", "voters.dpt.male", "voters.dpt.female"), 5, 7),
            "pengguna hak pilih dari DPT 5 kurang dari laki-laki ditambah perempuan 7",
            "voters from the DPT 5 are fewer than men and women together, 7",
        ),
        (
            Finding("missing", "incomplete", ("votes.02",)),
            "suara untuk 02 belum diisi",
            "votes for 02: not filled in",
        ),
    ],
)
def test_findings_read_as_a_person_says_them(finding: Finding, indonesian: str, english: str) -> None:
    assert in_words(finding, ID, OPTIONS) == indonesian
    assert in_words(finding, EN, OPTIONS) == english


NUMBERS = st.integers(0, 5000)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    figures=st.dictionaries(st.sampled_from(FIGURES), NUMBERS),
    votes=st.dictionaries(st.sampled_from(["01", "02"]), NUMBERS),
    registered=st.none() | st.integers(0, 400),
)
def test_whatever_is_found_can_be_said(figures: dict[str, int], votes: dict[str, int], registered: int | None) -> None:
    form = parse_form(_NIGHT.form(figures=figures, votes=votes).split(b"\n")[0])
    contest = election().contest(PPWP.contest)
    assert contest is not None
    found = find(form, contest, registered)
    for language in LANGUAGES:
        lines = all_in_words(found, language, OPTIONS)
        contradictions = [one for one in found if one.kind != INCOMPLETE]
        assert len(lines) == len(contradictions) + (len(contradictions) < len(found))
        for one, line in zip(contradictions, lines, strict=False):
            assert one.found is not None and number(one.found, language) in line
            assert "{" not in line and "  " not in line


_NIGHT = Night()


def test_every_figure_has_a_name_of_its_own() -> None:
    for language in LANGUAGES:
        names = [field_in_words(name, language, {}) for name in FIGURES]
        assert len(set(names)) == len(FIGURES)
        assert not set(names) & set(FIGURES) - {"valid"}


def test_both_languages_say_the_same_things() -> None:
    for key, (indonesian, english) in _WORDS.items():
        assert set(re.findall(r"{(\w+)", indonesian)) == set(re.findall(r"{(\w+)", english)), key


def test_ages_and_numbers() -> None:
    assert [age_in_words(seconds, EN) for seconds in (0, 61, 7199, 7200, 172_800)] == [
        "0 s",
        "1 min",
        "119 min",
        "2 h",
        "2 days",
    ]
    assert age_in_words(7200, ID) == "2 jam"
    assert say("flags", ID, count=1234) == ", 1.234 kejanggalan"
