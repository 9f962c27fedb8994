"""How much a cache serves when everybody asks again at once: wrk, for throughput and for nothing else.

Its viewers wait for an answer before they ask again, so their latencies say little of a slow server; those are measured
by `viewers`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bench.night.viewers import CODINGS

SCRIPT = Path(__file__).with_name("crowd.lua")
CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Served:
    """What wrk counted. Milliseconds for the latencies; `bytes` of bodies and headers."""

    requests: int
    seconds: float
    bytes: int
    failed: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def needed() -> None:
    """Raises `SystemExit` where wrk is absent."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed here (Debian: apt-get install wrk)")


def crowd(
    port: int, pages: Sequence[tuple[str, float]], seconds: int, *, codings: Sequence[tuple[bytes, float]] = CODINGS
) -> Served:
    """Let wrk loose on these pages, drawn by their shares. Raises `CalledProcessError`."""
    with tempfile.NamedTemporaryFile("w", suffix=".public") as public:
        for kind, drawn in (("path", pages), ("coding", [(coding.decode(), share) for coding, share in codings])):
            whole = sum(share for _, share in drawn)
            for share, (value, _) in zip(accumulate(share / whole for _, share in drawn), drawn, strict=True):
                public.write(f"{kind} {share:.9f} {value}\n")
        public.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}", "--", public.name, "1"],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 30,
        )
    return Served(**json.loads(done.stdout.strip().rpartition("\n")[2]))
