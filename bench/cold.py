"""Cold start: from the start of a process to its first answered request, ours beside the usual ways of doing it.

Processes are started in turns; processor time is user and system of the whole child, and instructions are counted by
valgrind, which repeats to a fraction of a percent whatever else the machine does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from statistics import median
from typing import Any

from bench.canned import canned
from bench.options import Options
from bench.read_path import BARE, FASTAPI, OURS, Contestant, contestants, event, nation

NEEDS = "the built artefact, bench/peers; valgrind, or a column less"
ROUNDS = 15

OF_BARE, OF_FASTAPI = 0.85, 0.42
"""What ours may take of a bare boto3 handler's start, and of FastAPI's, in processor time and in instructions."""

COUNTED_OF_BARE = 0.72
"""The same in instructions, which can be held closer: they do not depend on what else runs."""

START = """
import importlib, json, os, sys
class Context:
    function_name, memory_limit_in_mb, aws_request_id = "read", 1024, "6f0e4f1c-7f3f-4a4e-9d53-2f6a7f1d1a11"
    invoked_function_arn = "arn:aws:lambda:ap-southeast-3:123456789012:function:read"
    def get_remaining_time_in_millis(self): return 10000
answer = importlib.import_module(sys.argv[1]).lambda_handler(json.loads(sys.argv[2]), Context())
print(json.dumps([answer["statusCode"], len(answer["body"]), len(sys.modules)]))
sys.stdout.flush()
os._exit(0)
"""
"""As Lambda does it: import, one event, and then the process is frozen rather than ended in order."""


def run(options: Options) -> dict[str, Any]:
    """One row for each contestant: medians, and how they compare with the two that are named in the goals."""
    rounds = 2 if options.quick else ROUNDS
    page = nation()
    asked = json.dumps(event(page.path))
    rows: dict[str, dict[str, Any]] = {}
    with canned(page) as url:
        everybody = contestants()
        figures: dict[str, list[tuple[float, ...]]] = {one.name: [] for one in everybody}
        for _ in range(rounds + 1):
            for one in everybody:
                figures[one.name].append(start(one, url, asked))
        for one in everybody:
            # The first round fills the file system's cache and writes bytecode; it is not counted.
            cpu, wall, rss, modules = (median(column) for column in zip(*figures[one.name][1:], strict=True))
            rows[one.name] = {
                "cpu_ms": round(cpu * 1000, 1),
                "wall_ms": round(wall * 1000, 1),
                "rss_mib": round(rss, 1),
                "modules": round(modules),
                "instructions_m": count(one, url, asked),
            }
    for row in rows.values():
        for unit in ("cpu_ms", "instructions_m"):
            for other, name in ((BARE, "bare"), (FASTAPI, "fastapi")):
                mine, theirs = row[unit], rows[other][unit]
                row[f"{unit.split('_')[0]}_of_{name}"] = round(mine / theirs, 3) if mine else None
    return {"rounds": rounds, "page_bytes": {name: len(body) for name, body in page.bodies.items()}, "rows": rows}


def table(result: dict[str, Any]) -> str:
    lines = [
        "| start to first answer | CPU ms | of bare boto3 | of FastAPI | instructions, M | of bare boto3 | of FastAPI"
        " | wall ms | peak MiB | modules |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in result["rows"].items():
        cells = [
            f"{row['cpu_ms']:.0f}", row["cpu_of_bare"], row["cpu_of_fastapi"], row["instructions_m"] or "–",
            row["instructions_of_bare"] or "–", row["instructions_of_fastapi"] or "–",
            f"{row['wall_ms']:.0f}", row["rss_mib"], row["modules"],
        ]  # fmt: skip
        shown = f"**{name}**" if name == OURS else name
        lines.append(
            f"| {shown} | {' | '.join(f'{cell:.2f}' if type(cell) is float else str(cell) for cell in cells)} |"
        )
    return "\n".join(lines)


def passed(result: dict[str, Any]) -> bool:
    ours = result["rows"][OURS]
    counted = ours["instructions_of_bare"]
    return (counted is None or counted <= COUNTED_OF_BARE) and all(
        ours[f"{unit}_of_bare"] is None
        or (ours[f"{unit}_of_bare"] <= OF_BARE and ours[f"{unit}_of_fastapi"] <= OF_FASTAPI)
        for unit in ("cpu", "instructions")
    )


def start(one: Contestant, url: str, asked: str) -> tuple[float, float, float, float]:
    """Processor seconds, wall seconds, peak MiB and modules of one start. Raises if it did not answer with the page."""
    began = time.monotonic()
    with subprocess.Popen(one.command(START, asked), env=one.environment(url), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        wall = time.monotonic() - began
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{one.name} did not start")
    code, length, modules = json.loads(said.splitlines()[-1])
    if code != 200 or length < 1000:
        raise RuntimeError(f"{one.name} answered {code} with {length} characters")
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, modules


def count(one: Contestant, url: str, asked: str) -> float | None:
    """Millions of instructions of one start, or None where there is no valgrind."""
    if shutil.which("valgrind") is None:
        return None
    counting = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    done = subprocess.run(
        [*counting, *one.command(START, asked)], env={**os.environ, **one.environment(url)}, capture_output=True, text=True,
        timeout=170, check=True,
    )  # fmt: skip
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if found is None:
        raise RuntimeError(f"valgrind counted nothing:\n{done.stderr[-500:]}")
    return round(int(found[1].replace(",", "")) / 1e6, 1)
