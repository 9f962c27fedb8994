"""What is typed and what is searched for are spelled in the same way, whatever script and punctuation they come with."""

from __future__ import annotations

import pytest

from realcount.domain.spelling import letters, words


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("BANDUNG", {"bandung"}),
        ("D.I. Yogyakarta", {"d", "i", "di", "yogyakarta"}),
        ("KEP. SERIBU", {"kep", "seribu"}),
        ("Timbang-Deli", {"timbang", "deli", "timbangdeli"}),
        ("Ma\u2019ruf", {"ma", "ruf", "maruf"}),
        ("S\u00e3o Paulo", {"sao", "paulo"}),
        ("Sa\u0303o", {"sao"}),
        ("STRASSE Stra\u00dfe", {"strasse"}),
        ("\u0130zmir", {"izmir"}),
        ("\uff22\uff21\uff2c\uff29 \u2163", {"bali", "iv"}),
        ("<img onerror=alert(1)>", {"img", "onerror", "alert", "1", "onerroralert1"}),
        ("\u202e\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd", {"\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd"}),
        ("\u0639\u064e\u0645\u0651\u0627\u0646", {"\u0639\u0645\u0627\u0646"}),
        ("--- \u2603 \u0301", set()),
        ("", set()),
    ],
)
def test_the_words_of_a_name(name: str, found: set[str]) -> None:
    assert words(name) == found


def test_a_code_is_one_word_with_or_without_its_dots() -> None:
    assert letters("32.04.05.2003") == letters("3204052003") == "3204052003"
    assert letters("_:.-") == ""
