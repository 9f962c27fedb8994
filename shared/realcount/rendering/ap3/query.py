"""What a client of AP's API asks for: the parameters of `/v3/elections/{date}`, and the place in a chain of requests.

Names are compared without regard to case, as AP's own documents write them in both ways. Unknown ones, a key among them,
are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from realcount.domain.errors import Refusal, Rejected
from realcount.domain.instants import EPOCH, to_instant

STATE = "state"
LEVELS = (STATE, "ru", "district", "fipscode")

LONGEST = 6_000
"""Characters of an address; AP's limit."""

_CURSOR = re.compile(r"([0-9T:.Z-]{24})~([0-9a-f]{8})~([0-9a-f]{1,4})~((?:[0-9a-f]{0,12}\.)*[0-9a-f]{0,12})")
_POSTAL = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a client is. `newest` is the latest change it has seen; `races` names the list of races it was told of (a digest),
    `editions` what it holds of each, None where nothing; `at` is the race at which to go on.

    By editions and not by time: a form that came early may be rolled up late, and then changes numbers without changing
    the time of the latest change.
    """

    newest: str
    races: str
    at: int
    editions: tuple[int | None, ...]

    def __str__(self) -> str:
        held = ".".join("" if edition is None else f"{edition:x}" for edition in self.editions)
        return f"{self.newest}~{self.races}~{self.at:x}~{held}"


@dataclass(frozen=True, slots=True)
class RaceQuery:
    """None, for `offices`, `races`, `states`, `national` and `test`: any. `newer` is an instant or a `Cursor`; what is not
    newer is left out."""

    date: str
    level: str = STATE
    offices: frozenset[str] | None = None
    races: frozenset[str] | None = None
    states: frozenset[str] | None = None
    national: bool | None = None
    test: bool = False
    zero: bool = False
    omit: bool = False
    newer: str | Cursor | None = None

    def address(self, base: str, cursor: Cursor) -> str:
        """The whole address at which only what is newer than `cursor` is."""
        said: dict[str, str] = {"format": "json", "level": self.level, "minDateTime": str(cursor)}
        for name, chosen in (("officeID", self.offices), ("raceID", self.races), ("statePostal", self.states)):
            if chosen is not None:
                said[name] = ",".join(sorted(chosen))
        for name, flag in (("test", self.test), ("setzerocounts", self.zero), ("omitResults", self.omit)):
            if flag:
                said[name] = "true"
        if self.national is not None:
            said["national"] = str(self.national).lower()
        query = urlencode(sorted(said.items()), safe=":~/,")
        return f"{base}/v3/elections/{self.date}?{query}"


def race_query(held_on: str, said: Mapping[str, str]) -> RaceQuery:
    """The query of an address. Raises `Rejected`, one refusal for each parameter that cannot be what it is."""
    given = {name.lower(): value for name, value in said.items()}
    wrong: list[Refusal] = []

    def refuse(name: str, value: str, right: str) -> None:
        wrong.append(Refusal("bad-value", name, f"Invalid value for parameter {name} {value[:80]}: {right}."))

    def flag(name: str) -> bool | None:
        value = given.get(name.lower(), "")
        if value.lower() in ("", "true", "false"):
            return value.lower() == "true" if value else None
        refuse(name, value, "it is true or false")
        return None

    def chosen(name: str) -> frozenset[str] | None:
        return frozenset(given[name.lower()].split(",")) if given.get(name.lower()) else None

    if not _is_date(held_on):
        refuse("electionDate", held_on, "it is a date such as 2019-04-17")
    level = given.get("level") or STATE
    if level.lower() not in LEVELS:
        refuse("level", level, f"it is one of {', '.join(LEVELS)}")
    if given.get("format", "json").lower() != "json":
        refuse("format", given["format"], "json is the one there is")
    states = chosen("statePostal")
    if states and not all(map(_POSTAL.fullmatch, states)):
        refuse("statePostal", given["statepostal"], "it is codes of two capital letters with commas between them")
    newer = _newer(given["mindatetime"]) if given.get("mindatetime") else None
    if newer is None and given.get("mindatetime"):
        refuse("minDateTime", given["mindatetime"], "it is a time such as 2019-04-17T13:00:00Z")
    query = RaceQuery(
        date=held_on,
        level=level.lower(),
        offices=chosen("officeID"),
        races=chosen("raceID"),
        states=states,
        national=flag("national"),
        test=flag("test") is True,
        zero=flag("setzerocounts") is True,
        omit=flag("omitResults") is True,
        newer=newer,
    )
    if wrong:
        raise Rejected(wrong)
    return query


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _newer(text: str) -> str | Cursor | None:
    found = _CURSOR.fullmatch(text)
    if found is not None:
        held = tuple(int(edition, 16) if edition else None for edition in found[4].split("."))
        return Cursor(found[1], found[2], int(found[3], 16), held)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(to_instant(moment), EPOCH) if moment.year < 9000 else None
