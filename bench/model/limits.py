"""Whether a load stays within the limits of AWS and of this stack, and what makes it do so where it does not."""

from __future__ import annotations

from dataclasses import dataclass

from bench.model.inputs import Inputs
from bench.model.reading import Arrangement, Load, load

LONGEST_FACTOR = 64.0
"""Lifetimes are not stretched further: nobody waits five minutes for the nation."""


@dataclass(frozen=True, slots=True)
class Check:
    """One limit and what a load uses of it, in the limit's own unit. `input_name` is where the limit is documented."""

    what: str
    used: float
    limit: float
    input_name: str

    def holds(self, headroom: float) -> bool:
        """Whether the use leaves the headroom free."""
        return self.used <= self.limit * headroom


def checks(inputs: Inputs, load: Load) -> list[Check]:
    """Every limit this load comes near, in the order in which a request meets them.

    Past a rate API Gateway says 429, which the edge hands on. Past its concurrency Lambda makes the API answer 503, and
    the edge asks the copies instead: that much is theirs, and no reader sees it.
    """
    found = []
    if load.arrangement.edge:
        found.append(Check("edge, requests/s", load.viewers, inputs("cloudfront_rate"), "cloudfront_rate"))
        found.append(Check("edge, Gbit/s", load.gbit, inputs("cloudfront_gbit"), "cloudfront_gbit"))
    reads, lambdas = inputs("s3_reads") * inputs("s3_prefixes"), inputs("read_concurrency") * inputs("environment_rate")
    if load.arrangement.primary == "copies":
        return [*found, Check("copies, GET/s", load.origin, reads, "s3_reads")]
    *regions, stations = load.by_level
    turned_away = max(0.0, load.origin - lambdas)
    copies = Check("copies, GET/s of what Lambda turns away", turned_away, reads, "s3_reads")
    return [
        *found,
        Check("API Gateway, requests/s", load.origin, inputs("api_quota"), "api_quota"),
        Check("API Gateway in Jakarta, requests/s", load.origin, inputs("api_quota_jakarta"), "api_quota_jakarta"),
        Check("PublicRate, requests/s", sum(regions), inputs("api_rate"), "api_rate"),
        Check("StationRate, requests/s", stations, inputs("station_rate"), "station_rate"),
        copies
        if load.arrangement.edge
        else Check("ReadConcurrency, requests/s", load.origin, lambdas, "read_concurrency"),
        Check("partition of the hottest page, units/s", load.hot_units, inputs("partition_reads"), "partition_reads"),
        Check("table of pages, units/s", load.read_units, inputs("table_reads"), "table_reads"),
    ]


def stretch(inputs: Inputs, viewers: float, arrangement: Arrangement, limit: float) -> float | None:
    """By what factor all lifetimes must grow for the origin to stay within `limit` requests per second, headroom kept.

    None if `LONGEST_FACTOR` is not enough.
    """
    allowed = limit * inputs("headroom")

    def within(factor: float) -> bool:
        longer = inputs.but(lifetimes=[seconds * factor for seconds in inputs.all("lifetimes")])
        return load(longer, viewers, arrangement).origin <= allowed

    low, high = 1.0, LONGEST_FACTOR
    if within(low):
        return low
    if not within(high):
        return None
    while high / low > 1.01:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if within(middle) else (middle, high)
    return high


def seconds_to_scale(inputs: Inputs, environments: float) -> float:
    """From nothing to so many environments, none provisioned. Until then the rest of the requests is refused."""
    return environments / inputs("environment_growth")
