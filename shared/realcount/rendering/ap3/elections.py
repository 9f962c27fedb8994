"""`GET /v3/elections`: the dates on which there is something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SIMULATION = "SIMULATION"
"""Labels of invented elections begin with it."""


def is_test(election: Mapping[str, Any]) -> bool:
    """Whether an election, as /v1 describes it, is an invented one: what AP calls test results."""
    return str(election["label"]).startswith(SIMULATION)


def elections_document(elections: Sequence[Mapping[str, Any]], base: str) -> dict[str, object]:
    """The list, oldest date first; `base` is the address that readers know us by.

    AP knows dates and no names: elections of one date are one entry, and their contests are that date's races.
    """
    by_date: dict[str, list[Mapping[str, Any]]] = {}
    for election in sorted(elections, key=lambda one: (one["held_on"], one["id"])):
        by_date.setdefault(election["held_on"], []).append(election)
    return {
        "elections": [
            {
                "electionDate": date,
                "testResults": any(map(is_test, held)),
                "liveResults": not all(map(is_test, held)),
                "links": [{"rel": "results", "href": f"{base}/v3/elections/{date}"}],
            }
            for date, held in by_date.items()
        ]
    }
