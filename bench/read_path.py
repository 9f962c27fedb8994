"""What cold starts and warm reads are measured on: one page, one request, and everybody who answers it in their own way.

Ours is the artefact that `make` built for this machine, started as Lambda starts it. The peers live in bench/peers, with
dependencies locked apart from ours, and do the same: they look the page up, hold it for a second, answer 200 or 304.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from realcount.domain.election import Child, Contest, ContestKey, Election, Option, Region
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.rendering.results import region_page

ROOT = Path(__file__).parents[1]
HERE = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARTEFACT = ROOT / ".aws-sam" / HERE
PEERS = ROOT / "bench" / "peers"

OURS = "read_results"
BARE = "boto3 client, bare handler"
FASTAPI = "FastAPI + Mangum + boto3"

MODULES = {
    "standard library only": "standard_library",
    BARE: "bare_boto3",
    "Powertools + boto3": "powertools_boto3",
    "Flask + serverless-wsgi + boto3": "flask_boto3",
    FASTAPI: "fastapi_boto3",
    "FastAPI + Mangum + boto3, async def": "fastapi_boto3_async",
}
"""Peers by name, and where they are in bench/peers/handlers."""


@dataclass(frozen=True, slots=True)
class Contestant:
    name: str
    module: str
    """What is imported for its `lambda_handler`."""

    path: tuple[Path, ...]
    """Where Python may look: no site-packages, so nobody has what they did not bring."""
    python: str = getattr(sys, "_base_executable", sys.executable)

    def environment(self, url: str) -> dict[str, str]:
        return {
            "PYTHONPATH": ":".join(map(str, self.path)),
            "PYTHONHASHSEED": "0",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": "read",
            "AWS_DEFAULT_REGION": "ap-southeast-3",
            "AWS_ACCESS_KEY_ID": "AKIDNOBODY",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_ENDPOINT_URL": url,
            "POWERTOOLS_SERVICE_NAME": "realcount",
            "TABLE_PAGES": "pages",
        }

    def command(self, script: str, *arguments: str) -> list[str]:
        return [self.python, "-s", "-S", "-c", script, self.module, *arguments]


def contestants() -> list[Contestant]:
    """Ours first. Raises `SystemExit` if the artefact or the peers are not there."""
    layers = [ARTEFACT / layer / "python" for layer in ("RealcountLayer", "ReadDependenciesLayer")]
    if not all(layer.is_dir() for layer in layers):
        raise SystemExit(f"the artefact is not built: run `make .aws-sam/{HERE}`")
    packages = PEERS / ".venv" / "lib" / HERE / "site-packages"
    if not packages.is_dir():
        raise SystemExit("the peers are not installed: run `make peers`")
    ours = Contestant(OURS, "handler", (ARTEFACT / "ReadResultsFunction", *layers))
    theirs = [Contestant(name, module, (PEERS / "handlers", packages)) for name, module in MODULES.items()]
    return [ours, *theirs]


# ---- the page ------------------------------------------------------------------------------------------------------------

CONTEST = ContestKey("2019", "ppwp")
PROVINCES = 38


def nation() -> Page:
    """The page that half of the world looks at: 38 provinces, two pairs of candidates, somewhere in the night."""
    children = tuple(
        Child(
            id=f"{11 + i}",
            name=f"PROVINSI NOMOR {i}",
            hierarchy="region",
            registered=5_000_000 + i,
            expected=20_000 + i,
        )
        for i in range(PROVINCES)
    )
    region = Region(
        election="2019", id="nation", level="nation", name="INDONESIA", parents=(), ancestors=(), path=(), holds="regions",
        children=children, expected=sum(child.expected for child in children), registered=190_770_329,
    )  # fmt: skip
    contest = Contest(
        key=CONTEST, name="President", options=(Option("21", "01", "Pair 1"), Option("22", "02", "Pair 2")),
        hierarchies=("region",), roots=("nation",), fields=("valid", "invalid", "voters.total"),
    )  # fmt: skip
    election = Election(
        id="2019", name="2019", held_on="2019-04-17", label="SIMULATION", licence="CC0", attribution="",
        hierarchies=("region",), levels=("nation", "province"), contests=(contest,), digest="d" * 64,
    )  # fmt: skip
    number = Random(2019).randrange
    rows = {
        child.id: Tally(
            sv=number(99_999), votes=(number(9_999_999), number(9_999_999)), valid=number(9_999_999), invalid=number(99_999),
            voters=number(9_999_999), received=number(20_000), approved=number(20_000), flagged=number(999),
            incomplete=number(999), at="2019-04-17T16:20:42.000Z",
        )
        for child in children
    }  # fmt: skip
    return region_page(election, contest, region, rows)


def event(path: str, **headers: str) -> dict[str, object]:
    """What API Gateway makes of a browser's request that came through CloudFront, in payload format 2.0."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "routeKey": "GET /v1/elections/{election}/contests/{contest}/regions/{region}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept-encoding": "br,gzip",
            "content-length": "0",
            "host": "abcdefghij.execute-api.ap-southeast-3.amazonaws.com",
            "user-agent": "Amazon CloudFront",
            "via": "2.0 0123456789abcdef0123456789abcdef.cloudfront.net (CloudFront)",
            "x-amz-cf-id": "q7ZbT0YJ3mXo0r5pG6c1N2v8k4H9sD1fLwEaUyRtIoPzXcVbNmQWEA==",
            "x-amzn-trace-id": "Root=1-5cb754e0-3f2a1b4c5d6e7f8091a2b3c4",
            "x-forwarded-for": "192.0.2.1, 198.51.100.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **named,
        },
        "pathParameters": {"election": "2019", "contest": "ppwp", "region": path.rsplit("/", 1)[-1]},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.ap-southeast-3.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": "GET",
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": "Amazon CloudFront",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "GET /v1/elections/{election}/contests/{contest}/regions/{region}",
            "stage": "$default",
            "time": "17/Apr/2019:16:20:42 +0000",
            "timeEpoch": 1555518042000,
        },
        "isBase64Encoded": False,
    }
