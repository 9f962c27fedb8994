"""One value, one spelling: canonical bytes against RFC 8785's own implementation, and against everything else."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from realcount.domain.canonical import MAX_INTEGER, canonical_bytes, parse_canonical
from realcount.domain.errors import Rejected

keys = st.text(st.characters(codec="ascii"), max_size=12)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
leaves = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | text
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4))
objects = st.dictionaries(keys, values, max_size=6)


@given(objects)
def test_the_bytes_are_those_of_rfc_8785(value: dict[str, object]) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(objects)
def test_reading_gives_back_what_was_written(value: dict[str, object]) -> None:
    assert parse_canonical(canonical_bytes(value)) == value


@given(objects, st.sampled_from([{"indent": 1}, {"separators": (", ", ":")}, {"separators": (",", ": ")}]))
def test_another_spelling_of_the_same_value_is_refused(value: dict[str, object], how: dict[str, object]) -> None:
    other = json.dumps(value, sort_keys=True, ensure_ascii=False, **how).encode()  # type: ignore[arg-type]  # any option
    if other == canonical_bytes(value):
        assert parse_canonical(other) == value
    else:
        with pytest.raises(Rejected):
            parse_canonical(other)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except Rejected:
        return
    assert canonical_bytes(value) == data
