"""A spike of readers: what the edge keeps from the origin, how fresh they read, and what a flood of uploads costs them."""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.night import wrk
from bench.night.cores import ahead, in_front
from bench.night.flood import flood, unsigned_upload
from bench.night.freshness import Watch, freshness
from bench.night.officials import Officials
from bench.night.polls import CITY, REGENCY, Polls, open_polls
from bench.night.public import Interest, expected_fetches, interests, lifetimes, most_fetches
from bench.night.stage import Stage, raised_stage
from bench.night.viewers import CODINGS
from bench.night.visits import Visit, shares, visited
from bench.options import Options
from realcount.cli.situng2019_election import CONTEST, NATION
from realcount.local.edge.varnish import Fetch
from realcount.local.places import LocalError
from realcount.rendering.paths import region_path

NEEDS = "varnishd, a C compiler, wrk, npm, the files of 2019 (--data)"
SERVERS = {"varnish": ("varnishd", "-V"), "wrk": ("wrk", "-v")}

NATION_PAGE = region_path(CONTEST, NATION)
UPLOADS_RATE = 10
"""The limit of POST /v1/uploads in this bench: what a flood means is a matter of proportion, and a machine has two cores."""

FLOOD = 10
"""Times the limit."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything. `rates` are viewers per second; seconds each."""

    part: str
    rates: tuple[int, ...]
    seconds: int
    step_seconds: int
    wrk_seconds: int
    wrk_rounds: int
    flood_seconds: int
    flood_rounds: int
    flood_readers: int
    forms_per_second: float


FULL = Scale(REGENCY, (40, 400, 4000), 60, 10, 3, 6, 4, 6, 1000, 1.5)
"""The crowds stay for the longest lifetime of a page, so that every page runs out in every crowd's time."""

QUICK = Scale(CITY, (20, 200), 6, 3, 1, 2, 2, 2, 200, 1.0)


def run(options: Options) -> dict[str, Any]:
    """Raises `SystemExit` if something that this needs is absent."""
    wrk.needed()
    if not options.data.is_dir():
        raise SystemExit(f"there is no folder {options.data}: give the files of 2019 with --data")
    scale = QUICK if options.quick else FULL
    limits = {"OfficialRate": str(UPLOADS_RATE), "OfficialBurst": str(UPLOADS_RATE)}
    try:
        with TemporaryDirectory(prefix="realcount-spike-") as folder, raised_stage(Path(folder), limits) as stage:
            polls = open_polls(options.data, scale.part, stage.stores, limit=scale_of_forms(scale))
            return _measured(stage, polls, scale)
    except LocalError as error:
        raise SystemExit(str(error)) from error


def scale_of_forms(scale: Scale) -> int:
    """As many forms as can be filed while the public comes and goes."""
    seconds = scale.step_seconds + scale.seconds * len(scale.rates)
    return int(seconds * scale.forms_per_second)


def _measured(stage: Stage, polls: Polls, scale: Scale) -> dict[str, Any]:
    public = interests(polls.regions)
    officials = Officials(stage.api, polls.officials, polls.office_of)
    watch = Watch(stage.edge.base_url + NATION_PAGE)
    watch.start()
    filing = officials.begin(polls.arrivals, scale.forms_per_second)
    try:
        step = _step(stage, public, scale)
        crowds = [_crowd(stage, public, rate, scale.seconds) for rate in scale.rates]
    finally:
        officials.end(filing)
    counted = watch.await_approved(len(officials.approvals), 60.0)
    watch.stop()
    return {
        "pages": len(public),
        "forms": len(officials.approvals),
        "counted": counted,
        "freshness": freshness(officials, watch),
        "failed_looks": watch.failed,
        "step": step,
        "crowds": crowds,
        "throughput": _throughput(stage, public, scale),
        "flood": _flood(stage, public, scale),
        "scale": asdict(scale),
    }


def _step(stage: Stage, public: Sequence[Interest], scale: Scale) -> dict[str, Any]:
    """From nobody to the largest crowd at once, with nothing in the cache."""
    _say(f"0 to {scale.rates[-1]} viewers a second in one step")
    return _crowd(stage, public, scale.rates[-1], scale.step_seconds)


def _crowd(stage: Stage, public: Sequence[Interest], rate: int, seconds: int) -> dict[str, Any]:
    _say(f"{rate} viewers a second for {seconds} s")
    began = time.time()
    with in_front():
        seen = visited(Visit(stage.edge.port, rate, seconds, shares(public), seed=rate))
    # Viewers who were late ask after their time; what that brings belongs to no second of it.
    fetches = [fetch for fetch in stage.fetches_since(began) if fetch.at < began + seconds]
    nation = [fetch for fetch in fetches if fetch.path == NATION_PAGE]
    kept = lifetimes()
    return {
        "viewers_per_second": round(seen.rate, 1),
        "failed": seen.failed,
        "broken": seen.broken,
        "statuses": seen.statuses,
        "failures": seen.failures,
        "latency_ms": seen.latency,
        "generator_late_ms": seen.generator_late,
        "oldest_age_s": seen.oldest,
        "origin_per_second": round(len(fetches) / seconds, 2),
        "nation_per_second": round(len(nation) / seconds, 3),
        "expected_per_second": round(expected_fetches(public, rate, kept, CODINGS), 2),
        "bound_per_second": round(most_fetches(public, kept, CODINGS), 2),
        "most_of_a_bound": _most_of_a_bound(fetches, public, kept, seconds),
    }


def _most_of_a_bound(
    fetches: Sequence[Fetch], public: Sequence[Interest], kept: Mapping[str, float], seconds: float
) -> float:
    """The most that any page in any coding was fetched, against one fetch per lifetime (and one at the beginning)."""
    level = {interest.path: interest.level for interest in public}
    counts = Counter((fetch.path, fetch.coding) for fetch in fetches)
    return round(
        max((count / (seconds / kept[level[path]] + 1) for (path, _), count in counts.items()), default=0.0), 3
    )


def _throughput(stage: Stage, public: Sequence[Interest], scale: Scale) -> dict[str, Any]:
    """The nation's page and a file of the same size and coding that never changes, through the same cache in turns."""
    size = stage.body_size(NATION_PAGE, "br")
    static = stage.put_static(size)
    rates: dict[str, list[float]] = {"static": [], "nation": [], "public": []}
    costs: dict[str, list[float]] = {name: [] for name in rates}
    failed = 0
    for number in range(scale.wrk_rounds):
        _say(f"wrk, round {number + 1} of {scale.wrk_rounds}")
        for name, pages in (
            ("static", [(static, 1.0)]),
            ("nation", [(NATION_PAGE, 1.0)]),
            ("public", shares(public)),
        ):
            before = stage.edge_cpu()
            with ahead():
                served = wrk.crowd(stage.edge.port, pages, scale.wrk_seconds, codings=((b"br, gzip", 1.0),))
            costs[name].append(round((stage.edge_cpu() - before) / served.requests * 1e6, 2))
            rates[name].append(round(served.rate))
            failed += served.failed
    return {"bytes": size, "rates": rates, "cpu_us": costs, "failed": failed}


def _flood(stage: Stage, public: Sequence[Interest], scale: Scale) -> dict[str, Any]:
    """Readers through the edge, in turns without and with a flood of uploads at ten times their limit."""
    quiet: list[dict[str, float]] = []
    flooded: list[dict[str, float]] = []
    statuses: Counter[str] = Counter()
    failed = 0
    for number in range(scale.flood_rounds):
        _say(f"flood, round {number + 1} of {scale.flood_rounds}")
        for with_flood in (False, True):
            visit = Visit(stage.edge.port, scale.flood_readers, scale.flood_seconds, shares(public), seed=number)
            posts = (
                flood(stage.api, unsigned_upload(), UPLOADS_RATE * FLOOD, scale.flood_seconds) if with_flood else None
            )
            with in_front():
                seen = visited(visit)
            (flooded if with_flood else quiet).append(seen.latency)
            failed += seen.failed
            if posts is not None:
                statuses.update(posts())
    without, with_it = (statistics.median(block["p99"] for block in blocks) for blocks in (quiet, flooded))
    return {
        "limit_per_second": UPLOADS_RATE,
        "posts_per_second": UPLOADS_RATE * FLOOD,
        "readers_per_second": scale.flood_readers,
        "statuses": dict(sorted(statuses.items())),
        "failed": failed,
        "quiet": quiet,
        "flooded": flooded,
        "p99_without_ms": without,
        "p99_with_ms": with_it,
        "ratio": round(with_it / without, 3),
    }


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def table(result: Mapping[str, Any]) -> str:
    """The result for a person, as Markdown."""
    return "\n\n".join(
        (_crowds_table(result), _freshness_table(result), _throughput_table(result), _flood_table(result))
    )


def _crowds_table(result: Mapping[str, Any]) -> str:
    lines = [
        f"{result['pages']} pages, {result['forms']} forms approved meanwhile. Per second, and milliseconds from when a request was due:",
        "",
        "| viewers | p50 | p99 | generator late p99 | failed | origin requests | formula | bound | nation's page "
        "| most of one page's bound |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, crowd in (("0 → ", result["step"]), *(("", crowd) for crowd in result["crowds"])):
        lines.append(
            f"| {name}{crowd['viewers_per_second']:,.0f} | {crowd['latency_ms']['p50']:.1f} | {crowd['latency_ms']['p99']:.1f} "
            f"| {crowd['generator_late_ms']['p99']:.1f} | {crowd['failed']} | {crowd['origin_per_second']:.1f} | {crowd['expected_per_second']:.1f} "
            f"| {crowd['bound_per_second']:.1f} | {crowd['nation_per_second']:.2f} | {crowd['most_of_a_bound']:.2f} |"
        )
    return "\n".join(lines)


def _freshness_table(result: Mapping[str, Any]) -> str:
    fresh = result["freshness"]
    return "\n".join(
        (
            "| approved → national number changed at the edge | seconds |",
            "|---|---|",
            *(f"| {name} | {fresh[key]:.1f} |" for name, key in (("p50", "p50"), ("p95", "p95"), ("p99", "p99"))),
            f"| approvals seen | {fresh['seen']} of {fresh['approvals']} |",
        )
    )


def _throughput_table(result: Mapping[str, Any]) -> str:
    through = result["throughput"]
    lines = [
        f"| as fast as wrk asks, bodies of {through['bytes']:,} bytes | viewers/s | of the static file "
        "| the cache's processor µs each | of the static file |",
        "|---|---|---|---|---|",
    ]
    rates = {name: statistics.median(found) for name, found in through["rates"].items()}
    costs = {name: statistics.median(found) for name, found in through["cpu_us"].items()}
    for name, key in (("a static file", "static"), ("the nation's page", "nation"), ("the whole public", "public")):
        lines.append(
            f"| {name} | {rates[key]:,.0f} | {rates[key] / rates['static']:.2f} "
            f"| {costs[key]:.1f} | {costs[key] / costs['static']:.2f} |"
        )
    return "\n".join(lines)


def _flood_table(result: Mapping[str, Any]) -> str:
    flooded = result["flood"]
    return "\n".join(
        (
            f"| {flooded['readers_per_second']:,} readers/s at the edge | p99 ms |",
            "|---|---|",
            f"| without a flood | {flooded['p99_without_ms']:.2f} |",
            f"| with {flooded['posts_per_second']} uploads/s, of which {flooded['limit_per_second']} pass | {flooded['p99_with_ms']:.2f} |",
            f"| ratio | {flooded['ratio']:.2f} |",
        )
    )


def passed(result: Mapping[str, Any]) -> bool:
    """Whether what is promised of a spike held: nothing failed, and no page was fetched more often than it may be."""
    crowds = [result["step"], *result["crowds"]]
    return (
        all(crowd["failed"] == crowd["broken"] == 0 and crowd["most_of_a_bound"] <= 1.0 for crowd in crowds)
        and not result["failed_looks"]
        and result["throughput"]["failed"] == result["flood"]["failed"] == 0
        and result["counted"]
    )
