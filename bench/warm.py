"""Warm reads: processor time of one request, in process, from memory, as 304 and from DynamoDB, beside the usual ways.

A request is what the runtime makes of it: the event from JSON, the handler, the answer to JSON. The runtime's own HTTP is
left out, for everybody. DynamoDB is canned, in another process. A figure is the best of many blocks.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from bench.canned import canned
from bench.options import Options
from bench.read_path import BARE, FASTAPI, OURS, Contestant, contestants, event, nation

NEEDS = "the built artefact, bench/peers"
ROUNDS = 3
CASES = ("cached", "not modified", "miss")

CACHED_MICROSECONDS = 80
FASTAPI_OVER_CACHED = 6
MISS_OF_BARE = 1.15

MEASURE = """
import importlib, json, sys, time
handler = importlib.import_module(sys.argv[1]).lambda_handler
blocks = int(sys.argv[3])
class Context:
    function_name, memory_limit_in_mb, aws_request_id = "read", 1024, "6f0e4f1c-7f3f-4a4e-9d53-2f6a7f1d1a11"
    invoked_function_arn = "arn:aws:lambda:ap-southeast-3:123456789012:function:read"
    def get_remaining_time_in_millis(self): return 10000
context = Context()
def answered(text):
    return json.dumps(handler(json.loads(text), context))
def best(status, make, size):
    found = []
    for block in range(blocks):
        texts = make(block, size)
        assert json.loads(answered(texts[0]))["statusCode"] == status
        began = time.process_time()
        for text in texts:
            answered(text)
        found.append((time.process_time() - began) / len(texts))
    return min(found) * 1e6
asked = json.loads(sys.argv[2])
same = json.dumps(asked)
first = json.loads(answered(same))
tag = {name.lower(): value for name, value in first["headers"].items()}["etag"]
if isinstance(tag, list):
    tag = tag[0]
held = json.dumps({**asked, "headers": {**asked["headers"], "if-none-match": tag}})
def others(block, size):
    paths = (f"/v1/elections/2019/contests/ppwp/regions/{block}-{i}" for i in range(size))
    return [same.replace(asked["rawPath"], path) for path in paths]
print(json.dumps([
    best(200, lambda block, size: [same] * size, 300),
    best(304, lambda block, size: [held] * size, 300),
    best(200, others, 60),
]))
"""


def run(options: Options) -> dict[str, Any]:
    """Microseconds per request for each contestant and case: the best block of all rounds."""
    rounds, blocks = (1, 3) if options.quick else (ROUNDS, 12)
    page = nation()
    asked = json.dumps(event(page.path))
    best: dict[str, list[float]] = {}
    with canned(page) as url:
        everybody = contestants()
        for _ in range(rounds):
            for one in everybody:
                figures = measure(one, url, asked, blocks)
                best[one.name] = list(map(min, best.get(one.name, figures), figures))
    rows = {
        name: {case: round(figure, 1) for case, figure in zip(CASES, figures, strict=True)}
        for name, figures in best.items()
    }
    ours = rows[OURS]
    return {
        "rounds": rounds,
        "rows": rows,
        "fastapi_over_ours_cached": round(rows[FASTAPI]["cached"] / ours["cached"], 2),
        "fastapi_over_ours_not_modified": round(rows[FASTAPI]["not modified"] / ours["not modified"], 2),
        "miss_of_bare": round(ours["miss"] / rows[BARE]["miss"], 3),
    }


def table(result: dict[str, Any]) -> str:
    lines = [
        "| µs CPU per request | cached | × ours | 304 | × ours | miss | × ours |",
        "|---|---|---|---|---|---|---|",
    ]
    ours = result["rows"][OURS]
    for name, row in result["rows"].items():
        cells = [f"{row[case]:.0f} | {row[case] / ours[case]:.2f}" for case in CASES]
        lines.append(f"| {f'**{name}**' if name == OURS else name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def passed(result: dict[str, Any]) -> bool:
    return bool(
        result["rows"][OURS]["cached"] <= CACHED_MICROSECONDS
        and result["fastapi_over_ours_cached"] >= FASTAPI_OVER_CACHED
        and result["miss_of_bare"] <= MISS_OF_BARE
    )


def measure(one: Contestant, url: str, asked: str, blocks: int) -> list[float]:
    done = subprocess.run(
        one.command(MEASURE, asked, str(blocks)), env=one.environment(url), capture_output=True, text=True, timeout=170,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{one.name} failed:\n{done.stderr[-2000:]}")
    figures: list[float] = json.loads(done.stdout.splitlines()[-1])
    return figures
