"""The model held against what others published of their nights: given their numbers, it must come near their result.

Nobody publishes how many pages were looked at, so the model answers for few, likely and many. A figure that lies outside
of what it answers says that the model is wrong, not that they were.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.model.demand import catalogue
from bench.model.inputs import Inputs
from bench.model.reading import answer_bytes
from bench.model.renewal import fetches

TB = 1e12


@dataclass(frozen=True, slots=True)
class Anchor:
    """One published figure and the model's: least, likely, most. `at_least` and `at_most` bound what was published."""

    who: str
    figure: str
    published: str
    at_least: float
    at_most: float
    model: tuple[float, float, float]
    shown: str

    @property
    def holds(self) -> bool:
        """Whether the likely value is what was published."""
        return self.at_least <= self.model[1] <= self.at_most


def compare(inputs: Inputs) -> list[Anchor]:
    """All of them. A published figure without bounds of its own counts as met within a fifth; hit rates within a point."""
    tv2 = [_origin(inputs, "tv2", pages) for pages in sorted(inputs.all("tv2_pages"))]
    bbc = [_origin(inputs, "bbc", pages) for pages in sorted(inputs.all("bbc_pages"))]
    tv2_hits, bbc_hits = _hits(tv2, inputs("tv2_rate")), _hits(bbc, inputs("bbc_rate"))
    bbc_published = 1 - inputs("bbc_origin") / inputs("bbc_rate")
    mean = inputs("sirekap_accesses") / (inputs("sirekap_days") * 86_400)
    each = inputs("sirekap_tb") * TB / inputs("sirekap_accesses")
    ddhq, ours = inputs("ddhq_tb") * TB / inputs("ddhq_requests"), answer_bytes(inputs) - inputs("header_bytes")
    return [
        Anchor("TV2 Denmark 2021", "hits", "> 99.5 %", inputs("tv2_hits"), 1.0, tv2_hits, ".2%"),
        Anchor("TV2 Denmark 2021", "origin/s", "< 5,000", 0, inputs("tv2_origin"), (tv2[0], tv2[1], tv2[2]), ",.0f"),
        Anchor("BBC 2020", "hits", "95 %", bbc_published - 0.01, bbc_published + 0.01, bbc_hits, ".1%"),
        Anchor("BBC 2020", "origin/s", "2,000", 1_600, 2_400, (bbc[0], bbc[1], bbc[2]), ",.0f"),
        Anchor("Sirekap 2024", "mean requests/s", "684 million in five days", 1_500, 1_650, (mean,) * 3, ",.0f"),
        Anchor("Sirekap 2024", "bytes per access", "18 TB", 25_000, 27_500, (each,) * 3, ",.0f"),
        Anchor("Decision Desk HQ 2020", "bytes per answer", f"{ddhq:,.0f}", ddhq / 2, ddhq * 2, (ours,) * 3, ",.0f"),
    ]


def _origin(inputs: Inputs, who: str, pages: float) -> float:
    """Requests per second that pass one layer of caches over a catalogue of so many pages."""
    rate, lifetime = inputs(f"{who}_rate"), inputs(f"{who}_lifetime")
    groups = catalogue(int(pages), inputs("anchor_zipf"))
    return sum(count * fetches(rate * share, lifetime) for count, share in groups)


def _hits(origins: list[float], rate: float) -> tuple[float, float, float]:
    few, likely, many = (1 - origin / rate for origin in origins)
    return many, likely, few
