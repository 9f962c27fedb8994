"""What a public is asked to do, what it saw, and the process in which it does it."""

from __future__ import annotations

import json
import subprocess
import sys
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from bench.night.public import Interest

BUSTING = 0.1
"""The share of those whose address carries a query that means nothing."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a public does: `rate` requests per second for so many `seconds` over so many kept `connections`.

    They read `pages`, drawn by their shares; with `raw`, which is text of Latin-1, they all send that instead. With
    `once` they read them in their order, each page once, and go home after the last.
    """

    port: int
    rate: float
    seconds: float
    pages: Sequence[tuple[str, float]]
    connections: int = 64
    seed: int = 1
    busting: float = BUSTING
    raw: str = ""
    once: bool = False


@dataclass(slots=True)
class Seen:
    """What a public saw. Latencies are in milliseconds, from the moment a request was due to its last byte."""

    requests: int = 0
    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    broken: int = 0
    oldest: int = 0
    latency: dict[str, float] = field(default_factory=dict)
    generator_late: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def begin(visit: Visit) -> subprocess.Popen[str]:
    """Start the public; it ends by itself. `end` collects what it saw."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.night.viewers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(visit)) + "\n")
    process.stdin.close()
    return process


def end(process: subprocess.Popen[str]) -> Seen:
    """Wait until the public is done. Raises `RuntimeError` if it broke down."""
    assert process.stdout is not None
    with process:
        said = process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(f"the viewers' process ended with {process.returncode}")
    return Seen(**json.loads(said))


def visited(visit: Visit) -> Seen:
    """Let a public come, and wait until it is done."""
    return end(begin(visit))


def shares(public: Sequence[Interest]) -> list[tuple[str, float]]:
    return [(interest.path, interest.share) for interest in public]


def quantiles(values: array[float]) -> dict[str, float]:
    """Of a sample; empty where there is none."""
    ranked = sorted(values)
    if not ranked:
        return {}

    def at(share: float) -> float:
        return round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 3)

    return {
        "p50": at(0.5),
        "p90": at(0.9),
        "p95": at(0.95),
        "p99": at(0.99),
        "p999": at(0.999),
        "max": round(ranked[-1], 3),
    }
