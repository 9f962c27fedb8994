"""Is what we publish what Situng published? Region by region, field by field, from the very bytes of our pages."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields, replace
from typing import Any

import brotli

from realcount.cli.situng2019 import SourceRegion, SourceStation, Totals
from realcount.cli.situng2019_election import CONTEST
from realcount.domain.page import Page
from realcount.rendering.paths import region_path

Document = Mapping[str, Any]
"""A page's JSON."""


@dataclass(slots=True)
class Compared:
    """How many regions were compared, and each difference as a sentence. `wrong` counts regions, not sentences."""

    checked: int = 0
    wrong: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Compared) -> None:
        self.checked += other.checked
        self.wrong += other.wrong
        self.differences += other.differences


def compare(regions: Mapping[str, SourceRegion], read: Callable[[str], Document | None]) -> Compared:
    """Compare each region's page, which `read` returns by its path, with what is expected of it."""
    outcome = Compared()
    for region in regions.values():
        outcome.checked += 1
        path = region_path(CONTEST, region.id)
        document = read(path)
        if document is None:
            differences = ["has no page"]
        else:
            shown = totals_of(document)
            differences = [
                f"{column.name} is {have}, published in 2019 was {want}"
                for column, have, want in zip(fields(Totals), astuple(shown), astuple(region.totals), strict=True)
                if have != want
            ]
        outcome.wrong += bool(differences)
        outcome.differences += [f"{region.level} {region.id} ({region.name}): {text}" for text in differences]
    return outcome


def totals_of(document: Document) -> Totals:
    """The compared figures of a region's document. Raises `KeyError` or `TypeError` if it is not one."""
    return Totals(
        expected=document["stations"]["expected"],
        approved=document["stations"]["approved"],
        votes_21=document["votes"]["21"],
        votes_22=document["votes"]["22"],
        valid=document["valid"],
        invalid=document["invalid"],
        voters=document["voters"],
        registered=document["registered"],
    )


def document_of(page: Page | None) -> Document | None:
    """The document in a page's bytes. Both codings, where there are two, must hold the same bytes."""
    if page is None:
        return None
    decoded = {_DECODERS[coding](body) for coding, body in page.bodies.items()}
    if len(decoded) != 1:
        raise ValueError(f"the codings of {page.path} hold different documents")
    document: Document = json.loads(decoded.pop())
    return document


_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
}


def expected_after(regions: Mapping[str, SourceRegion], arrived: Iterable[SourceStation]) -> dict[str, SourceRegion]:
    """What these regions must show when only these forms have come in: a plain addition from the station file.

    For a replay with a limit; a whole one is compared with what Situng published.
    """
    sums = {unit: [0, 0, 0, 0, 0, 0] for unit in regions}
    for station in arrived:
        if station.form is not None:
            form = station.form
            added = (1, form.votes_21, form.votes_22, form.valid, form.invalid, form.voters)
            sums[station.village] = [have + more for have, more in zip(sums[station.village], added, strict=True)]
    for unit in reversed(list(regions)):  # Parents come before their children, so this way round children are complete.
        parent = regions[unit].parent
        if parent in sums:
            sums[parent] = [have + more for have, more in zip(sums[parent], sums[unit], strict=True)]
    return {unit: replace(region, totals=_totals(region.totals, sums[unit])) for unit, region in regions.items()}


def _totals(published: Totals, sums: Sequence[int]) -> Totals:
    approved, votes_21, votes_22, valid, invalid, voters = sums
    return Totals(published.expected, approved, votes_21, votes_22, valid, invalid, voters, published.registered)
