"""`realcount recount` and `realcount election rebuild`, as an operator calls them, on DynamoDB and S3."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from realcount.cli.main import cli
from tests.contract.engines import AWSStores
from tests.contract.test_rebuild import drop, everything, office_on
from tests.small_election import ELECTION, PPWP
from tests.unit.usecases.office import SIGNER


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[AWSStores]:
    """Tables and bucket are named by the environment, as a deployment's outputs would."""
    with mock_aws():
        stores = AWSStores(None)
        office_on(stores, [PPWP])
        names = {
            "TABLE_ELECTIONS": stores.elections_table,
            "TABLE_KEYS": stores.keys_table,
            "TABLE_FORMS": stores.forms_table,
            "TABLE_TALLY": stores.tallies._table,  # type: ignore[attr-defined]
            "TABLE_PAGES": stores.pages_table,
            "BUCKET_PUBLISHED": stores.published_bucket,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        yield stores


def run(*words: str, key: str = SIGNER.key.to_text()) -> Result:
    return CliRunner().invoke(cli, [*words, ELECTION, "--key", key])


def test_an_election_that_is_as_its_log_says(stores: AWSStores) -> None:
    result = run("recount")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "All of it is as the log says."


def test_one_vote_is_named_and_the_exit_code_is_one(stores: AWSStores) -> None:
    boto3.client("dynamodb").update_item(
        TableName=stores.tallies._table,  # type: ignore[attr-defined]
        Key={"pk": {"S": "e19#ppwp#V1"}, "sk": {"S": "S1"}},
        UpdateExpression="SET votes[0] = votes[0] + :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    result = run("recount")
    assert result.exit_code == 1
    assert "drift: tally: 'S1' under 'V1' in e19/ppwp" in result.stdout
    found = json.loads(run("recount", "--json").stdout)["differences"]
    assert {"tally", "pages"} == {one["store"] for one in found}


def test_another_key_is_another_log(stores: AWSStores) -> None:
    other = "count.example/small+8f91f0ad+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    assert run("recount", key=other).exit_code != 0


def test_what_was_dropped_is_rebuilt_and_then_as_the_log_says(stores: AWSStores) -> None:
    before = everything(stores)
    drop(stores)
    assert run("recount").exit_code == 1
    result = run("election", "rebuild")
    assert result.exit_code == 0, result.output
    assert "the rows of 5 stations and 6 regions" in result.stdout
    assert everything(stores) == before
    assert run("recount").exit_code == 0
    assert json.loads(run("election", "rebuild", "--json").stdout)["stations"] == 0
