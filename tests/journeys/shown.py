"""What a manual shows as an answer, held against the answer: `…` stands for what the manual leaves out.

In JSON: `…` as a value is any value; among members or elements it is any number of them, also none; within a string it is
any text. All else must be equal: values, types, the order of members, and that there are no others. In text: a line that
is only `…` is any number of lines, and within a line it is any text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

ANY = "\ue000"
"""What `…` becomes for the JSON parser, by itself as a value and numbered as a member: a character that nobody shows."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[…{}\[\],:]|[^\s…{}\[\],:"]+')


def differences(shown: str, answer: str) -> list[str]:
    """What of the answer is not as it is shown; empty if it fits."""
    if shown.startswith(("{", "[")):
        try:
            found = json.loads(answer)
        except ValueError:
            return [f"not JSON: {answer[:300]!r}"]
        return list(_compared(_pattern(shown), _members(found), "$"))
    if shown.startswith("HTTP/"):
        return list(_http(shown, answer))
    return _lines(shown.splitlines(), answer.splitlines())


class _Object(list[tuple[str, Any]]):
    """The members of an object in their order."""


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return _Object((name, _members(member)) for name, member in value.items())
    return [_members(one) for one in value] if isinstance(value, list) else value


def _pattern(shown: str) -> Any:
    """The shown JSON, each `…` outside of strings made into something that JSON has."""
    tokens, inside, names, before = [], [], count(), ""
    for token in _TOKEN.findall(shown):
        if token in "{[":
            inside.append(token)
        elif token in "}]":
            inside.pop()
        if token == "…":
            member = inside[-1:] == ["{"] and before != ":"
            tokens.append(f'"{ANY}{next(names)}": null' if member else f'"{ANY}"')
        else:
            tokens.append(token)
        before = token
    return json.loads("".join(tokens), object_pairs_hook=_Object)


def _compared(shown: Any, found: Any, where: str) -> Iterator[str]:
    if isinstance(shown, _Object) and isinstance(found, _Object):
        yield from _in_order(list(shown), list(found), where, lambda one: one[0].startswith(ANY))
    elif isinstance(shown, list) and isinstance(found, list) and type(shown) is type(found):
        yield from _in_order(list(enumerate(shown)), list(enumerate(found)), where, lambda one: one[1] == ANY)
    elif shown == ANY:
        return
    elif isinstance(shown, str) and isinstance(found, str):
        if not _fits(shown, found):
            yield f"{where} is {found!r}, shown as {shown!r}"
    elif type(shown) is not type(found) or shown != found:
        yield f"{where} is {_said(found)}, shown as {_said(shown)}"


def _said(value: Any) -> str:
    return "an object" if isinstance(value, _Object) else "a list" if isinstance(value, list) else json.dumps(value)


def _in_order(shown: Sequence[Any], found: Sequence[Any], where: str, left_out: Any) -> Iterator[str]:
    """Members by name, elements by place: what is shown after `…` is looked for by its name, or counted from the end."""
    rest, skip = list(found), False
    for at, one in enumerate(shown):
        if left_out(one):
            skip = True
            continue
        if skip and isinstance(one[0], str):
            rest = rest[next((i for i, other in enumerate(rest) if other[0] == one[0]), len(rest)) :]
        elif skip:
            after = sum(not left_out(other) for other in shown[at:])
            rest = rest[max(0, len(rest) - after) :]
        skip = False
        if not rest or (isinstance(one[0], str) and rest[0][0] != one[0]):
            there = f"{rest[0][0]!r} is there" if rest and isinstance(one[0], str) else "it ends before"
            yield f"{where} has no {one[0]!r} where it is shown: {there}"
            return
        yield from _compared(one[1], rest.pop(0)[1], f"{where}.{one[0]}")
    if rest and not skip:
        yield f"{where} goes on with {rest[0][0]!r}, which is not shown"


def _fits(shown: str, found: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), found, re.DOTALL) is not None


def _lines(shown: Sequence[str], found: Sequence[str]) -> list[str]:
    """Each run of shown lines must come somewhere after the run before it."""
    at, skip = 0, False
    for line in shown:
        if line.strip() == "…":
            skip = True
            continue
        while skip and at < len(found) and not _fits(line.rstrip(), found[at].rstrip()):
            at += 1
        skip = False
        if at == len(found) or not _fits(line.rstrip(), found[at].rstrip()):
            return [
                f"no line {line!r} where it is shown; there is {found[at] if at < len(found) else 'nothing more'!r}"
            ]
        at += 1
    return [] if skip or at == len(found) else [f"goes on with the line {found[at]!r}, which is not shown"]


def _http(shown: str, answer: str) -> Iterator[str]:
    """Status line, headers in any order and case, others besides; the body as it is shown, if it is."""
    head, _, body = shown.partition("\n\n")
    got_head, _, got_body = answer.replace("\r\n", "\n").partition("\n\n")
    (status, *headers), (got_status, *got) = head.splitlines(), got_head.splitlines()
    if not _fits(status, got_status.rstrip()):
        yield f"answered {got_status!r}, shown as {status!r}"
    for line in headers:
        name, _, value = line.partition(":")
        if line.strip() != "…" and not any(
            other.partition(":")[0].lower() == name.lower() and _fits(value.strip(), other.partition(":")[2].strip())
            for other in got
        ):
            yield f"no header {line!r} among {got}"
    if body.strip() or got_body.strip():
        yield from differences(body.strip(), got_body) if body.strip() else ()
