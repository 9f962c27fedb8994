"""JSON with line numbers: every member and entry of a document, and the line on which it begins.

The standard decoder forgets where it found things and lets a later key of the same name win; an operator who mistyped
line 40 of a hand-written file deserves better. Paths are spelled as refusals spell them: `contests[0].options[2].parent`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DECODER = json.JSONDecoder()
_WORDS = {"true": True, "false": False, "null": None}


class NotJSON(Exception):
    """The text stops being JSON at this line."""

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        super().__init__(problem)


class Positions:
    """A decoded document. `value` is what `json.loads` would return; `line(path)` says where a member stands."""

    def __init__(self, text: str, on_duplicate: Callable[[int, str], None]) -> None:
        """Decode `text`; `on_duplicate(line, path)` is told of members that occur twice. Raises `NotJSON`."""
        self._text = text
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[str, int] = {}
        self._on_duplicate = on_duplicate
        try:
            self.value, end = self._value(self._skip(0), "")
        except RecursionError:
            raise NotJSON(1, "is nested too deeply") from None
        end = self._skip(end)
        if end != len(text):
            raise self._wrong(end, "expected the end of the file")

    def line(self, path: str) -> int:
        """The line of the member; for one that is not there, the line of the innermost object or list around it."""
        while path and path not in self._lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._lines.get(path, 1)

    def _line_of(self, index: int) -> int:
        return bisect_right(self._breaks, index - 1) + 1

    def _wrong(self, index: int, problem: str) -> NotJSON:
        return NotJSON(self._line_of(index), f"is not JSON: {problem}, found {self._text[index : index + 12]!r}")

    def _skip(self, index: int) -> int:
        match = _SPACE.match(self._text, index)
        return match.end() if match else index

    def _value(self, index: int, path: str) -> tuple[object, int]:
        self._lines.setdefault(path, self._line_of(index))
        first = self._text[index : index + 1]
        if first == '"':
            return self._string(index)
        if first == "{":
            return self._object(index, path)
        if first == "[":
            return self._array(index, path)
        number = _NUMBER.match(self._text, index)
        if number and len(number[0]) < 100:
            return (float if number[1] or number[2] else int)(number[0]), number.end()
        for word, value in _WORDS.items():
            if self._text.startswith(word, index):
                return value, index + len(word)
        raise self._wrong(index, "expected a value")

    def _string(self, index: int) -> tuple[str, int]:
        try:
            value, end = _DECODER.raw_decode(self._text, index)
        except json.JSONDecodeError as error:
            raise NotJSON(self._line_of(error.pos), f"is not JSON: {error.msg}") from None
        return str(value), end

    def _object(self, index: int, path: str) -> tuple[dict[str, object], int]:
        members: dict[str, object] = {}
        index = self._skip(index + 1)
        if self._text.startswith("}", index):
            return members, index + 1
        while True:
            if not self._text.startswith('"', index):
                raise self._wrong(index, "expected the name of a member in double quotes")
            at = index
            name, index = self._string(index)
            inner = f"{path}.{name}" if path else name
            if name in members:
                self._on_duplicate(self._line_of(at), inner)
            index = self._skip(index)
            if not self._text.startswith(":", index):
                raise self._wrong(index, f"expected ':' after {name!r}")
            members[name], index = self._value(self._skip(index + 1), inner)
            index, done = self._next(index, "}")
            if done:
                return members, index

    def _array(self, index: int, path: str) -> tuple[list[object], int]:
        entries: list[object] = []
        index = self._skip(index + 1)
        if self._text.startswith("]", index):
            return entries, index + 1
        while True:
            entry, index = self._value(index, f"{path}[{len(entries)}]")
            entries.append(entry)
            index, done = self._next(index, "]")
            if done:
                return entries, index

    def _next(self, index: int, closing: str) -> tuple[int, bool]:
        """Past the comma or the closing bracket that must come now, and whether it was the bracket."""
        index = self._skip(index)
        if self._text.startswith(closing, index):
            return index + 1, True
        if self._text.startswith(",", index):
            return self._skip(index + 1), False
        raise self._wrong(index, f"expected ',' or '{closing}'")
