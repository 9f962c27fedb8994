"""DynamoDB dies, later the whole API, while the public reads and forms come in: who notices, and what is lost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bench.night.cores import in_front
from bench.night.freshness import Watch
from bench.night.officials import Officials
from bench.night.polls import CITY, REGENCY, Polls, open_polls
from bench.night.public import interests
from bench.night.stage import Stage, raised_stage
from bench.night.visits import Seen, Visit, begin, end, shares
from bench.options import Options
from realcount.cli.situng2019 import SourceStation
from realcount.cli.situng2019_election import CONTEST, NATION
from realcount.local.places import LocalError
from realcount.rendering.paths import region_path, station_path

NEEDS = "varnishd, a C compiler, npm, the files of 2019 (--data)"
SERVERS = {"varnish": ("varnishd", "-V")}

NATION_PAGE = region_path(CONTEST, NATION)
EXPLORERS = 5
"""Readers per second of pages that nobody has asked for before."""

SETTLE_SECONDS = 120.0
"""How long the last forms may take to be counted once everything is back."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`seconds` of each act; viewers and forms per second."""

    part: str
    seconds: int
    viewers: int
    forms_per_second: float


FULL = Scale(REGENCY, 20, 500, 1.5)
QUICK = Scale(CITY, 6, 100, 1.0)

ACTS: tuple[tuple[str, Callable[[Stage], None] | None], ...] = (
    ("calm", None),
    ("DynamoDB is dead", Stage.kill_dynamodb),
    ("DynamoDB is back", Stage.start_dynamodb),
    ("the API is dead", Stage.kill_machine),
    ("the API is back", Stage.start_machine),
)


def run(options: Options) -> dict[str, Any]:
    """Raises `SystemExit` if something that this needs is absent."""
    if not options.data.is_dir():
        raise SystemExit(f"there is no folder {options.data}: give the files of 2019 with --data")
    scale = QUICK if options.quick else FULL
    try:
        with TemporaryDirectory(prefix="realcount-outage-") as folder, raised_stage(Path(folder)) as stage:
            forms = int(scale.seconds * len(ACTS) * scale.forms_per_second)
            polls = open_polls(options.data, scale.part, stage.stores, limit=forms)
            return _measured(stage, polls, scale)
    except LocalError as error:
        raise SystemExit(str(error)) from error


def _measured(stage: Stage, polls: Polls, scale: Scale) -> dict[str, Any]:
    officials = Officials(stage.api, polls.officials, polls.office_of)
    watch = Watch(stage.edge.base_url + NATION_PAGE)
    watch.start()
    filing = officials.begin(polls.arrivals, scale.forms_per_second)
    unread = iter(_unread(polls, scale))
    try:
        acts = [_act(stage, polls, watch, name, event, next(unread), scale) for name, event in ACTS]
    finally:
        officials.end(filing)
    began = time.monotonic()
    counted = watch.await_approved(len(officials.filed), SETTLE_SECONDS)
    settled = time.monotonic() - began
    watch.stop()
    return {
        "acts": acts,
        "failed_looks": watch.failed,
        "forms": {
            "approved": len(officials.filed),
            "repeats": officials.repeats,
            "counted": counted,
            "settled_seconds": round(settled, 1),
            **_held_against(stage, officials.filed),
        },
        "scale": asdict(scale),
    }


def _act(
    stage: Stage,
    polls: Polls,
    watch: Watch,
    name: str,
    event: Callable[[Stage], None] | None,
    unread: Sequence[str],
    scale: Scale,
) -> dict[str, Any]:
    """One act: the event, and what the public and the explorers saw from just before it on."""
    _say(name)
    public = shares(interests(polls.regions))
    began = time.monotonic()
    with in_front():
        crowd = begin(Visit(stage.edge.port, scale.viewers, scale.seconds, public, seed=len(name)))
        explorers = begin(
            Visit(
                stage.edge.port, EXPLORERS, scale.seconds, [(path, 1.0) for path in unread], seed=len(name), once=True
            )
        )
    if event is not None:
        time.sleep(0.5)
        event(stage)
    seen, explored = end(crowd), end(explorers)
    ages = [look.age for look in watch.looks if look.at >= began]
    return {"act": name, "public": _of(seen), "explorers": _of(explored), "oldest_nation_s": max(ages, default=0)}


def _of(seen: Seen) -> dict[str, Any]:
    return {
        "requests": seen.requests,
        "failed": seen.failed,
        "broken": seen.broken,
        "statuses": seen.statuses,
        "failures": seen.failures,
        "latency_ms": seen.latency,
        "oldest_s": seen.oldest,
    }


def _unread(polls: Polls, scale: Scale) -> list[list[str]]:
    """For each act so many pages of stations that nobody asks for otherwise."""
    paths = [station_path(CONTEST, station) for station in polls.others]
    needed = EXPLORERS * scale.seconds
    return [paths[act * needed :][:needed] for act in range(len(ACTS))]


def _held_against(stage: Stage, filed: Sequence[SourceStation]) -> dict[str, Any]:
    """The nation's page against the papers, and every station's page: is each form there, once?"""
    with httpx.Client(base_url=stage.api, timeout=10.0) as http:
        nation: Mapping[str, Any] = http.get(NATION_PAGE).json()
        histories = [http.get(station_path(CONTEST, station.id)).json()["versions"] for station in filed]
    papers = [station.form for station in filed if station.form is not None]
    expected = {"21": sum(paper.votes_21 for paper in papers), "22": sum(paper.votes_22 for paper in papers)}
    return {
        "once": sum([version["state"] for version in history] == ["approved"] for history in histories),
        "nation_votes": nation["votes"],
        "papers_votes": expected,
        "nation_is_the_papers": nation["votes"] == expected and nation["stations"]["approved"] == len(filed),
    }


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def table(result: Mapping[str, Any]) -> str:
    """The result for a person, as Markdown."""
    lines = [
        "| | reads | failed | p99 ms | oldest page s | nation's page s | never asked before | failed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for act in result["acts"]:
        public, explorers = act["public"], act["explorers"]
        lines.append(
            f"| {act['act']} | {public['requests']:,} | {public['failed']} | {public['latency_ms']['p99']:.1f} "
            f"| {public['oldest_s']} | {act['oldest_nation_s']} | {explorers['requests']} | {explorers['failed']} |"
        )
    forms = result["forms"]
    return "\n".join(
        (
            *lines,
            "",
            "| forms | |",
            "|---|---|",
            f"| approvals answered | {forms['approved']} |",
            f"| sent again by officials' clients | {forms['repeats']} |",
            f"| on record once | {forms['once']} |",
            f"| nation's page is the sum of the papers | {'yes' if forms['nation_is_the_papers'] else 'NO'} |",
            f"| seconds until the last one was on it | {forms['settled_seconds']} |",
        )
    )


def passed(result: Mapping[str, Any]) -> bool:
    """Whether nobody noticed and nothing was lost."""
    forms = result["forms"]
    reads = [act[who] for act in result["acts"] for who in ("public", "explorers")]
    return (
        all(read["failed"] == read["broken"] == 0 for read in reads)
        and not result["failed_looks"]
        and forms["once"] == forms["approved"]
        and bool(forms["nation_is_the_papers"])
    )
