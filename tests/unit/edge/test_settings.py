"""A function that is not told everything it needs says all that is missing, in one line."""

from __future__ import annotations

import pytest

from realcount.edge.settings import PORTS_OF, VARIABLES, VARIABLES_OF, SettingsMissing, settings_of, variables_of

ALL = {name: f"the-{name.lower()}" for name in VARIABLES}


@pytest.mark.parametrize("function", PORTS_OF)
def test_a_function_gets_its_own_variables_and_no_others(function: str) -> None:
    settings = settings_of(function, {**ALL, "AWS_SECRET_ACCESS_KEY": "x"})
    assert settings == {name: ALL[name] for name in variables_of(function)}


def test_the_reader_is_told_of_one_table_and_nothing_else() -> None:
    assert variables_of("read_results") == ("TABLE_PAGES",)


def test_every_missing_variable_is_named_with_what_it_is_for() -> None:
    with pytest.raises(SettingsMissing) as caught:
        settings_of("count_form", {"TABLE_ELECTIONS": "e", "TABLE_TALLY": ""})
    assert str(caught.value) == (
        "count_form cannot start: set the environment variables TABLE_KEYS (table of officials' keys), "
        "TABLE_FORMS (table of forms, reviews and heads: the ledger), "
        "TABLE_TALLY (table of rows, one for each child of each region)"
    )


def test_every_port_a_function_names_is_known_and_every_variable_is_used() -> None:
    assert {port for ports in PORTS_OF.values() for port in ports} == set(VARIABLES_OF)
    assert {name for names in VARIABLES_OF.values() for name in names} == set(VARIABLES)
