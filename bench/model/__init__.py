"""Capacity and cost of 100,000 and 1,000,000 requests per second and of five contests' forms, from named assumptions.

Nothing is measured here. Limits and prices are those AWS publishes, durations those that the other benches measured or, as
long as they have not been run, assumptions that are marked as such. inputs.toml has all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from bench.model import ingestion, money
from bench.model.anchors import compare
from bench.model.inputs import Inputs, load_inputs
from bench.model.limits import checks, seconds_to_scale, stretch
from bench.model.measured import against_spike
from bench.model.reading import ARRANGEMENTS, SHIELD, Arrangement, answer_bytes, load
from bench.model.sheet import table as table
from bench.options import Options

CURVE = tuple(round(10 ** (step / 8)) for step in range(8 * 3, 8 * 6 + 5))
"""From 1,000 to 3 million requests per second."""

OTHERWISE: tuple[tuple[str, dict[str, float]], ...] = (
    ("as assumed", {}),
    ("nobody looks at stations", {"station_share": 0.0}),
    ("twice as many look at stations", {"station_share": 0.1}),
    ("four in five look at the nation", {"nation_share": 0.8}),
    ("flatter: zipf 0.8", {"zipf": 0.8}),
    ("steeper: zipf 1.2", {"zipf": 1.2}),
    ("half of the pages complete", {"complete_share": 0.5}),
    ("one contest only", {"contests": 1}),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--set NAME=VALUE`, as often as wanted."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="model: an input set otherwise; see inputs.toml",
    )


def run(options: Options) -> dict[str, object]:
    """The whole model as what JSON can hold."""
    settings = options.given.get("set", [])
    return calculate(load_inputs(options.out, settings if isinstance(settings, Sequence) else []), options)


def tentative(options: Options) -> bool:
    """What somebody tries by hand is not what the document says."""
    return bool(options.given.get("set"))


def calculate(inputs: Inputs, options: Options) -> dict[str, object]:
    """All tables for these inputs, in six digits: more depends on the machine. Curves have fewer points in a quick run."""
    result = {
        "bytes_per_answer": round(answer_bytes(inputs)),
        "reading": [_reading(inputs, viewers, each) for viewers in inputs.all("viewers") for each in ARRANGEMENTS],
        "bills": {f"{viewers:.0f}": _bill(inputs, viewers) for viewers in inputs.all("viewers")},
        "remedies": [_remedy(inputs, viewers) for viewers in inputs.all("viewers")],
        "otherwise": [_otherwise(inputs, name, changes) for name, changes in OTHERWISE],
        "curve": [_point(inputs, viewers) for viewers in CURVE[:: 4 if options.quick else 1]],
        "forms": _forms(inputs),
        "anchors": [{**asdict(each), "holds": each.holds} for each in compare(inputs)],
        "sirekap_with_our_pages": _sirekap(inputs),
        "spike": against_spike(options.out),
    }
    listed = [asdict(each) for each in inputs.listed()]
    return {"inputs": listed, **{name: _in_six_digits(part) for name, part in result.items()}}


def passed(result: dict[str, list[dict[str, object]]]) -> bool:
    """Whether the model comes near what others published."""
    return all(anchor["holds"] for anchor in result["anchors"])


def _reading(inputs: Inputs, viewers: float, arrangement: Arrangement) -> dict[str, object]:
    found = load(inputs, viewers, arrangement)
    headroom = inputs("headroom")
    return {
        "viewers": viewers,
        "arrangement": arrangement.name,
        "origin": found.origin,
        "by_level": list(found.by_level),
        "hits": found.hits,
        "environments": found.environments,
        "seconds_to_scale": seconds_to_scale(inputs, found.environments),
        "gbit": found.gbit,
        "read_units": found.read_units,
        "hot_units": found.hot_units,
        "hour": sum(money.bill(inputs, [(found, 1.0)]).values()),
        "night": sum(money.night(inputs, viewers, arrangement).values()),
        "checks": [{**asdict(each), "holds": each.holds(headroom)} for each in checks(inputs, found)],
    }


def _bill(inputs: Inputs, viewers: float) -> dict[str, float]:
    return money.bill(inputs, [(load(inputs, viewers, SHIELD), 1.0)])


def _remedy(inputs: Inputs, viewers: float) -> dict[str, object]:
    """What each knob would have to be turned to, one at a time."""
    found, headroom = load(inputs, viewers, SHIELD), inputs("headroom")
    *regions, stations = found.by_level
    origin = found.origin
    return {
        "viewers": viewers,
        "origin": origin,
        "quota": origin / headroom,
        "public_rate": sum(regions) / headroom,
        "station_rate": stations / headroom,
        "stretch": stretch(inputs, viewers, SHIELD, inputs("api_quota")),
        "stretch_jakarta": stretch(inputs, viewers, SHIELD, inputs("api_quota_jakarta")),
        "prefixes": origin / headroom / inputs("s3_reads"),
    }


def _otherwise(inputs: Inputs, name: str, changes: dict[str, float]) -> dict[str, object]:
    changed = inputs.but(**changes)
    return {"name": name, "origin": [load(changed, viewers, SHIELD).origin for viewers in inputs.all("viewers")]}


def _point(inputs: Inputs, viewers: float) -> dict[str, object]:
    loads = {each.name: load(inputs, viewers, each) for each in ARRANGEMENTS}
    return {
        "viewers": viewers,
        "origin": {name: found.origin for name, found in loads.items()},
        "hour": {name: sum(money.bill(inputs, [(found, 1.0)]).values()) for name, found in loads.items()},
    }


def _forms(inputs: Inputs) -> dict[str, object]:
    count, hours = inputs("forms"), inputs("hours")
    live = ingestion.stages(inputs, inputs("region_steps"))
    behind = [stage for stage in ingestion.stages(inputs, inputs("backlog_steps")) if not stage.live]
    return {
        "forms": count,
        "rate": count / hours / 3600,
        "units_per_form": ingestion.units_per_form(inputs),
        "bill": ingestion.bill(inputs),
        "first_load": ingestion.first_load(inputs),
        "stages": [asdict(stage) for stage in live],
        "narrowest": ingestion.narrowest(live).name,
        "hours_at_narrowest": count / ingestion.narrowest(live).now / 3600,
        "backlog_narrowest": ingestion.narrowest(behind).name,
        "backlog_seconds": count / ingestion.narrowest(behind).now,
    }


def _sirekap(inputs: Inputs) -> dict[str, float]:
    """The accesses of 2024 as accesses to our pages, spread evenly over their days."""
    hours = inputs("sirekap_days") * 24
    found = load(inputs, inputs("sirekap_accesses") / hours / 3600, SHIELD)
    return {
        "tb": inputs("sirekap_accesses") * answer_bytes(inputs) / 1e12,
        "origin": found.origin,
        "dollars": sum(money.bill(inputs, [(found, hours)]).values()),
    }


def _in_six_digits(part: object) -> object:
    if isinstance(part, float):
        return float(f"{part:.6g}")
    if isinstance(part, dict):
        return {name: _in_six_digits(each) for name, each in part.items()}
    if isinstance(part, list | tuple):
        return [_in_six_digits(each) for each in part]
    return part
