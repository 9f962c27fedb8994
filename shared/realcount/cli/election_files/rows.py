"""regions.csv and stations.csv, row by row: what each line says, checked as far as the line alone can be.

Built for a million lines. Villages repeat the same parents and the same names thousands of times, so each distinct text
is checked once, and its value is shared by every row that has it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from realcount.cli.election_files.finding import FileFinding
from realcount.cli.election_files.frame import name
from realcount.domain import strict
from realcount.domain.election import TOP, Parent

REGION_COLUMNS = ("id", "level", "name", "parents")
STATION_COLUMNS = ("id", "kind", "name", "parents", "registered")
SERIAL = "serial"
"""The one column that either file may have or not: the unit's number in another system's books."""

_COUNT = re.compile(r"0|[1-9][0-9]{0,8}")

T = TypeVar("T")
Parents = tuple[Parent, ...]
_NO_PARENTS: Parents = ()


class RegionRow(NamedTuple):
    line: int
    id: str
    level: str
    name: str
    parents: Parents
    serial: int | None = None


class StationRow(NamedTuple):
    """`registered` is None where the column is empty: unknown, which is another thing than zero. So is `serial`."""

    line: int
    id: str
    kind: str
    name: str
    parents: Parents
    registered: int | None
    serial: int | None = None


def read_regions(file: str, text: str, findings: list[FileFinding]) -> list[RegionRow] | None:
    """Every row of regions.csv that has all its columns, in the order of the file; None if the header is wrong."""
    level, title, parents = _Checked(strict.identifier, ""), _Checked(name, ""), _Checked(_parents, _NO_PARENTS)
    serial: _Checked[int | None] = _Checked(_count, None)
    lines = _lines(file, text, REGION_COLUMNS, findings)
    if lines is None:
        return None
    rows: list[RegionRow] = []
    for line, (id_text, level_text, name_text, parents_text, *more) in lines:
        bad: list[tuple[str, str]] = []
        _check_id(id_text, bad)
        rows.append(
            RegionRow(
                line,
                id_text,
                level.read(level_text, "level", bad),
                title.read(name_text, "name", bad),
                parents.read(parents_text, "parents", bad),
                serial.read(more[0], SERIAL, bad) if more else None,
            )
        )
        if bad:
            findings.extend(FileFinding(file, line, column, problem) for column, problem in bad)
    return rows


def read_stations(file: str, text: str, findings: list[FileFinding]) -> list[StationRow] | None:
    """Every row of stations.csv that has all its columns, in the order of the file; None if the header is wrong."""
    kind, title, parents = _Checked(name, ""), _Checked(name, ""), _Checked(_parents, _NO_PARENTS)
    registered: _Checked[int | None] = _Checked(_count, None)
    serial: _Checked[int | None] = _Checked(_count, None)
    lines = _lines(file, text, STATION_COLUMNS, findings)
    if lines is None:
        return None
    rows: list[StationRow] = []
    for line, (id_text, kind_text, name_text, parents_text, count, *more) in lines:
        bad: list[tuple[str, str]] = []
        _check_id(id_text, bad)
        rows.append(
            StationRow(
                line,
                id_text,
                kind.read(kind_text, "kind", bad),
                title.read(name_text, "name", bad),
                parents.read(parents_text, "parents", bad),
                registered.read(count, "registered", bad),
                serial.read(more[0], SERIAL, bad) if more else None,
            )
        )
        if bad:
            findings.extend(FileFinding(file, line, column, problem) for column, problem in bad)
    return rows


class _Checked(Generic[T]):
    """A column's check with its answers remembered. A bad text is read as `otherwise`, so that its row still counts."""

    def __init__(self, check: Callable[[str], T], otherwise: T) -> None:
        self._check = check
        self._otherwise = otherwise
        self._known: dict[str, tuple[T, str]] = {}

    def read(self, text: str, column: str, bad: list[tuple[str, str]]) -> T:
        known = self._known.get(text)
        if known is None:
            try:
                known = self._check(text), ""
            except ValueError as error:
                known = self._otherwise, str(error)
            self._known[text] = known
        value, problem = known
        if problem:
            bad.append((column, problem))
        return value


def _lines(
    file: str, text: str, columns: Sequence[str], findings: list[FileFinding]
) -> Iterator[tuple[int, Sequence[str]]] | None:
    """Line number and values, in the order of `columns` whatever the header's order is; None if the header is wrong.

    The value of `SERIAL` comes last, if the file has that column.

    A value never spans lines (names have no line breaks), so one bad quote spoils one line and not the rest of the file.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    split = _split(lines[0].removesuffix("\r")) if lines else []
    header = [split] if isinstance(split, str) else split
    columns = [*columns, SERIAL] if SERIAL in header else columns
    wrong = [
        *(f"has no column {column!r}" for column in columns if column not in header),
        *(f"has an unknown column {column!r}" for column in dict.fromkeys(header) if column not in columns),
        *(f"has the column {column!r} twice" for column in columns if header.count(column) > 1),
    ]
    findings.extend(FileFinding(file, 1, "", f"{problem}; columns are {','.join(columns)}") for problem in wrong)
    if wrong:
        return None
    return _values(file, lines, [header.index(column) for column in columns], findings)


def _values(
    file: str, lines: Sequence[str], places: Sequence[int], findings: list[FileFinding]
) -> Iterator[tuple[int, Sequence[str]]]:
    in_order = list(places) == list(range(len(places)))
    for number, line in enumerate(lines[1:], start=2):
        values = _split(line.removesuffix("\r"))
        if isinstance(values, str):
            findings.append(FileFinding(file, number, "", values))
        elif len(values) != len(places):
            findings.append(FileFinding(file, number, "", f"has {len(values)} values instead of {len(places)}"))
        else:
            yield number, values if in_order else [values[place] for place in places]


def _split(line: str) -> list[str] | str:
    """The values of one line, or what is wrong with its quotes."""
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        return f"is not CSV: {error}"


def _check_id(text: str, bad: list[tuple[str, str]]) -> None:
    if not strict.ID.fullmatch(text):
        bad.append(("id", f"{text[:80]!r} must be an id of 1 to 64 letters, digits, or _ . : -"))
    elif text == TOP:
        bad.append(("id", f"{TOP!r} is reserved"))


def _parents(text: str) -> Parents:
    """`hierarchy:unit`, separated by single spaces; empty for a top. A hierarchy's name has no colon, a unit's id may."""
    found: list[Parent] = []
    for part in text.split(" ") if text else ():
        hierarchy, colon, unit = part.partition(":")
        if not colon or not strict.ID.fullmatch(hierarchy) or not strict.ID.fullmatch(unit):
            raise ValueError(f"{part[:140]!r} must be of the form hierarchy:unit, several separated by one space")
        found.append(Parent(hierarchy, unit))
    if len(set(found)) != len(found):
        raise ValueError("names the same parent twice")
    return tuple(found)


def _count(text: str) -> int | None:
    if not text:
        return None
    if not _COUNT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} must be a whole number from 0 to 999999999, or empty where it is unknown")
    return int(text)
