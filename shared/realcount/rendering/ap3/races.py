"""`GET /v3/elections/{date}`: a race is a contest in one of its roots; its reporting units are the root and its children.

AP's world is the United States, and its clients hold it against tables of their own. So `statePostal` is "US" everywhere:
`PA`, Papua, would become Pennsylvania, and a code that is in no table ends the client `elex` with an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from realcount.rendering.ap3.elections import is_test
from realcount.rendering.ap3.query import STATE, RaceQuery

Document = Mapping[str, Any]

POSTAL = "US"

UNIT_LEVELS = {"ru": "subunit", "fipscode": "FIPSCode", "district": "district"}
"""What AP calls the level of a unit below the state, by the level that was asked for. They are the same units here."""


def race_id(election: str, contest: str, root: str | None) -> str:
    """`root` is None where a contest has one. The slash is in no id, so no two races share one."""
    return f"{election}/{contest}" if root is None else f"{election}/{contest}/{root}"


def race_document(
    race: str, election: Document, contest: Document, region: Document, several: bool, asked: RaceQuery
) -> dict[str, object]:
    """One race, out of the pages of its election, its contest and its root; `several` says that the contest has more roots.

    With `asked.omit` a race has its candidates and no units, as clients then want it.
    """
    document: dict[str, object] = {
        "test": is_test(election),
        "raceID": race,
        "raceType": "General",
        "raceTypeID": "G",
        "officeID": contest["id"],
        "officeName": contest["name"],
        "national": region["region"]["level"] == election["levels"][0],
        "statePostal": POSTAL,
        "uncontested": False,
        "edition": region["edition"],
    }
    if several:
        document["seatName"] = region["region"]["name"]
    if region["updated_at"] is not None:
        document["lastUpdated"] = region["updated_at"]
    if asked.omit:
        return {**document, "candidates": _candidates(race, contest["options"], None)}
    units = [_unit(race, contest, region["region"], region, region["updated_at"], "state", asked)]
    if asked.level != STATE:
        level = UNIT_LEVELS[asked.level]
        units += [
            _unit(race, contest, child, child, region["updated_at"], level, asked) for child in region["children"]
        ]
    return {**document, "reportingUnits": units}


def _unit(
    race: str, contest: Document, place: Document, numbers: Document, at: str | None, level: str, asked: RaceQuery
) -> dict[str, object]:
    """`at`: pages say when anything in them changed last, and not which of their rows it was."""
    expected = numbers["stations"]["expected"]
    approved = 0 if asked.zero else numbers["stations"]["approved"]
    unit: dict[str, object] = {
        "statePostal": POSTAL,
        "level": level,
        "reportingunitID": place["id"],
        "reportingunitName": place["name"],
        "precinctsReporting": approved,
        "precinctsTotal": expected,
        "precinctsReportingPct": round(100 * approved / expected, 2) if expected else 0.0,
        "electorate": numbers["registered"],
    }
    if at is not None:
        unit["lastUpdated"] = at
    votes = dict.fromkeys(numbers["votes"], 0) if asked.zero else numbers["votes"]
    return {**unit, "candidates": _candidates(race, contest["options"], votes)}


def _candidates(race: str, options: Sequence[Document], votes: Mapping[str, int] | None) -> list[dict[str, object]]:
    """No winner is ever named: this is a count, not a call."""
    names = {option["id"]: option["name"] for option in options}
    candidates = []
    for order, option in enumerate(options, 1):
        known = f"{race}/{option['id']}"  # Clients take it to be one person's among all races of a date.
        candidate: dict[str, object] = {
            "last": option["name"],
            "party": names.get(option["parent"], "") if option["parent"] else "",
            "candidateID": known,
            "polID": "0",
            "polNum": known,
            "ballotOrder": order,
            "ballotNumber": option["number"],
        }
        if votes is not None:
            candidate["voteCount"] = votes[option["id"]]
        candidates.append(candidate)
    return candidates
