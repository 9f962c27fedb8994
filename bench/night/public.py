"""Who reads what: half of the public the nation's page, the others the regions below it by Zipf's law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from realcount.cli.situng2019 import LEVELS, SourceRegion
from realcount.cli.situng2019_election import CONTEST, NATION
from realcount.rendering.lifetimes import max_age
from realcount.rendering.paths import region_path

ZIPF = 1.0
"""The exponent: the second most read region has half the readers of the first, the tenth a tenth."""


@dataclass(frozen=True, slots=True)
class Interest:
    """A page and its share of all reads; the shares of a public add up to 1."""

    path: str
    level: str
    share: float


def interests(regions: Mapping[str, SourceRegion]) -> list[Interest]:
    """The nation's page and those of `regions`, ranked by their registered voters: more people, more readers."""
    ranked = sorted(regions.values(), key=lambda region: (-region.totals.registered, region.id))
    below = [region for region in ranked if region.id != NATION]
    weights = [1 / rank**ZIPF for rank in range(1, len(below) + 1)]
    half = 0.5 / sum(weights)
    nation = Interest(region_path(CONTEST, NATION), "nation", 0.5)
    return [
        nation,
        *(
            Interest(region_path(CONTEST, region.id), region.level, weight * half)
            for region, weight in zip(below, weights, strict=True)
        ),
    ]


def lifetimes() -> dict[str, float]:
    """Seconds by level, for as long as a region is not complete."""
    return {level: float(max_age(depth, False)) for depth, level in enumerate(LEVELS.values())}


def expected_fetches(
    public: Sequence[Interest], readers: float, kept: Mapping[str, float], codings: Sequence[tuple[bytes, float]]
) -> float:
    """Origin requests per second by the renewal formula: a page is fetched by the first reader after its lifetime.

    Of `readers` per second each coding has its share, and caches keep each coding of a page for itself. `kept` is the
    lifetime in seconds by level.
    """
    rates = ((readers * interest.share * share, kept[interest.level]) for interest in public for _, share in codings)
    return sum(rate / (1 + rate * lifetime) for rate, lifetime in rates)


def most_fetches(
    public: Sequence[Interest], kept: Mapping[str, float], codings: Sequence[tuple[bytes, float]]
) -> float:
    """What the formula comes to for any number of readers: one fetch per lifetime of every page in every coding."""
    return sum(len(codings) / kept[interest.level] for interest in public)
