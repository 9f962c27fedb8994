"""FilterCriteria let through what Lambda lets through."""

from __future__ import annotations

from typing import Any

import pytest

from realcount.local.filters import check, passes
from realcount.local.intrinsics import TemplateError

RECORD = {"eventName": "MODIFY", "dynamodb": {"Keys": {"sk": {"S": "HEAD"}}, "SizeBytes": 40}}


@pytest.mark.parametrize(
    ("pattern", "passing"),
    [
        ({}, True),
        ({"eventName": ["MODIFY"]}, True),
        ({"eventName": ["INSERT", "REMOVE"]}, False),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": ["HEAD"]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": ["V#000001"]}}}}, False),
        ({"dynamodb": {"Keys": {"sk": {"N": ["HEAD"]}}}}, False),
        ({"dynamodb": {"Keys": {"pk": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "HE"}]}}}}, True),
        ({"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "V#"}, {"suffix": "AD"}]}}}}, True),
        ({"eventName": [{"anything-but": ["MODIFY"]}]}, False),
        ({"eventName": [{"anything-but": "REMOVE"}]}, True),
        ({"eventName": [{"equals-ignore-case": "modify"}]}, True),
        ({"dynamodb": {"SizeBytes": [{"numeric": [">=", 40, "<", 50]}]}}, True),
        ({"dynamodb": {"SizeBytes": [{"numeric": [">", 40]}]}}, False),
        ({"eventName": [{"numeric": [">", 0]}]}, False),
        ({"dynamodb": {"SizeBytes": ["40"]}}, False),
        ({"eventName": ["MODIFY"], "dynamodb": {"SizeBytes": [41]}}, False),
    ],
)
def test_a_pattern_matches_by_its_leaves(pattern: dict[str, Any], passing: bool) -> None:
    check(pattern, "test")
    assert passes(RECORD, [pattern]) is passing


def test_one_pattern_of_several_is_enough_and_none_lets_all_through() -> None:
    assert passes(RECORD, [{"eventName": ["INSERT"]}, {"eventName": ["MODIFY"]}])
    assert passes(RECORD, [])


@pytest.mark.parametrize(
    "pattern",
    [{"eventName": "MODIFY"}, {"eventName": [{"cidr": "10.0.0.0/8"}]}, {"$or": [{"a": [1]}]}, {"eventName": [{}]}],
)
def test_a_pattern_that_would_be_read_otherwise_is_refused(pattern: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match="one machine cannot match"):
        check(pattern, "test")
