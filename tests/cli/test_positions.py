"""The decoder with positions reads exactly what the standard one reads, and knows where it stood."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realcount.cli.election_files.positions import NotJSON, Positions

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def positions(text: str) -> Positions:
    return Positions(text, lambda line, path: pytest.fail(f"{path} twice at {line}"))


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_it_reads_what_the_standard_decoder_reads(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert positions(text).value == json.loads(text)


def test_a_member_is_found_on_its_line_and_a_missing_one_on_its_objects() -> None:
    found = positions('{\n"a": [\n1,\n{"b": 2}\n],\n"c": 3\n}')
    assert [found.line(path) for path in ("", "a", "a[1]", "a[1].b", "a[1].x.y", "a[7]", "c", "d")] == [
        *(1, 2, 4, 4, 4, 2, 6, 1),
    ]


def test_the_second_of_two_members_of_one_name_is_reported() -> None:
    twice: list[tuple[int, str]] = []
    Positions('{"a": {"b": 1,\n"b": 2}}', lambda line, path: twice.append((line, path)))
    assert twice == [(2, "a.b")]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", '{"a":1,}', "{'a': 1}", '{"a" 1}', "NaN", "01", "1.", '"\n"', '"a', "[1] 2", "tru", "1" * 5000, "[" * 99_999],
)  # fmt: skip
def test_what_is_no_json_is_refused_with_a_line(text: str) -> None:
    with pytest.raises(NotJSON) as refused:
        positions(text)
    assert refused.value.line >= 1
