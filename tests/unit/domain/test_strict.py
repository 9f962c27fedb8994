"""Every kind of member, with what it lets through and what it says about the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from realcount.domain import strict
from realcount.domain.errors import Rejected


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (strict.identifier, ["a", "A-1:b_2.c", "x" * 64], ["", "x" * 65, "a/b", "a#b", "a b", "é", "a\n", 1, None, True]),
        (strict.nonce, ["n" * 16, "A_-9" * 16], ["n" * 15, "n" * 65, "n" * 15 + "=", "n" * 16 + "\n", 1]),
        (strict.digest, ["0" * 64, "abcdef0123456789" * 4], ["0" * 63, "A" * 64, "g" * 64, "0" * 64 + "\n", 0, None]),
        (strict.maybe_digest, [None, "0" * 64], ["", False]),
        (strict.instant, ["2019-04-17T13:00:00.000Z"],
         ["2019-04-17T13:00:00Z", "2019-04-31T13:00:00.000Z", "２019-04-17T13:00:00.00Z", "x" * 24, 0, None]),
        (strict.text, ["why", "é" * 500], ["", "x" * 501, "a\nb", "a\x00", "a\u202eb", 1, None]),
        (strict.maybe_text, [None, "why"], ["", 0]),
        (strict.integer(1, 9), [1, 9], [0, 10, -1, True, 1.0, "1", "１", None, 10**5000]),
        (strict.one_of("a", "b"), ["a", "b"], ["c", "A", 1, None, ["a"]]),
        (strict.array(1, 2), [[1], [1, None]], [[], [1, 2, 3], {}, "ab", None]),
        (strict.counts(9), [{}, {"a": 0, "b": 9}], [[], None, {"a": 10}, {"a": -1}, {"a": True}, {"a": 1.0}, {"a": "1"}, {"a": None}]),
    ],
)  # fmt: skip
def test_what_a_member_may_be(check: Callable[[object], object], good: list[object], bad: list[object]) -> None:
    for value in good:
        assert check(value) == value
    for value in bad:
        with pytest.raises(ValueError, match="must be"):
            check(value)


def test_wrong_counts_are_named_but_not_all_of_thousands() -> None:
    with pytest.raises(ValueError, match="must be a whole number from 0 to 9") as error:
        strict.counts(9)({f"m{i:03}": -1 for i in range(1_000)})
    assert str(error.value).startswith("m000, m001, ")
    assert len(str(error.value)) < 100


def test_every_refusal_is_collected_with_its_path() -> None:
    members = strict.Members({"a": 1, "z": 0, "y": 0})
    assert members.take("a", strict.text) is None
    assert members.take("b", strict.text) is None
    inner = strict.Members(7, "scans[0]", members.refusals)
    assert inner.raw("sha256") is None
    inner.refuse("sha256", "missing-field", "is missing")
    members.close()
    with pytest.raises(Rejected) as refused:
        members.raise_if_refused()
    assert [(r.code, r.field) for r in refused.value.refusals] == [
        ("bad-value", "a"),
        ("missing-field", "b"),
        ("bad-type", "scans[0]"),
        ("missing-field", "scans[0].sha256"),
        ("unknown-field", "y"),
        ("unknown-field", "z"),
    ]
    assert "a: must be 1 to 500 printable characters" in str(refused.value)
