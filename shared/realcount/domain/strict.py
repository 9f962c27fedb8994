"""Reading members of an untrusted object, one by one, collecting every refusal instead of stopping at the first.

A `Members` wraps one decoded JSON object. Each `take` returns the value if it is exactly of the asked-for form, else
None after noting why not; `close` refuses what nobody asked for. Booleans are not integers here, and `[0-9]` means the
ten ASCII digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from realcount.domain.errors import Refusal, Rejected
from realcount.domain.instants import from_instant

T = TypeVar("T")

ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""An opaque id. No `/` and no `#`: ids are joined into paths and keys with these."""

SHA256 = re.compile(r"[0-9a-f]{64}")
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
MAX_TEXT = 500


class Members:
    def __init__(self, value: object, where: str = "", refusals: list[Refusal] | None = None) -> None:
        self._where = where
        self.refusals: list[Refusal] = [] if refusals is None else refusals
        self._value: dict[str, object] = {}
        self._seen: set[str] = set()
        if isinstance(value, dict):
            self._value = value
        else:
            self.refuse("", "bad-type", "must be an object")

    def refuse(self, name: str, code: str, detail: str) -> None:
        field = f"{self._where}.{name}" if self._where and name else self._where or name
        self.refusals.append(Refusal(code, field, detail))

    def raise_if_refused(self) -> None:
        if self.refusals:
            raise Rejected(self.refusals)

    def close(self) -> None:
        """Refuse every member that was not taken."""
        for name in sorted(self._value.keys() - self._seen):
            self.refuse(name, "unknown-field", "is not a member of this document")

    def take(self, name: str, check: Callable[[object], T]) -> T | None:
        """The member through `check`, which returns the value or raises `ValueError` with what it must be."""
        self._seen.add(name)
        if name not in self._value:
            self.refuse(name, "missing-field", "is missing")
            return None
        try:
            return check(self._value[name])
        except ValueError as error:
            self.refuse(name, "bad-value", str(error))
            return None

    def raw(self, name: str) -> object:
        self._seen.add(name)
        return self._value.get(name)


def identifier(value: object) -> str:
    if isinstance(value, str) and ID.fullmatch(value):
        return value
    raise ValueError("must be an id of 1 to 64 letters, digits, or _ . : -")


def nonce(value: object) -> str:
    if isinstance(value, str) and NONCE.fullmatch(value):
        return value
    raise ValueError("must be 16 to 64 random letters, digits, _ or -")


def digest(value: object) -> str:
    if isinstance(value, str) and SHA256.fullmatch(value):
        return value
    raise ValueError("must be a SHA-256 in 64 lower-case hexadecimal digits")


def maybe_digest(value: object) -> str | None:
    return None if value is None else digest(value)


def instant(value: object) -> str:
    if isinstance(value, str) and len(value) == 24 and value.isascii():
        try:
            from_instant(value)
        except ValueError:
            pass
        else:
            return value
    raise ValueError("must be a time in UTC of the form 2019-04-17T13:00:00.000Z")


def text(value: object) -> str:
    """Free text for people: not empty, at most 500 characters, no control characters (they have no place in a reason)."""
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
        return value
    raise ValueError(f"must be 1 to {MAX_TEXT} printable characters")


def maybe_text(value: object) -> str | None:
    return None if value is None else text(value)


def integer(low: int, high: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if type(value) is int and low <= value <= high:
            return value
        raise ValueError(f"must be a whole number from {low} to {high}")

    return check


def one_of(*allowed: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        raise ValueError(f"must be one of: {', '.join(allowed)}")

    return check


def array(low: int, high: int) -> Callable[[object], Sequence[object]]:
    def check(value: object) -> Sequence[object]:
        if isinstance(value, list) and low <= len(value) <= high:
            return value
        raise ValueError(f"must be a list of {low} to {high} entries")

    return check


def counts(high: int) -> Callable[[object], Mapping[str, int]]:
    """An object whose members are all whole numbers from 0 to `high`. Which names are allowed, the caller checks."""

    def check(value: object) -> Mapping[str, int]:
        if not isinstance(value, dict):
            raise ValueError("must be an object of whole numbers")
        wrong = [name for name, count in value.items() if type(count) is not int or not 0 <= count <= high]
        if wrong:
            raise ValueError(f"{', '.join(sorted(wrong)[:8])}: must be a whole number from 0 to {high}")
        return value

    return check
