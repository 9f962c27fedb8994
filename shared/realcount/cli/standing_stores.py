"""The stores of a deployment for an operator's command: which tables and bucket, as options or from the environment."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

import click

from realcount.cli.aws_clients import dynamodb_client, s3_client
from realcount.usecases.rebuild_tally import Stores

AT_ONCE = 32
"""Copies on their way to S3 at the same time."""

NAMES = {
    "elections_table": ("TABLE_ELECTIONS", "DynamoDB table."),
    "keys_table": ("TABLE_KEYS", "DynamoDB table."),
    "forms_table": ("TABLE_FORMS", "DynamoDB table."),
    "tally_table": ("TABLE_TALLY", "DynamoDB table."),
    "pages_table": ("TABLE_PAGES", "DynamoDB table."),
    "published_bucket": ("BUCKET_PUBLISHED", "S3 bucket."),
}

Result = TypeVar("Result")


def with_stores(command: Callable[..., Result]) -> Callable[..., Result]:
    """Give a command the options that name the stores, and hand it `stores` of the election it is called with."""

    @functools.wraps(command)
    def opened(election_id: str, **options: object) -> Result:
        names = {name: str(options.pop(name)) for name in NAMES}
        return command(election_id, stores=_opened(election_id, names), **options)

    for name, (variable, text) in reversed(NAMES.items()):
        option = click.option(
            f"--{name.replace('_', '-')}", envvar=variable, required=True, help=f"{text}  [env: {variable}]"
        )
        opened = option(opened)
    return opened


def _opened(election_id: str, names: dict[str, str]) -> Stores:
    from realcount.aws.copies_s3 import S3Copies
    from realcount.aws.editions_s3 import S3Editions
    from realcount.aws.elections_dynamodb import DynamoDBElections
    from realcount.aws.forms_dynamodb import DynamoDBForms
    from realcount.aws.log_s3 import S3Log
    from realcount.aws.pages_dynamodb import DynamoDBPages
    from realcount.aws.tallies_dynamodb import DynamoDBTallies

    dynamodb, s3 = dynamodb_client(), s3_client(AT_ONCE)
    return Stores(
        elections=DynamoDBElections(dynamodb, names["elections_table"]),
        forms=DynamoDBForms(dynamodb, names["forms_table"], names["keys_table"]),
        tallies=DynamoDBTallies(dynamodb, names["tally_table"]),
        editions=S3Editions(s3, names["published_bucket"], AT_ONCE),
        copies=S3Copies(s3, names["published_bucket"], AT_ONCE),
        pages=DynamoDBPages(dynamodb, names["pages_table"]),
        log=S3Log(s3, names["published_bucket"], dynamodb, names["forms_table"], election_id),
    )
