"""What reading costs: by the parts of the bill, list prices, nothing free of charge, no discount."""

from __future__ import annotations

from collections.abc import Sequence

from bench.model.inputs import Inputs
from bench.model.reading import Arrangement, Load, answer_bytes, core, load, read_ms

MILLION = 1e6
GB = 1e9
API_CHEAPER_FROM = 300 * MILLION
API_CHEAPER = 0.9


def bill(inputs: Inputs, loads: Sequence[tuple[Load, float]]) -> dict[str, float]:
    """Dollars by part, for loads that each last so many hours. Prices that fall with volume see the whole of it."""
    requests = sum(each.viewers * hours * 3600 for each, hours in loads)
    origin = sum(each.origin * hours * 3600 for each, hours in loads)
    at_api = sum(each.origin * hours * 3600 for each, hours in loads if each.arrangement.primary == "api")
    units = sum(each.read_units * hours * 3600 for each, hours in loads)
    shielded = sum(each.to_shield * hours * 3600 for each, hours in loads)
    volume = requests * answer_bytes(inputs) / GB
    edge = loads[0][0].arrangement.edge
    starts = max(each.environments for each, _ in loads) * inputs("start_ms") / core(inputs)
    seconds = (at_api * read_ms(inputs) + starts) / 1000 * inputs("memory_gb")
    parts = {
        "edge, requests": requests / MILLION * inputs("cloudfront_request") if edge else 0.0,
        "edge, bytes": tiered(volume, inputs.all("cloudfront_gb")) if edge else 0.0,
        "edge, function": requests / MILLION * inputs("cloudfront_function") if edge else 0.0,
        "firewall": requests / MILLION * inputs("firewall_request") if edge else 0.0,
        "shield": shielded / MILLION * inputs("shield_request"),
        "API Gateway": _api(at_api, inputs("api_request")),
        "Lambda": at_api / MILLION * inputs("lambda_request") + seconds * inputs("lambda_gb_second"),
        "DynamoDB": units / MILLION * inputs("read_unit"),
        "S3": (origin - at_api) / MILLION * inputs("s3_get"),
        "bytes out of the region": 0.0 if edge else volume * inputs("egress_gb"),
    }
    return {part: dollars for part, dollars in parts.items() if dollars}


def night(inputs: Inputs, viewers: float, arrangement: Arrangement) -> dict[str, float]:
    """The bill of the whole night, whose peak are so many requests per second."""
    profile = inputs.all("night")
    steps = zip(profile[::2], profile[1::2], strict=True)
    return bill(inputs, [(load(inputs, viewers * share, arrangement), hours) for hours, share in steps])


def tiered(volume: float, tiers: Sequence[float]) -> float:
    """The price of a volume under falling prices: size and price of each tier in turn, the last without end."""
    total, left = 0.0, volume
    for size, price in zip(tiers[:-2:2], tiers[1:-2:2], strict=True):
        taken = min(left, size)
        total, left = total + taken * price, left - taken
    return total + left * tiers[-1]


def _api(requests: float, price: float) -> float:
    dearer = min(requests, API_CHEAPER_FROM)
    return (dearer + (requests - dearer) * API_CHEAPER) / MILLION * price
