"""FilterCriteria of an event source mapping: which records a function gets to see.

A pattern has the shape of a record; its leaves are lists of alternatives. A record passes if any pattern matches, or if
there are none.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from realcount.local.intrinsics import TemplateError

_MISSING = object()
_COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_RULES = ("prefix", "suffix", "anything-but", "exists", "numeric", "equals-ignore-case")


def passes(record: Mapping[str, Any], patterns: Sequence[Mapping[str, Any]]) -> bool:
    return not patterns or any(_matches(record, pattern) for pattern in patterns)


def check(pattern: Mapping[str, Any], where: str) -> None:
    """Raises `TemplateError` for a pattern that this module would not read as Lambda does."""
    for name, wanted in pattern.items():
        if isinstance(wanted, Mapping) and not name.startswith("$"):
            check(wanted, where)
            continue
        rules = [rule for rule in wanted if isinstance(rule, Mapping)] if isinstance(wanted, list) else None
        if rules is None or any(len(rule) != 1 or next(iter(rule)) not in _RULES for rule in rules):
            raise TemplateError(f"the filter of {where} uses {name!r}: {wanted!r}, which one machine cannot match")


def _matches(value: object, pattern: Mapping[str, Any]) -> bool:
    for name, wanted in pattern.items():
        found = value.get(name, _MISSING) if isinstance(value, Mapping) else _MISSING
        if isinstance(wanted, Mapping):
            if not _matches(found, wanted):
                return False
        elif not any(_fits(found, rule) for rule in wanted):
            return False
    return True


def _fits(found: Any, rule: object) -> bool:
    if not isinstance(rule, Mapping):
        return found is not _MISSING and found == rule and type(found) is type(rule)
    name, wanted = next(iter(rule.items()))
    if name == "exists":
        return (found is not _MISSING) is wanted
    if found is _MISSING:
        return False
    match name:
        case "prefix":
            return isinstance(found, str) and found.startswith(wanted)
        case "suffix":
            return isinstance(found, str) and found.endswith(wanted)
        case "equals-ignore-case":
            return isinstance(found, str) and found.lower() == wanted.lower()
        case "anything-but":
            return found not in (wanted if isinstance(wanted, list) else [wanted])
    return isinstance(found, int | float) and all(
        _compare(found, comparison, limit) for comparison, limit in zip(wanted[::2], wanted[1::2], strict=True)
    )


def _compare(found: float, comparison: str, limit: float) -> bool:
    return bool(_COMPARISONS[comparison](found, limit))
