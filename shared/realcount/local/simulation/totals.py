"""What the nation's page must say in the end, added up from the papers alone: the demo's own check of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from realcount.local.simulation.papers import Filing


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a region. `stations_in` are those that count."""

    stations_in: int
    votes: dict[str, int]
    valid: int
    invalid: int
    voters: int

    def as_document(self) -> dict[str, Any]:
        return asdict(self)


def of_papers(filings: Iterable[Filing], options: Iterable[str]) -> Totals:
    """The sum of what counts at the end; a figure that is not on a paper adds nothing."""
    counted = [filing.counts for filing in filings if filing.counts is not None]
    return Totals(
        stations_in=len(counted),
        votes={option: sum(numbers.votes[option] for numbers in counted) for option in options},
        valid=sum(numbers.figures.get("valid", 0) for numbers in counted),
        invalid=sum(numbers.figures.get("invalid", 0) for numbers in counted),
        voters=sum(numbers.figures.get("voters.total", 0) for numbers in counted),
    )


def of_page(page: Mapping[str, Any]) -> Totals:
    """What a region's page says."""
    return Totals(page["stations"]["approved"], page["votes"], page["valid"], page["invalid"], page["voters"])
