"""Results in the words of Situng (2019) and Sirekap (2024): each answer is made of one stored page of /v1.

A second reading of the same numbers, never a second count, and no second copy of every page
(docs/decisions/0014-shapes-of-others.md). A unit is found by its id; the ids before it must be its own way up, or one page
would have many addresses.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from realcount.domain.election import PRESIDENT, SIREKAP2024, SITUNG2019, ContestKey
from realcount.domain.page import Page
from realcount.ports import PageReader
from realcount.rendering.encoding import JSON_MEDIA, encode_bodies
from realcount.rendering.paths import ELECTIONS, contest_path, region_path, station_path
from realcount.rendering.shown import Document
from realcount.rendering.sirekap2024 import lists as sirekap_lists
from realcount.rendering.sirekap2024 import results as sirekap_results
from realcount.rendering.situng2019 import lists as situng_lists
from realcount.rendering.situng2019 import results as situng_results
from realcount.usecases.stored_documents import document_of, stored_document

TRANSLATION = 1
"""Version of these translations: the `rendering` of the pages they make."""

STATION_DEPTH = 5
"""Ids in the address of a station in both systems: province, regency, district, village, station. Where an election has
fewer levels or more it is looked for all the same, only second."""

_TAG_DIGITS = 24
_PREFIXES = (
    ("/static/json/", SITUNG2019, ()),
    ("/pemilu/", SIREKAP2024, ()),
    ("/wilayah/pemilu/", SIREKAP2024, ("wilayah",)),
)
_PARTS = re.compile(r"[A-Za-z0-9_.:-]{1,64}(?:/[A-Za-z0-9_.:-]{1,64}){0,9}")
_NATION = ("0",)
"""What the file with the topmost places is called."""


class Asked(NamedTuple):
    """What is asked for: `what` is `version`, `candidates`, `parties`, `places` or `results`; `ids` are the way down to a
    unit, and empty for the root."""

    shape: str
    what: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """The election that answers in one shape, and what its claim says (`domain.election.Shape`)."""

    contest: ContestKey
    root: str
    says: Mapping[str, Any]


def asked_for(raw_path: str) -> Asked | None:
    """What a request's path asks for, or None where neither system has a file."""
    path = unquote(raw_path, errors="replace")
    for prefix, shape, before in _PREFIXES:
        rest = path.removeprefix(prefix).removesuffix(".json")
        if path == f"{prefix}{rest}.json" and _PARTS.fullmatch(rest):
            return _asked(shape, (*before, *rest.split("/")))
    return None


def find_claim(shape: str, pages: PageReader) -> Claim | None:
    """The election that answers: of those that claim the shape, the one that was held last. None while none does."""
    listed = pages.get(ELECTIONS)
    elections = document_of(listed)["elections"] if listed else []
    claiming = [one for one in elections if shape in one.get("shapes", {})]
    if not claiming:
        return None
    election = max(claiming, key=lambda one: str(one["held_on"]))
    contest = ContestKey(election["id"], PRESIDENT)
    _, frame = stored_document(pages, contest_path(contest))
    return Claim(contest, frame["links"]["roots"][0].rpartition("/")[2], election["shapes"][shape])


def translate(asked: Asked, claim: Claim, base: str, pages: PageReader) -> Page | None:
    """The answer as a page, or None if there is no such unit. `base` is the address that readers know us by."""
    if asked.what in ("candidates", "parties"):
        return _list(asked, claim, pages)
    found = _unit(asked, claim, pages)
    if found is None:
        return None
    page, document = found
    says = claim.says
    body: object
    if asked.what == "version":
        body = situng_lists.version(document)
    elif asked.shape == SITUNG2019:
        if asked.what == "places":
            body = situng_lists.places(document)
        elif "station" in document:
            body = situng_results.station_results(document, says["revised_at"])
        else:
            body = situng_results.region_results(document)
    elif asked.what == "places":
        body = sirekap_lists.places(document)
    elif "station" in document:
        body = sirekap_results.station_results(
            document, claim.contest.contest, base, says["revised_at"], says["listed_at"]
        )
    else:
        body = sirekap_results.region_results(document, says["psu"], says["listed_at"])
    return _page(page, body)


def _asked(shape: str, parts: Sequence[str]) -> Asked | None:
    match parts:
        case ["version"] if shape == SITUNG2019:
            return Asked(shape, "version")
        case [word] if word == PRESIDENT:
            return Asked(shape, "candidates")
        case ["partai"]:
            return Asked(shape, "parties")
        case ["hhcw", word, *ids] if word == PRESIDENT:
            return Asked(shape, "results", tuple(ids))
        case ["wilayah", *ids] if shape == SITUNG2019 and ids:
            return Asked(shape, "places", () if tuple(ids) == _NATION else tuple(ids))
        case ["wilayah", word, *ids] if shape == SIREKAP2024 and word == PRESIDENT and ids:
            return Asked(shape, "places", () if tuple(ids) == _NATION else tuple(ids))
    return None


def _list(asked: Asked, claim: Claim, pages: PageReader) -> Page:
    """Without a contest of parties the list of parties is empty, and as old as the contest there is."""
    parties = claim.says["parties"] if asked.what == "parties" else None
    source = ContestKey(claim.contest.election, parties) if parties else claim.contest
    page, contest = stored_document(pages, contest_path(source))
    listed_at = claim.says["listed_at"]
    body: object
    if asked.what == "candidates":
        situng = asked.shape == SITUNG2019
        body = situng_lists.candidates(contest) if situng else sirekap_lists.candidates(contest, listed_at)
    elif asked.shape == SITUNG2019:
        body = situng_lists.parties(contest if parties else None)
    else:
        body = sirekap_lists.parties(contest if parties else None, listed_at)
    return _page(page, body)


def _unit(asked: Asked, claim: Claim, pages: PageReader) -> tuple[Page, Document] | None:
    """The page of the unit that was asked for, if the ids before it are its own way up."""
    way = (claim.root, *asked.ids)
    kinds = [region_path, station_path] if asked.what == "results" else [region_path]
    if len(asked.ids) == STATION_DEPTH:
        kinds.reverse()
    for path_of in kinds:
        page = pages.get(path_of(claim.contest, way[-1]))
        if page is not None:
            document = document_of(page)
            return (page, document) if tuple(crumb["id"] for crumb in document["path"]) == way[:-1] else None
    return None


def _page(source: Page, body: object) -> Page:
    """As old, and to be kept for as long, as the page it was made of. The tag is of the bytes: a place's name has the same
    however often its numbers change, and another translation has another."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return Page(
        path=source.path,
        edition=source.edition,
        rendering=TRANSLATION,
        etag=hashlib.sha256(data).hexdigest()[:_TAG_DIGITS],
        media=JSON_MEDIA,
        max_age=source.max_age,
        updated_at=source.updated_at,
        bodies=encode_bodies(data),
    )
