"""From the index down to a polling station: one page of each level, found as a reader finds them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bench.confirm.polite import Guest
from realcount.rendering.lifetimes import STATIC, STATION, cache_control, max_age

INDEX = "/v1"
DEEPEST = 10


class NoPages(Exception):
    """There is no way from the index to a region; the text says where it ended."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page, the Cache-Control it must have, by what it says of itself, and how many bytes it has as it is."""

    path: str
    level: str
    header: str
    size: int


def walk(edge: Guest) -> list[Place]:
    """The index, the list, an election, a contest, and a page of every level below. Raises `NoPages`."""
    static = cache_control(STATIC)
    places: list[Place] = []

    def step(path: str, level: str) -> dict[str, Any]:
        document, size = _document(edge, path)
        places.append(Place(path, level, static, size))
        return document

    listed = step(step(INDEX, "index")["links"]["elections"], "elections")["elections"]
    if not listed:
        raise NoPages("no election is loaded: realcount election load")
    election = step(listed[-1]["links"]["self"], "election")
    contest = step(election["contests"][0]["links"]["self"], "contest")
    path = contest["links"]["roots"][0]
    for _ in range(DEEPEST):
        document, size = _document(edge, path)
        places.append(Place(path, _level(document), _header(document), size))
        children = document.get("children")
        if not children:
            break
        path = _busiest(children)["link"]
    return places


def _busiest(children: list[dict[str, Any]]) -> dict[str, Any]:
    """The child from which most has come: an empty page shows less of what can go wrong."""
    return max(children, key=lambda child: child["stations"]["received"])


def _level(document: dict[str, Any]) -> str:
    return str(document["region"]["level"]) if "region" in document else "station"


def _header(document: dict[str, Any]) -> str:
    """What rendering gave the page: by its depth, and longer where nothing is missing."""
    stations = document["stations"]
    if "region" in document:
        return cache_control(max_age(len(document["path"]), stations["approved"] >= stations["expected"]))
    numbers = [version["version"] for version in document["versions"]]
    complete = bool(numbers) and document["counted_version"] == max(numbers)
    return cache_control(max_age(STATION, complete))


def _document(edge: Guest, path: str) -> tuple[dict[str, Any], int]:
    answer = edge.ask(path)
    if answer.status != 200:
        raise NoPages(f"GET {edge.address}{path} answers {answer.status or answer.body.decode()}")
    document: dict[str, Any] = json.loads(answer.body)
    return document, len(answer.body)
