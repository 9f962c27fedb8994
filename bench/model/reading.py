"""What a number of readers asks of the edge, of the API and of the pages' table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.model.demand import Pages, demand
from bench.model.inputs import Inputs
from bench.model.page_sizes import sizes
from bench.model.renewal import fetches

READ_UNIT = 4_096
"""Bytes that one strongly consistent read unit covers; ours are eventual and cost half."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What stands between readers and pages. `primary` is whom the edge asks first: the api, or the copies in S3."""

    name: str
    edge: bool = True
    shield: bool = True
    primary: str = "api"


NO_EDGE = Arrangement("no edge", edge=False, shield=False)
REGIONAL = Arrangement("edge without shield", shield=False)
SHIELD = Arrangement("edge with shield")
COPIES = Arrangement("edge with shield, copies first", primary="copies")
ARRANGEMENTS = (NO_EDGE, REGIONAL, SHIELD, COPIES)


@dataclass(frozen=True, slots=True)
class Load:
    """Rates per second. `by_level` is the origin's share of each level, stations last; `hot_units` what the most wanted
    item costs its partition; `to_shield` are requests that one cache of the edge sends to another."""

    viewers: float
    arrangement: Arrangement
    origin: float
    by_level: tuple[float, ...]
    to_shield: float
    hottest: float
    gbit: float
    read_units: float
    hot_units: float
    environments: float

    @property
    def hits(self) -> float:
        """The share of requests that the edge answers by itself."""
        return 1 - self.origin / self.viewers if self.arrangement.edge and self.viewers else 0.0


def load(inputs: Inputs, viewers: float, arrangement: Arrangement) -> Load:
    """The load of so many requests per second."""
    pages = demand(inputs)
    caches = 1.0 if arrangement.shield else inputs("regional_caches")
    asked = _origin(inputs, pages, viewers, caches) if arrangement.edge else [page.share * viewers for page in pages]
    # Without a shield it is these caches that ask; with one, the same requests go to it and are billed.
    regional = _origin(inputs, pages, viewers, inputs("regional_caches")) if arrangement.shield else []
    by_level = [0.0] * (len(inputs.all("regions")) + 1)
    for page, rate in zip(pages, asked, strict=True):
        by_level[page.level] += page.count * rate
    origin = sum(by_level)
    of_api = 0.0 if arrangement.primary == "copies" else origin
    environments = of_api * max(1 / inputs("environment_rate"), read_ms(inputs) / 1000)
    remembered = inputs("memory_seconds")
    # An environment looks up what it has no fresh answer for: it is a cache too, one of very many.
    looked_up = [fetches(rate, remembered, max(1.0, environments)) if of_api else 0.0 for rate in asked]
    units = _units(inputs, pages)
    return Load(
        viewers=viewers,
        arrangement=arrangement,
        origin=origin,
        by_level=tuple(by_level),
        to_shield=sum(page.count * rate for page, rate in zip(pages, regional, strict=False)),
        hottest=max(asked),
        gbit=viewers * answer_bytes(inputs) * 8 / 1e9,
        read_units=sum(page.count * rate * cost for page, rate, cost in zip(pages, looked_up, units, strict=True)),
        hot_units=max(rate * cost for rate, cost in zip(looked_up, units, strict=True)),
        environments=environments,
    )


def answer_bytes(inputs: Inputs) -> float:
    """The mean answer to a reader: headers, and the body unless it is a 304."""
    first, others = (sizes(inputs, int(options)) for options in inputs.all("options"))
    body = sum(
        page.count * page.share * (first if page.first_contest else others)[page.level].sent for page in demand(inputs)
    )
    return inputs("header_bytes") + body * (1 - inputs("unchanged_share"))


def read_ms(inputs: Inputs) -> float:
    """What Lambda bills for a read: the wait for DynamoDB, and our own work at the share of a core that the memory gives."""
    return inputs("lookup_ms") + inputs("read_cpu_ms") / core(inputs)


def core(inputs: Inputs) -> float:
    """The share of a core that a function of this stack has."""
    return min(1.0, inputs("memory_gb") / inputs("core_gb"))


def _origin(inputs: Inputs, pages: Sequence[Pages], viewers: float, caches: float) -> list[float]:
    """Fetches per second of each page: every coding is a key of its own, and a complete page is kept for longer."""
    complete = inputs("complete_share")
    kinds = [
        (part, viewers * coding, lifetimes)
        for part, lifetimes in ((complete, inputs.all("lifetimes_complete")), (1 - complete, inputs.all("lifetimes")))
        for coding in inputs.all("codings")
        if part and coding
    ]
    return [
        sum(part * fetches(rate * page.share, lifetimes[page.level], caches) for part, rate, lifetimes in kinds)
        for page in pages
    ]


def _units(inputs: Inputs, pages: Sequence[Pages]) -> list[float]:
    """Read units of one look-up of each page."""
    first, others = (
        [math.ceil(size.stored / READ_UNIT) / 2 for size in sizes(inputs, int(options))]
        for options in inputs.all("options")
    )
    return [(first if page.first_contest else others)[page.level] for page in pages]
