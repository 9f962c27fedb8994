"""What the public waits for on a cold start: read_results imports what it needs and nothing of the write side."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LOADED = """
import json, sys
import handler
from realcount import wiring
print(json.dumps(sorted(sys.modules)))
"""
"""Start the function as Lambda does, up to the adapter of its first request."""

# brotli is not named: urllib3 takes it along where it is installed. In the layer that readers get, it is not.
WRITE_SIDE = [
    *("pydantic", "pydantic_core", "cryptography", "PIL", "aws_xray_sdk"),
    *("realcount.usecases", "realcount.evidence", "realcount.rendering.encoding", "realcount.domain.statements"),
    *("realcount.local", "realcount.cli"),
]


def loaded(function: str) -> set[str]:
    """The modules in memory once the function is ready, in a process of its own."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))},
        "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in (f"functions/{function}", "shared")),
        "AWS_DEFAULT_REGION": "us-east-1",
        "TABLE_PAGES": "pages",
        "POWERTOOLS_METRICS_NAMESPACE": "realcount",
    }
    run = subprocess.run(
        [sys.executable, "-c", LOADED], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


@pytest.fixture(scope="module")
def reader() -> set[str]:
    return loaded("read_results")


@pytest.mark.parametrize("module", WRITE_SIDE)
def test_a_reader_waits_for_nothing_of_the_write_side(reader: set[str], module: str) -> None:
    assert module not in reader


def test_the_same_question_asked_of_a_writer_is_answered_otherwise() -> None:
    assert {"realcount.usecases.publish_results", "aws_xray_sdk"} <= loaded("publish_results")
