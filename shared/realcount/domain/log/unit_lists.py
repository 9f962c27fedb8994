"""The tree of an election as a public file: one line for each unit, in the order of their ids.

    {"id": "1106010001001", "parents": [["region", "1106010001"]], "station": true}

Its SHA-256 stands in the log's opening entry, so that nobody can move a station to another village later. With it and the
log, every total can be added up again, and every signer's reach be judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from realcount.domain import strict
from realcount.domain.canonical import canonical_bytes, parse_canonical
from realcount.domain.election import Parent, Region, Station
from realcount.domain.errors import Refusal, Rejected

UNITS = "units"
"""What the file is called among those of the log."""

MAX_PARENTS = 16


@dataclass(frozen=True, slots=True)
class Unit:
    id: str
    parents: tuple[Parent, ...]
    station: bool


def unit_list(units: Iterable[Region | Station]) -> Iterator[bytes]:
    """The lines of the file, each with its line feed."""
    for unit in sorted(units, key=lambda unit: unit.id):
        yield (
            canonical_bytes(
                {
                    "id": unit.id,
                    "parents": [list(parent) for parent in unit.parents],
                    "station": isinstance(unit, Station),
                }
            )
            + b"\n"
        )


def list_digest(lines: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()


def read_unit_list(lines: Iterable[bytes]) -> Iterator[Unit]:
    """Raises `Rejected`, naming the line, for what is no unit, is out of order, or comes twice."""
    last = ""
    for number, line in enumerate(lines, start=1):
        try:
            unit = _read(line)
        except Rejected as error:
            raise Rejected([Refusal(r.code, f"line {number}: {r.field}", r.detail) for r in error.refusals]) from None
        if unit.id <= last:
            raise Rejected([Refusal("bad-unit", f"line {number}: id", f"{unit.id} does not come after {last}")])
        last = unit.id
        yield unit


def children_in(parents: Mapping[str, Sequence[Parent]], hierarchies: Container[str]) -> dict[str, tuple[str, ...]]:
    """The children of every region in a contest that follows these hierarchies, each once, in the order of the list: the
    order in which a node of the sum tree lists them."""
    found: dict[str, list[str]] = {}
    for unit, its_parents in parents.items():
        for parent in dict.fromkeys(parent.unit for parent in its_parents if parent.hierarchy in hierarchies):
            found.setdefault(parent, []).append(unit)
    return {parent: tuple(children) for parent, children in found.items()}


def _read(line: bytes) -> Unit:
    members = strict.Members(parse_canonical(line.removesuffix(b"\n")))
    id_ = members.take("id", strict.identifier)
    parents = members.take("parents", _parents)
    station = members.take("station", _yes_or_no)
    members.close()
    members.raise_if_refused()
    assert id_ and parents is not None and station is not None
    return Unit(id_, parents, station)


def _parents(value: object) -> tuple[Parent, ...]:
    pairs: Sequence[object] = strict.array(0, MAX_PARENTS)(value)
    return tuple(Parent(*map(strict.identifier, strict.array(2, 2)(pair))) for pair in pairs)


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")
