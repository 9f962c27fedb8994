"""The API before a program that asks everything its description allows, and what it does not: it never breaks down, and never
answers with a status, a media type or a member that the description does not know.

The handlers are the real ones, behind the gateway of one machine and over HTTP; the stores are memory. The seed is fixed.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from realcount.local.gateway import Gateway, Server
from realcount.local.places import bind, checkout
from realcount.local.stack import Route
from realcount.local.template import read_stack
from realcount.usecases.publish_description import publish_description
from tests.functions.night import Night
from tests.functions.test_sweep_tally import SCHEDULED

pytestmark = [pytest.mark.openapi, pytest.mark.timeout(1_200)]

TOOL = checkout().root / "infra/tools/schemathesis"
HOOKS = {"SCHEMATHESIS_HOOKS": "there", "PYTHONPATH": str(TOOL)}
CASES = 10_000
OF_EDGES = 900
"""Of the cases at least so many are about the edges of what may be asked, and are not drawn."""
SHARES = (("GET",), ("HEAD", "POST"))
"""By method, so that both processors have something to do."""

SEED = "20290417"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A night with counted, flagged and waiting forms, served without the limits of its routes."""
    night = Night()
    root = checkout().root
    night.submit(at="S1")
    night.approve(at="S1")
    night.submit(night.form(at="S2", votes={"01": 900}), at="S2")
    night.settle()
    for function in (
        "ask_witnesses",
        "seal_totals",
        "export_bulk",
        "record_history",
        "list_corrections",
        "list_flagged",
    ):
        night.invoke(function, SCHEDULED, left=[900_000])
    document = (root / "web/docs/openapi.json").read_bytes()
    publish_description(document, night.now, copies=night.copies, pages=night.pages)
    stack = read_stack(root / "template.yaml")
    one = Lock()  # The clock and the adapters of a night are of one process: one request at a time.

    def invoke(function: str, event: Any) -> Any:
        with one:
            return night.invoke(function, event)

    routes = tuple(Route(route.method, route.path, route.function) for route in stack.routes)
    logging.disable(logging.INFO)  # pytest would keep ten thousand lines of what was refused
    with bind(0, "port") as listening:
        server = Server(Gateway(routes, stack.cors, invoke), listening)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.stop()
    logging.disable(logging.NOTSET)


def test_ten_thousand_questions(address: str, tmp_path: Path) -> None:
    root = checkout().root
    document = json.loads((root / "web/docs/openapi.json").read_text())
    operations = sum(1 for item in document["paths"].values() for method in item if method != "parameters")
    each = (CASES - OF_EDGES) // operations
    said = [tmp_path / f"{methods[0]}.txt" for methods in SHARES]
    running = []
    for methods, out in zip(SHARES, said, strict=True):
        chosen = [part for method in methods for part in ("--include-method", method)]
        command = [
            TOOL / ".venv/bin/schemathesis", "run", root / "web/docs/openapi.json", "--url", address, "--checks", CHECKS, "--seed", SEED, *chosen,
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(each), "--generation-database", "none",
            "--continue-on-failure", "--warnings", "off", "--no-color", "--suppress-health-check", "all",
        ]  # fmt: skip
        with out.open("w") as file:
            running.append(
                subprocess.Popen(
                    command, cwd=tmp_path, env={**os.environ, **HOOKS}, stdout=file, stderr=subprocess.STDOUT
                )
            )
    try:
        codes = [one.wait(timeout=1_100) for one in running]
    finally:
        for one in running:
            one.kill()
            one.wait()
    texts = [out.read_text() for out in said]
    assert codes == [0, 0], "\n".join(texts)
    asked_in_all = sum(int(count) for text in texts for count in re.findall(r"(\d+) generated", text))
    assert asked_in_all >= CASES
