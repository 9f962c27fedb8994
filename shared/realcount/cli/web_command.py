"""`realcount web`: put the pages for browsers where the edge serves them."""

from __future__ import annotations

import json

import click

from realcount.cli.aws_clients import s3_client
from realcount.cli.web_files import put_web_files
from realcount.domain.errors import Rejected
from realcount.domain.log.notes import read_key


@click.group()
def web() -> None:
    """The pages for browsers: /check/, on which anybody checks one station."""


@web.command()
@click.option(
    "--published-bucket", envvar="BUCKET_PUBLISHED", required=True, help="S3 bucket.  [env: BUCKET_PUBLISHED]"
)
@click.option(
    "--key", "keys", multiple=True, required=True, help="Public key of an election's log, name+id+key; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def publish(published_bucket: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Put the page at /check/ into the bucket, with the keys it goes by: those of all elections that are to be checked.

    Goes to the AWS account, region and endpoint of the environment (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL …). May be
    repeated at any time; what lies there is replaced.
    """
    from botocore.exceptions import ClientError

    from realcount.aws.errors import translated
    from realcount.local.places import checkout

    for key in keys:
        try:
            read_key(key)
        except Rejected as error:
            raise click.BadParameter(str(error), param_hint="--key") from None
    try:
        with translated(f"writing to {published_bucket}"):
            names = put_web_files(s3_client(1), checkout().web, published_bucket, keys)
    except ClientError as error:
        raise click.ClickException(f"the bucket {published_bucket} does not take them: {error}") from None
    click.echo(json.dumps({"files": names}) if as_json else f"{len(names)} files are in {published_bucket}/check/")
