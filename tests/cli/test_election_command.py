"""`realcount election load` makes an election exist on DynamoDB: whole, once, and only from good files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.aws.pages_dynamodb import DynamoDBPages
from realcount.cli.election_files import read_election
from realcount.cli.main import cli
from realcount.cli.replay.comparison import document_of
from realcount.cli.situng2019 import Situng2019
from realcount.cli.situng2019_election import write_election
from realcount.rendering.paths import ELECTIONS


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DynamoDBElections, DynamoDBPages]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("TABLE_ELECTIONS", "elections")
    monkeypatch.setenv("TABLE_PAGES", "pages")
    monkeypatch.setenv("BUCKET_PUBLISHED", "published")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="published")
        client = boto3.client("dynamodb")
        for table, keys in (("elections", ("pk", "sk")), ("pages", ("pk",))):
            client.create_table(
                TableName=table,
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )
        yield DynamoDBElections(client, "elections"), DynamoDBPages(client, "pages")


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    write_election(Situng2019(data), tmp_path / "election", "1")
    return tmp_path / "election"


def load(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(cli, ["election", "load", str(folder), *more])


def test_a_loaded_election_has_its_units_and_every_page_with_zeros(
    folder: Path, stores: tuple[DynamoDBElections, DynamoDBPages]
) -> None:
    elections, pages = stores
    result = load(folder, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["state"] == "new"
    region = elections.region("id-2019", "3")
    assert region is not None
    assert region.expected == 5
    for unit in ("regions/0", "regions/8", "stations/900000003"):
        document = document_of(pages.get(f"{ELECTIONS}/id-2019/contests/ppwp/{unit}"))
        assert document is not None
        assert document["votes"] == {"21": 0, "22": 0}
        copy = boto3.client("s3").get_object(Bucket="published", Key=f"v1/elections/id-2019/contests/ppwp/{unit}")
        assert json.loads(copy["Body"].read()) == document
    listed = document_of(pages.get(ELECTIONS))
    assert listed is not None
    assert [entry["id"] for entry in listed["elections"]] == ["id-2019"]


def test_loading_again_changes_nothing_and_other_files_are_refused(
    folder: Path, stores: tuple[DynamoDBElections, DynamoDBPages]
) -> None:
    load(folder)
    assert load(folder).stdout.splitlines()[-1] == "was loaded already"
    (folder / "regions.csv").write_text((folder / "regions.csv").read_text().replace("MUARA", "KUALA"))
    other = load(folder)
    assert other.exit_code == 1
    assert len(other.stderr.splitlines()) == 1
    assert "id-2019" in other.stderr


def test_bad_files_are_refused_before_anything_is_stored(
    folder: Path, stores: tuple[DynamoDBElections, DynamoDBPages]
) -> None:
    (folder / "stations.csv").write_text((folder / "stations.csv").read_text() + "9-TPS-1,TPS,TPS 1,region:9,1\n")
    result = load(folder)
    assert result.exit_code == 1
    assert "stations.csv:9: parents: '9' is no region" in result.stdout
    assert stores[0].elections() == []


def test_an_interrupted_load_is_finished_by_the_next(
    folder: Path, stores: tuple[DynamoDBElections, DynamoDBPages]
) -> None:
    stores[0].begin(read_election(folder).election)
    assert load(folder).stdout.splitlines()[-1] == "finished an earlier load"
