"""Confirms on a deployment what one machine cannot show: the edge's caching, and what AWS counted meanwhile.

Run by an operator, after deploying and in rehearsals: `python -m bench confirm --edge https://… --api https://… --yes`. It
says first what it is going to do, and without `--yes` does nothing else. It writes nothing anywhere; one empty document is
posted, to see that it is refused.

It does not cause failures. To see the failover, set the reserved concurrency of `read_results` to 0 in a rehearsal stack,
run this again, and expect every page to be answered all the same (docs/operations.md).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bench.confirm.caching import look
from bench.confirm.findings import FAILS, UNSEEN, Finding, check
from bench.confirm.latency import sample
from bench.confirm.metrics import EDGE_REGION, Clients, Stack, counted
from bench.confirm.origin import beside
from bench.confirm.polite import Budget, Guest, Spent
from bench.confirm.walk import NoPages, walk
from bench.options import Options
from realcount.local.places import LOOPBACK

NEEDS = "--edge and --api, the addresses of a deployment; for what AWS counted, --stack and credentials that may read"
MOST_REQUESTS = 500
MOST_RATE = 20.0
SAMPLE, QUICK_SAMPLE = 200, 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look, and that it is wanted."""
    group = parser.add_argument_group("confirm")
    group.add_argument(
        "--edge", metavar="URL", help="what readers ask: output EdgeDomain of infra/edge.yaml, or its alias"
    )
    group.add_argument("--api", metavar="URL", help="what officials ask: output ApiUrl of the main stack")
    group.add_argument("--stack", help="the main stack's name, to read what AWS counted")
    group.add_argument("--region", help="the main stack's region (default: the credentials')")
    group.add_argument("--distribution", default="", help="output DistributionId of infra/edge.yaml")
    group.add_argument("--minutes", type=int, default=60, help="how far back to look at metrics (default: %(default)s)")
    group.add_argument("--copies-first", action="store_true", help="the edge was deployed with PrimaryOrigin=copies")
    group.add_argument("--rate", type=float, default=10.0, help=f"requests per second, at most {MOST_RATE:g}")
    group.add_argument("--yes", action="store_true", help="do it; without this, only say what would be done")


def run(options: Options) -> dict[str, object]:
    """All findings. Raises `SystemExit` without addresses, or with the plan where `--yes` is missing."""
    given = options.given
    edge_url, api_url = given.get("edge"), given.get("api")
    if not isinstance(edge_url, str) or not isinstance(api_url, str):
        raise SystemExit("confirm needs --edge URL and --api URL, the addresses of a deployment")
    rate = min(float(str(given.get("rate", 10.0))), MOST_RATE)
    count = QUICK_SAMPLE if options.quick else SAMPLE
    sys.stderr.write(plan(edge_url, api_url, rate, given) + "\n")
    if not given.get("yes"):
        raise SystemExit("nothing has been done; add --yes")
    budget = Budget(MOST_REQUESTS, rate)
    with Guest(edge_url, budget) as edge, Guest(api_url, budget) as api:
        findings = list(_by_reading(edge, api, bool(given.get("copies_first")), count))
    stack = given.get("stack")
    if isinstance(stack, str):
        host = urlsplit(api_url).hostname or ""
        of = Stack(stack, host.split(".")[0], str(given.get("distribution") or ""))
        findings += counted(_clients(given.get("region")), of, datetime.now(UTC), int(str(given["minutes"])))
    else:
        findings.append(Finding("what AWS counted", UNSEEN, "name the stack with --stack"))
    return {
        "edge": edge_url,
        "api": api_url,
        "requests": MOST_REQUESTS - budget.left,
        "findings": [asdict(finding) for finding in findings],
    }


def tentative(options: Options) -> bool:
    """The document shows what is found on one machine; what is found elsewhere is its operator's."""
    host = urlsplit(str(options.given.get("edge"))).hostname
    return host != LOOPBACK


def plan(edge: str, api: str, rate: float, given: Any) -> str:
    """What is going to happen, before it does."""
    lines = [
        f"At most {MOST_REQUESTS} requests, {rate:g} a second, one at a time: GET, HEAD and OPTIONS to {edge} and {api},",
        "one empty POST to each, which both refuse. Nothing is written.",
    ]
    if given.get("stack"):
        lines.append(
            f"Then reads the metrics of {given['stack']} and one query of its logs, {given['minutes']} minutes back."
        )
    return "\n".join(lines)


def passed(result: dict[str, list[dict[str, str]]]) -> bool:
    """Whether all that must be so is so. What could not be looked at does not count against it; the table names it."""
    return all(finding["outcome"] != FAILS for finding in result["findings"])


def table(result: dict[str, Any]) -> str:
    """The findings, as Markdown; what fails comes first."""
    findings = sorted(result["findings"], key=lambda finding: finding["outcome"] != FAILS)
    failed = sum(finding["outcome"] == FAILS for finding in findings)
    unseen = sum(finding["outcome"] == UNSEEN for finding in findings)
    rows = [
        f"| {each['what']} | {each['outcome']} | {_cell(each['seen'])} | {_cell(each['expected'])} |"
        for each in findings
    ]
    head = f"{result['requests']} requests; {len(findings)} findings, {failed} of them fail, {unseen} could not be looked at."
    return "\n".join([head, "", "| what | outcome | seen | expected |", "|---|---|---|---|", *rows])


def _by_reading(edge: Guest, api: Guest, copies_first: bool, count: int) -> Iterator[Finding]:
    try:
        places = walk(edge)
        yield check("a page of every level", True, ", ".join(place.level for place in places), "down to a station")
        yield from look(edge, places, copies_first)
        yield from beside(edge, api, places)
        yield from sample("edge", edge, places, count)
        yield from sample("API", api, places, count // 4)
    except NoPages as ended:
        yield check("a page of every level", False, ended, "down to a station")
    except Spent:
        yield Finding("the rest by reading", UNSEEN, f"all {MOST_REQUESTS} announced requests have been made")


def _clients(region: object) -> Clients:
    import boto3  # not needed, nor its credentials, where only HTTP is looked at

    session = boto3.Session(region_name=str(region) if region else None)
    if session.region_name is None:
        raise SystemExit("say which region the stack is in: --region")
    return Clients(
        cloudwatch=session.client("cloudwatch"),
        edge_cloudwatch=session.client("cloudwatch", region_name=EDGE_REGION),
        logs=session.client("logs"),
        functions=session.client("lambda"),
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or "–"
