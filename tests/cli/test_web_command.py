"""The page that checks, put where the edge serves it, with the keys that it goes by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from realcount.cli.main import cli
from realcount.cli.web_files import LIFETIME, web_files
from realcount.local.memory import KeptKey
from realcount.local.places import checkout

KEY = KeptKey("count.example/e19", bytes(range(32))).key.to_text()
PAGE = checkout().web / "check"
DOCS = checkout().web / "docs"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="published")
        yield client


def test_all_its_files_are_put_with_their_types_and_the_keys(s3: Any) -> None:
    result = CliRunner().invoke(cli, ["web", "publish", "--published-bucket", "published", "--key", KEY, "--json"])
    assert result.exit_code == 0, result.output
    names = json.loads(result.output)["files"]
    files = [f"{folder.name}/{file.name}" for folder in (PAGE, DOCS) for file in folder.iterdir()]
    assert sorted(names) == sorted([*files, "check/keys.json"])
    for page in ("check/", "docs/"):
        last = [name for name in names if name.startswith(page)][-1]
        assert last == f"{page}index.html", "by then all that it names is there"
    said = {name: s3.get_object(Bucket="published", Key=name) for name in names}
    assert {one["CacheControl"] for one in said.values()} == {LIFETIME}
    assert said["check/check.js"]["ContentType"] == "text/javascript; charset=utf-8"
    assert said["check/icon.svg"]["ContentType"] == "image/svg+xml"
    assert json.loads(said["check/keys.json"]["Body"].read()) == {"keys": [KEY]}


def test_no_bucket_is_one_line(s3: Any) -> None:
    result = CliRunner().invoke(cli, ["web", "publish", "--published-bucket", "nowhere", "--key", KEY])
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


def test_the_page_names_nothing_that_is_not_beside_it() -> None:
    names = {name.removeprefix("check/") for name, _, _ in web_files(checkout().web, [])}
    for file in PAGE.iterdir():
        text = file.read_text()
        named = re.findall(r"(?:from|import\() ?'\./([^']+)'", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
        assert set(named) <= names, file.name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?://(?!www\.w3\.org)",
            text,
        ), file.name
