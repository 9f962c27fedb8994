"""What the public waits for on a cold start: read_results imports what it needs and nothing of the write side."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from realcount.edge.settings import variables_of
from tests.contract import samples
from tests.contract.bad_peer import http, item, peer, says

ROOT = Path(__file__).parents[2]
PATH = "/v1/elections/2019/contests/PPWP/regions/11"

START = """
import json, sys
import handler
"""
READ = """
from types import SimpleNamespace
request = {"stage": "$default", "http": {"method": "GET"}}
event = {"version": "2.0", "rawPath": sys.argv[1], "headers": {"accept-encoding": "br"}, "requestContext": request}
context = SimpleNamespace(
    function_name="read_results", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="1",
)
for _ in range(2):
    assert handler.lambda_handler(event, context)["statusCode"] == 200
"""
LOADED = """
print(json.dumps(sorted(sys.modules)))
"""

# brotli is not named: urllib3 takes it along where it is installed. In the layer that readers get, it is not.
WRITE_SIDE = [
    *("pydantic", "pydantic_core", "cryptography", "PIL", "aws_xray_sdk"),
    *("realcount.usecases", "realcount.evidence", "realcount.rendering.encoding", "realcount.domain.statements"),
    *("realcount.local", "realcount.cli"),
]


NO_CLIENT = [
    *("boto3", "s3transfer", "botocore.client", "botocore.session", "botocore.loaders", "botocore.credentials"),
    *("realcount.aws.pages_dynamodb", "realcount.aws.batches", "realcount.aws.keys", "realcount.domain.election"),
]
"""What a client would have brought, and what the reader used to."""


def loaded(function: str, url: str = "http://127.0.0.1:9", then: str = "") -> set[str]:
    """The modules in memory once the function has started as Lambda starts it, in a process of its own, all adapters
    made, and has done one thing more."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))},
        "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in (f"functions/{function}", "shared")),
        **dict.fromkeys(variables_of(function), "something"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_ENDPOINT_URL": url,
        "POWERTOOLS_METRICS_NAMESPACE": "realcount",
    }
    run = subprocess.run(
        [sys.executable, "-c", START + then + LOADED, PATH],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


@pytest.fixture(scope="module")
def reader() -> set[str]:
    """After a start and two reads, one from the store and one from memory."""
    with peer([says(http(item(samples.page(PATH, size=2_000))))]) as store:
        modules = loaded("read_results", store.url, READ)
        assert len(store.heard) == 1
    return modules


@pytest.mark.parametrize("module", WRITE_SIDE)
def test_a_reader_waits_for_nothing_of_the_write_side(reader: set[str], module: str) -> None:
    assert module not in reader


@pytest.mark.parametrize("module", NO_CLIENT)
def test_a_reader_makes_no_client(reader: set[str], module: str) -> None:
    assert module not in reader


def test_the_same_question_asked_of_a_writer_is_answered_otherwise() -> None:
    assert {"realcount.usecases.publish_results", "aws_xray_sdk", "botocore.client"} <= loaded("publish_results")
