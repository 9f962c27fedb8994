"""Which page is meant: an election, a contest, and a place by its id or its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from realcount.client.reading import Reader
from realcount.domain.errors import NotFound
from realcount.domain.spelling import letters, words

ELECTIONS = "/v1/elections"
TOLD = 10
"""Places of one name that a message lists."""

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def contest_page(reader: Reader, election: str | None, contest: str | None) -> dict[str, Any]:
    """The page of a contest; without names the first contest of the latest election. Raises `NotFound`."""
    listed = reader.document(ELECTIONS)["elections"]
    found = [one for one in listed if election is None or one["id"] == election]
    if not found:
        raise NotFound(f"there is no election {election}" if election else "there is no election yet")
    latest = max(found, key=lambda one: (one["held_on"], one["id"]))
    contests = reader.document(latest["links"]["self"])["contests"]
    chosen = [one for one in contests if contest is None or one["id"] == contest]
    if not chosen:
        raise NotFound(
            f"election {latest['id']} has no contest {contest}; it has {', '.join(c['id'] for c in contests)}"
        )
    return reader.document(chosen[0]["links"]["self"])


def place_path(reader: Reader, contest: dict[str, Any], place: str | None) -> str:
    """The path of the page of a region or station, by id, or of a region by its name: the one of the highest level.

    Raises `NotFound` if nothing is called so, or more than one region of that level is.
    """
    own, roots = contest["links"]["self"], contest["links"]["roots"]
    if place is None:
        return str(roots[0])
    if _ID.fullmatch(place):
        for kind in ("regions", "stations"):
            path = f"{own}/{kind}/{place}"
            if _is_there(reader, path):
                return path
    wanted = letters(place)
    named = [one for one in _matches(reader, contest, place) if letters(one["name"]) == wanted != ""]
    named = [one for one in named if one["level"] == named[0]["level"]]  # Higher levels come first.
    if len(named) > 1:
        where = "; ".join(f"{one['id']} ({', '.join(reversed(one['above']))})" for one in named[:TOLD])
        more = f"; and {len(named) - TOLD} more" if len(named) > TOLD else ""
        raise NotFound(f"{len(named)} places are called {place}; give one of the ids {where}{more}")
    if not named:
        raise NotFound(f"there is no place {place!r}: give an id, or the whole name of a region")
    return f"{own}/regions/{named[0]['id']}"


def _is_there(reader: Reader, path: str) -> bool:
    try:
        reader.get(path)
    except NotFound:
        return False
    return True


def _matches(reader: Reader, contest: dict[str, Any], place: str) -> Iterator[dict[str, Any]]:
    """Regions of the contest with a word that begins like the longest of the place's, letter by letter from the root."""
    document = reader.document(reader.document(contest["links"]["election"])["links"]["search"])
    for letter in max(words(place), key=lambda word: (len(word), word), default=""):
        if letter not in document["more"]:
            break
        document = reader.document(document["more"][letter])
    while True:
        yield from (one for one in document["matches"] if contest["id"] in one["contests"])
        if document["links"]["next"] is None:
            return
        document = reader.document(document["links"]["next"])
