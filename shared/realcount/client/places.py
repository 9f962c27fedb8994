"""Which page is meant: an election, a contest, and a place by its id or its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from realcount.client.reading import AT_ONCE, Reader
from realcount.domain.errors import NotFound

ELECTIONS = "/v1/elections"
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
    """The path of the page of a region or station, by id or, for those two levels below a root and above, by name.

    Raises `NotFound` if nothing is called so, or more than one thing is.
    """
    own, roots = contest["links"]["self"], contest["links"]["roots"]
    if place is None:
        return str(roots[0])
    if _ID.fullmatch(place):
        for kind in ("regions", "stations"):
            path = f"{own}/{kind}/{place}"
            if _is_there(reader, path):
                return path
    named = dict.fromkeys(path for name, path in _names(reader, roots) if name.casefold() == place.strip().casefold())
    if len(named) > 1:
        ids = ", ".join(path.rpartition("/")[2] for path in named)
        raise NotFound(f"more than one place is called {place}; give one of the ids {ids}")
    if not named:
        raise NotFound(
            f"there is no place {place!r}: give an id, or the name of a region at most two levels below the top"
        )
    return next(iter(named))


def _is_there(reader: Reader, path: str) -> bool:
    try:
        reader.get(path)
    except NotFound:
        return False
    return True


def _names(reader: Reader, roots: list[str]) -> Iterator[tuple[str, str]]:
    """Names and paths, nearest to the top first. Each page that is asked for on the way is a nation's or a province's."""
    tops = [reader.document(root) for root in roots]
    for root, top in zip(roots, tops, strict=True):
        yield top["region"]["name"], root
    below = [child for top in tops for child in top["children"]]
    yield from ((child["name"], child["link"]) for child in below)
    inner = [child["link"] for top in tops if top["holds"] == "regions" for child in top["children"]]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="names") as pool:
        for page in pool.map(reader.document, dict.fromkeys(inner)):
            yield from ((child["name"], child["link"]) for child in page["children"])
