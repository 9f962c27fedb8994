"""What a cold start costs each function: from the first import to its adapters standing ready, in a process of its own.

Times are CPU time, which moves less than wall time on a shared machine. The peer within the same run is a handler
that does what most do: Powertools' logger and resolver, and one boto3 client.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.options import Options
from realcount.edge.settings import PORTS_OF

ROOT = Path(__file__).parents[1]
RUNS = 7
PEER = "stock handler"

_BEGIN = "import time, sys, json, resource; began = time.process_time()\n"
_END = """
now = time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps([imported - began, now - imported, peak, len(sys.modules)]))
"""
_OURS = """
import handler
imported = time.process_time()
from realcount import wiring
from realcount.edge.settings import PORTS_OF
made = wiring.adapters({function!r})
for port in PORTS_OF[{function!r}]:
    getattr(made, port)
"""
_STOCK = """
import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
imported = time.process_time()
logger, app, client = Logger(service="peer"), APIGatewayHttpResolver(), boto3.client("dynamodb")
"""


def run(options: Options) -> dict[str, object]:
    """Every function and the peer, on this machine."""
    return {"rows": start_all(1 if options.quick else RUNS)}


def start_all(runs: int) -> list[dict[str, object]]:
    """One row per function and one for the peer: medians of `runs` starts, taken in turns."""
    scripts = {PEER: ("read_results", _STOCK)} | {name: (name, _OURS.format(function=name)) for name in PORTS_OF}
    figures: dict[str, list[list[float]]] = {name: [] for name in scripts}
    for _ in range(runs + 1):
        for name, (folder, script) in scripts.items():
            figures[name].append(_start(folder, _BEGIN + script + _END))
    rows: list[dict[str, object]] = []
    peer = 0.0
    for name, starts in figures.items():
        # The first round fills the caches of the file system and writes bytecode; it is not counted.
        imported, made, peak, modules = (median(column) for column in zip(*starts[1:], strict=True))
        peer = peer or imported + made
        rows.append(
            {
                "start": name,
                "import_ms": round(imported * 1000),
                "init_ms": round(made * 1000),
                "of_stock": round((imported + made) / peer, 2),
                "rss_mib": round(peak),
                "modules": round(modules),
            }
        )
    return rows


def table(result: dict[str, list[dict[str, object]]]) -> str:
    """The result for a person, as Markdown."""
    lines = [
        "| start | import ms | adapters ms | of the stock handler | peak MiB | modules |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(str(value) for value in row.values())} |" for row in result["rows"]]
    return "\n".join(lines)


def _start(folder: str, script: str) -> list[float]:
    names = ("ELECTIONS", "KEYS", "UPLOADS", "FORMS", "TALLY", "PAGES")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))},
        **{f"TABLE_{name}": "t" for name in names},
        **{f"BUCKET_{name}": "b" for name in ("UPLOADS", "EVIDENCE", "PUBLISHED")},
        **{"PARAMETER_INTAKE": "/p", "AWS_DEFAULT_REGION": "us-east-1"},
        **{"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"},
        "PYTHONPATH": os.pathsep.join(str(ROOT / place) for place in (f"functions/{folder}", "shared")),
        "POWERTOOLS_METRICS_NAMESPACE": "realcount",
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    figures: list[float] = json.loads(done.stdout)
    return figures
