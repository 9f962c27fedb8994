"""The floor under the read benches is real enough, their tables say what was measured, and what they promise is checked."""

from __future__ import annotations

import ast
import gzip
import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import boto3
import pytest

from bench import cold, warm
from bench.canned import canned
from bench.read_path import BARE, FASTAPI, MODULES, OURS, PEERS, event, nation
from realcount.aws.page_reader import page_reader
from realcount.aws.pages_dynamodb import DynamoDBPages

ENVIRON = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}


def test_the_canned_table_holds_the_page_under_every_key() -> None:
    page = nation()
    with canned(page) as url:
        client = boto3.client(
            "dynamodb", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        with closing(client), closing(page_reader({**ENVIRON, "AWS_ENDPOINT_URL": url}, "pages")) as reader:
            for path in (page.path, "/v1/elections/2019/contests/ppwp/regions/9-9", '/v1/"é'):
                expected = replace(page, path=path)
                assert reader.get(path) == DynamoDBPages(client, "pages").get(path) == expected


def test_the_page_is_as_large_as_a_nations() -> None:
    document = json.loads(gzip.decompress(nation().bodies["gzip"]))
    assert len(document["children"]) == 38
    assert 1_500 < len(nation().bodies["br"]) < 4_000
    assert event("/v1/x", if_none_match="tag")["headers"]["if-none-match"] == "tag"  # type: ignore[index]


@pytest.mark.parametrize("module", MODULES.values())
def test_every_peer_is_a_handler(module: str) -> None:
    tree = ast.parse((PEERS / "handlers" / f"{module}.py").read_text(encoding="utf-8"))
    made = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    made += [ast.unparse(target) for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert "lambda_handler" in made


def started(ours: dict[str, float | None]) -> dict[str, Any]:
    row = {"cpu_ms": 200.0, "wall_ms": 250.0, "rss_mib": 33.0, "modules": 435, "instructions_m": 650.0}
    held = {"cpu_of_bare": 0.7, "cpu_of_fastapi": 0.33, "instructions_of_bare": 0.68, "instructions_of_fastapi": 0.32}
    return {"rows": {OURS: {**row, **held, **ours}, BARE: {**row, **held}}}


@pytest.mark.parametrize(
    ("ours", "held"),
    [
        ({}, True),
        ({"cpu_of_bare": 0.86}, False),
        ({"cpu_of_fastapi": 0.43}, False),
        ({"instructions_of_bare": 0.73}, False),
        ({"instructions_of_fastapi": 0.43}, False),
        ({"instructions_m": None, "instructions_of_bare": None, "instructions_of_fastapi": None}, True),
    ],
)
def test_a_start_that_grew_is_noticed(ours: dict[str, float | None], held: bool) -> None:
    result = started(ours)
    assert cold.passed(result) is held
    assert f"| **{OURS}** | 200 |" in cold.table(result)


@pytest.mark.parametrize(
    ("figures", "held"),
    [
        ((50.0, 480.0, 13.0, 0.43), True),
        ((81.0, 480.0, 13.0, 0.43), False),
        ((50.0, 480.0, 5.9, 0.43), False),
        ((50.0, 480.0, 13.0, 1.16), False),
    ],
)
def test_a_read_that_grew_is_noticed(figures: tuple[float, float, float, float], held: bool) -> None:
    cached, miss, fastapi, bare = figures
    rows = {
        OURS: {"cached": cached, "not modified": 50.0, "miss": miss},
        FASTAPI: {"cached": 650.0, "not modified": 600.0, "miss": 1900.0},
    }
    result = {"rows": rows, "fastapi_over_ours_cached": fastapi, "miss_of_bare": bare}
    assert warm.passed(result) is held
    assert f"| **{OURS}** | {cached:.0f} | 1.00 |" in warm.table(result)
