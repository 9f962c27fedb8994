"""The oracle: what every number must be, folded from the forms alone, by code that shares only types with the product.

Votes carry their origin. The first option's votes of version k of station number i are k * 10**i, so any total of that
option, read as decimal digits, says of each station which version is in it: 20301 is version 1 of S1, 3 of S3 and 2 of
S5. A total therefore proves by itself what was added up, however it came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realcount.domain.election import Contest, Region
from realcount.domain.ledger import FormVersion, Review
from tests.small_election import STATIONS, region, units

NEVER = "1970-01-01T00:00:00.000Z"
MAX_VERSION = 9

History = Sequence[tuple[FormVersion, Review | None]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Everything a row or a page says in numbers. Deliberately not `domain.tally.Tally`."""

    edition: int
    votes: tuple[int, ...]
    valid: int
    invalid: int
    voters: int
    received: int
    approved: int
    flagged: int
    incomplete: int
    at: str

    def __add__(self, other: Numbers) -> Numbers:
        return Numbers(
            self.edition + other.edition,
            tuple(a + b for a, b in zip(self.votes, other.votes, strict=True)),
            self.valid + other.valid,
            self.invalid + other.invalid,
            self.voters + other.voters,
            self.received + other.received,
            self.approved + other.approved,
            self.flagged + other.flagged,
            self.incomplete + other.incomplete,
            max(self.at, other.at),
        )


def nothing(contest: Contest) -> Numbers:
    return Numbers(0, (0,) * len(contest.options), 0, 0, 0, 0, 0, 0, 0, NEVER)


def marked_votes(station: str, version: int) -> int:
    """The first option's votes: the version, as the station's own decimal digit."""
    return int(version * 10 ** STATIONS.index(station))


def marks(votes: int) -> dict[str, int]:
    """Which version of each station is in a total of the first option; 0 for none (or one without numbers)."""
    return {station: votes // 10**i % 10 for i, station in enumerate(STATIONS)}


def fold_station(history: History, seals: Mapping[int, int], contest: Contest) -> Numbers:
    """What a station counts for, from its versions, the decisions on them, and which of them are sealed."""
    if not history:
        return nothing(contest)
    approved = [version for version, review in history if review is not None and review.decision == "approve"]
    sealed = [version for version in approved if version.form.version in seals]
    last, last_review = history[-1]
    counted = sealed[-1] if sealed and sealed[-1].form.kind != "withdrawal" else None
    waits = last_review is None or len(sealed) < len(approved)
    shown = counted or (last if waits else None)
    form = counted.form if counted else None
    kinds = {finding.kind for finding in shown.findings} if shown else set()
    times = [version.received_at for version, _ in history]
    times += [review.decided_at for _, review in history if review is not None]
    return Numbers(
        edition=len(history) + sum(review is not None for _, review in history) + len(seals),
        votes=tuple(form.votes.get(option.id, 0) if form else 0 for option in contest.options),
        valid=form.figures.get("valid", 0) if form else 0,
        invalid=form.figures.get("invalid", 0) if form else 0,
        voters=form.figures.get("voters.total", 0) if form else 0,
        received=1 if shown else 0,
        approved=1 if form else 0,
        flagged=1 if "inconsistent" in kinds else 0,
        incomplete=1 if "incomplete" in kinds else 0,
        at=max(times),
    )


def stations_below(unit: str, contest: Contest) -> list[str]:
    """The stations whose numbers a unit adds up in a contest."""
    return list(_below(contest)[unit])


_cache: dict[Contest, dict[str, tuple[str, ...]]] = {}


def _below(contest: Contest) -> dict[str, tuple[str, ...]]:
    if contest not in _cache:
        found: dict[str, tuple[str, ...]] = {station: (station,) for station in STATIONS}

        def fill(unit: Region) -> tuple[str, ...]:
            if unit.id not in found:
                below: list[str] = []
                for child in unit.children:
                    if child.hierarchy in contest.hierarchies:
                        below.extend((child.id,) if child.id in STATIONS else fill(region(child.id)))
                found[unit.id] = tuple(below)
            return found[unit.id]

        for unit in units():
            if isinstance(unit, Region):
                fill(unit)
        _cache[contest] = found
    return _cache[contest]


def fold(unit: str, contest: Contest, stations: dict[str, Numbers]) -> Numbers:
    """What a region, or station, counts for: the plain sum over the stations below it."""
    numbers = nothing(contest)
    for station in stations_below(unit, contest):
        numbers += stations[station]
    return numbers
