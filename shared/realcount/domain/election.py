"""An election as data: contests with options, regions and polling stations with parents.

Nothing here knows what a province is. A unit (region or station) has parents, each under the name of a *hierarchy*; a
contest declares which hierarchies its numbers follow and where they end (its roots). A regency may so belong to a
province in the hierarchy `region` and to an electoral district in the hierarchy `dapil`, and a contest that follows
both rolls up into both. Ids are opaque: nothing is ever parsed out of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

TOP = "-"
"""The parent of a contest's roots: where the row of a root itself is kept."""


class ContestKey(NamedTuple):
    """Names one contest of one election. The pair, never the contest alone, is what numbers belong to."""

    election: str
    contest: str

    def __str__(self) -> str:
        return f"{self.election}/{self.contest}"


class Parent(NamedTuple):
    """One place of a unit in one hierarchy."""

    hierarchy: str
    unit: str


class Crumb(NamedTuple):
    """A region on the way up, as a page names it. `outside` are the contests that it is no part of: it has no page there."""

    id: str
    name: str
    level: str
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """What a vote can be for: a pair, a party, a person. `parent` is the option it belongs to (a candidate's party).

    `full_name` and `colour` (`#00FF00`) are how others write and draw it, `local` whether it stands in one part of the
    country alone, `serial` its number in another system's books. None: nobody said.

    The vote of a party's own box is a vote for the party's option; its candidates are options of their own. Nothing is
    counted twice: a party's total is its own votes and its candidates' and is derived, never entered.
    """

    id: str
    number: str
    name: str
    parent: str | None = None
    full_name: str | None = None
    colour: str | None = None
    local: bool | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """One question on one ballot paper.

    `options` fixes the order of every vote vector of the contest. `fields` are the figures a complete form of this
    contest carries (names of `domain.form.FIGURES`).
    """

    key: ContestKey
    name: str
    options: tuple[Option, ...]
    hierarchies: tuple[str, ...]
    roots: tuple[str, ...]
    fields: tuple[str, ...]

    def option_ids(self) -> tuple[str, ...]:
        return tuple(option.id for option in self.options)

    def parents_of(self, unit: Region | Station) -> tuple[str, ...]:
        """The regions this unit's numbers flow into, in this contest; a root flows into `TOP`."""
        if unit.id in self.roots:
            return (TOP,)
        return tuple(parent.unit for parent in unit.parents if parent.hierarchy in self.hierarchies)

    def covers(self, unit: Region | Station) -> bool:
        """Whether the unit votes in this contest: it is a root of it, or lies below one by the contest's hierarchies."""
        if unit.id in self.roots:
            return True
        return bool(self.parents_of(unit)) and any(root in unit.ancestors for root in self.roots)


@dataclass(frozen=True, slots=True)
class Child:
    """A unit directly below a region, with what never changes during the count. `registered` is None where unknown; `kind` is
    a station's (`Station.kind`), and empty for a region; `serial` its number in another system's books, if it has one."""

    id: str
    name: str
    hierarchy: str
    expected: int
    registered: int | None
    kind: str = ""
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A unit that has units below it.

    `ancestors` are all regions above it in any hierarchy; `path` is the way up that a reader is shown (top first).
    `expected` counts the polling stations below, `registered` their registered voters as far as known. `holds` says
    whether the children are regions or stations: never both.
    """

    election: str
    id: str
    level: str
    name: str
    parents: tuple[Parent, ...]
    ancestors: tuple[str, ...]
    path: tuple[Crumb, ...]
    children: tuple[Child, ...]
    holds: str
    expected: int
    registered: int

    def children_in(self, contest: Contest) -> Iterator[Child]:
        return (child for child in self.children if child.hierarchy in contest.hierarchies)


@dataclass(frozen=True, slots=True)
class Station:
    """A polling station: the unit that forms come from. `kind` is the field's word (TPS, KSK, POS)."""

    election: str
    id: str
    kind: str
    name: str
    parents: tuple[Parent, ...]
    ancestors: tuple[str, ...]
    path: tuple[Crumb, ...]
    registered: int | None


@dataclass(frozen=True, slots=True)
class Shape:
    """That an election is also answered in the words of an older system (`SHAPES`), and what those words need.

    `parties` is the contest whose options are the parties. `listed_at` is when lists of names, and stations that nothing
    came from, were last changed. `revised_at` is the moment from which stations' bodies are of the later of the two forms
    that were seen of them. `psu` is the kind of poll. None: nobody said.
    """

    name: str
    parties: str | None = None
    listed_at: str | None = None
    revised_at: str | None = None
    psu: str | None = None


SITUNG2019 = "situng2019"
SIREKAP2024 = "sirekap2024"
SHAPES = (SITUNG2019, SIREKAP2024)

PRESIDENT = "ppwp"
"""The contest that those systems call so, and the only one that is answered in their words: the one with this id."""


@dataclass(frozen=True, slots=True)
class Election:
    """The frame of an election: what a reader must know before any number.

    `label` is printed on every page ("SIMULATION", "not the official result"); `digest` names the exact files it was
    loaded from (SHA-256 over them); `held_on` is a date without a zone: polls open by local time. `levels_as` says of levels,
    in the order of the file, which of the common kinds of place they are (`domain.unit_kinds`); `shapes`, which older systems it is answered in the words of.
    """

    id: str
    name: str
    held_on: str
    label: str
    licence: str
    attribution: str
    hierarchies: tuple[str, ...]
    levels: tuple[str, ...]
    contests: tuple[Contest, ...]
    digest: str
    levels_as: tuple[tuple[str, str], ...] = ()
    shapes: tuple[Shape, ...] = ()

    def contest(self, contest: str) -> Contest | None:
        return next((c for c in self.contests if c.key.contest == contest), None)
