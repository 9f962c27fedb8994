"""A tally: what is known below one unit of one contest, as a value that can be added.

`sv` (source version) is version, lock and edition in one number: at a station it is the number of things that have
happened to its form (`domain.ledger.Head.seq`), above it is the sum of the children's. It never decreases, and of two
tallies of one unit with equal `sv` every other number is equal too. That sentence is the drift test of the system.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from realcount.domain.election import ContestKey
from realcount.domain.instants import EPOCH


class StationChange(NamedTuple):
    """A trigger: something may have happened to this station's form. Carries no data on purpose, see `RowChange`."""

    contest: ContestKey
    station: str


class RowChange(NamedTuple):
    """A trigger: the row of `child` under `parent` may have changed.

    Because it carries no numbers, it does no harm to deliver it twice, late, in any order, or again next week; and a
    lost one is repaired by the sweep.
    """

    contest: ContestKey
    parent: str
    child: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes per option in the contest's order, and the counts beside them. All are integers >= 0.

    `voters` are those who used their right to vote; `received`, `approved`, `flagged` and `incomplete` count stations
    (0 or 1 at a station). `at` is when the latest of what is counted here happened. `findings` are the codes of what was
    found on a flagged station's form, and empty above stations; `example` is a flagged station below, if there is one.
    """

    sv: int
    votes: tuple[int, ...]
    valid: int
    invalid: int
    voters: int
    received: int
    approved: int
    flagged: int
    incomplete: int
    at: str
    findings: tuple[str, ...] = ()
    example: str | None = None


class Row(NamedTuple):
    """A row with the place where it lies: the tally of `child` as `parent` sees it."""

    contest: ContestKey
    parent: str
    child: str
    tally: Tally


def zero(options: int) -> Tally:
    """The tally of a unit from which nothing has come yet, in a contest with so many options."""
    return Tally(0, (0,) * options, 0, 0, 0, 0, 0, 0, 0, EPOCH)


def total(tallies: Iterable[Tally], options: int) -> Tally:
    """The sum of the children of one region. Children never heard from may be left out: they are zeros.

    Raises `ValueError` if the vectors differ in length, which can only mean rows of two contests were mixed.
    """
    sv = valid = invalid = voters = received = approved = flagged = incomplete = 0
    votes = [0] * options
    at = EPOCH
    example: str | None = None
    for tally in tallies:
        sv += tally.sv
        if len(tally.votes) != options:
            raise ValueError(f"a tally of {len(tally.votes)} options among tallies of {options}")
        for i, count in enumerate(tally.votes):
            votes[i] += count
        valid += tally.valid
        invalid += tally.invalid
        voters += tally.voters
        received += tally.received
        approved += tally.approved
        flagged += tally.flagged
        incomplete += tally.incomplete
        if tally.at > at:
            at = tally.at
        # The least, as children come in any order and the same rows must make the same sum.
        if tally.example is not None and (example is None or tally.example < example):
            example = tally.example
    return Tally(sv, tuple(votes), valid, invalid, voters, received, approved, flagged, incomplete, at, (), example)
