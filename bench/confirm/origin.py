"""The API beside the edge: the same pages, and the officials' door, which is nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bench.confirm.findings import Finding, check
from bench.confirm.polite import Guest
from bench.confirm.walk import Place

PROBLEM = "application/problem+json"


def beside(edge: Guest, api: Guest, places: list[Place]) -> Iterator[Finding]:
    """The edge is never ahead of the API, and where both have one edition it is the same, byte by byte.

    One empty document is posted, which is refused and changes nothing.
    """
    for place in (places[0], places[-1]):
        at_edge, at_api = (guest.ask(place.path) for guest in (edge, api))
        if at_api.status != 200 or at_edge.status != 200:
            yield check(f"the {place.level} at both", False, f"{at_edge.status} and {at_api.status}", "200 and 200")
            continue
        newer, held = json.loads(at_api.body), json.loads(at_edge.body)
        same = at_api.body == at_edge.body or held.get("edition", 0) < newer.get("edition", 0)
        yield check(f"the {place.level} at both", same, "the same or older" if same else "differs", "the same or older")
    door = api.ask("/v1/uploads", {"Content-Length": "0"}, "POST")
    said = door.headers.get("content-type", "none")
    good = 400 <= door.status < 500 and said.startswith(PROBLEM)
    yield check("officials post to the API itself", good, f"{door.status}, {said}", f"4xx, {PROBLEM}")
