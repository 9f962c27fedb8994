"""Races and results in the shape of AP's Elections API, out of stored pages: a second reading of /v1, no second count.

Each race is made of one region's page, so its numbers are those of one edition. A client asks for everything once, and
then follows `nextrequest`, which has only the races that changed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from realcount.domain.errors import NotFound
from realcount.domain.instants import EPOCH
from realcount.domain.page import Page
from realcount.ports import PageReader
from realcount.rendering.ap3.elections import elections_document, is_test
from realcount.rendering.ap3.query import Cursor, RaceQuery
from realcount.rendering.ap3.races import POSTAL, race_document, race_id
from realcount.rendering.lifetimes import STATIC
from realcount.rendering.paths import ELECTIONS
from realcount.usecases.stored_documents import document_of, stored_document

MEDIA = "application/json"

RACES = 60
"""Of so many an answer may tell; each is a look-up. What is left is told by the next request."""

BYTES = 4_000_000
"""After so much an answer ends. Lambda takes no more than six million, and the body travels as base64."""

_TAG_DIGITS = 32


class Race(NamedTuple):
    """A race before its numbers are read. `several` says that its contest has more roots than this one."""

    id: str
    election: Mapping[str, Any]
    contest: Mapping[str, Any]
    root: str
    several: bool


def elections_page(pages: PageReader, base: str) -> Page:
    """The dates that have races. `base` is the address that readers know us by. An empty list before the first election."""
    document = elections_document(_elections(pages), base)
    return _page("/v3/elections", document, STATIC, EPOCH)


def races_page(pages: PageReader, asked: RaceQuery, base: str) -> Page:
    """The races of a date, or those of them that changed. Raises `NotFound` if nothing is voted on then."""
    held = [election for election in _elections(pages) if election["held_on"] == asked.date]
    if not held:
        raise NotFound(f"there is no election on {asked.date}")
    races = list(_races(pages, held, asked))
    names = hashlib.sha256("\n".join(race.id for race in races).encode()).hexdigest()[:8]
    place = asked.newer if isinstance(asked.newer, Cursor) else None
    if place is not None and (place.races, len(place.editions)) != (names, max(1, len(races))):
        place = None  # There are others now than the client was told of: it is told everything again.
    editions: list[int | None] = list(place.editions) if place else [None] * len(races)
    since = asked.newer if isinstance(asked.newer, str) else EPOCH
    at = place.at if place else 0
    newest = place.newest if place else since
    told: list[dict[str, object]] = []
    size, max_age, looked = 0, STATIC, 0
    for number, race in enumerate(races[at : at + RACES], at):
        page, region = stored_document(pages, race.root)
        looked, max_age = number + 1, min(max_age, page.max_age)
        changed = page.edition != editions[number] and (since == EPOCH or page.updated_at > since)
        editions[number] = page.edition
        if changed:
            document = race_document(race.id, race.election, race.contest, region, race.several, asked)
            if asked.national is None or document["national"] == asked.national:
                told.append(document)
                newest = max(newest, page.updated_at)
                size += len(_encoded(document))
        if size > BYTES:
            break
    left = looked < len(races)
    cursor = Cursor(newest, names, looked if left else 0, tuple(editions))
    answer: dict[str, object] = {"nextrequest": asked.address(base, cursor)}
    if told or asked.newer is None or left:
        whole = {"electionDate": asked.date, "timestamp": newest, "races": told}
        answer = {**whole, **({"isTruncated": left} if left or asked.newer else {}), **answer}
    return _page(f"/v3/elections/{asked.date}", answer, max_age, newest)


def _elections(pages: PageReader) -> list[dict[str, Any]]:
    listed = pages.get(ELECTIONS)
    found: list[dict[str, Any]] = document_of(listed)["elections"] if listed else []
    return sorted(found, key=lambda election: str(election["id"]))


def _races(pages: PageReader, held: list[dict[str, Any]], asked: RaceQuery) -> Iterator[Race]:
    """The races that the question is about, in an order that stays."""
    if asked.states is not None and POSTAL not in asked.states:
        return
    for brief in held:
        if asked.test and not is_test(brief):
            continue
        _, election = stored_document(pages, brief["links"]["self"])
        for listed in election["contests"]:
            if asked.offices is not None and listed["id"] not in asked.offices:
                continue
            _, contest = stored_document(pages, listed["links"]["self"])
            roots = contest["links"]["roots"]
            for root in roots:
                several = len(roots) > 1
                known = race_id(election["id"], contest["id"], root.rpartition("/")[2] if several else None)
                if asked.races is None or known in asked.races:
                    yield Race(known, election, contest, root, several)


def _encoded(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _page(path: str, document: Mapping[str, object], max_age: int, updated_at: str) -> Page:
    data = _encoded(document) + b"\n"
    return Page(
        path=path,
        edition=0,
        rendering=0,
        etag=hashlib.sha256(data).hexdigest()[:_TAG_DIGITS],
        media=MEDIA,
        max_age=max_age,
        updated_at=updated_at,
        bodies={"gzip": gzip.compress(data, mtime=0)},
    )
