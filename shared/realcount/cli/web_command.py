"""`realcount web`: put the pages for browsers where the edge serves them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from realcount.cli.aws_clients import s3_client
from realcount.cli.web_files import put_web_files
from realcount.domain.errors import Rejected
from realcount.domain.log.notes import read_key


@click.group()
def web() -> None:
    """The pages for browsers: /check/, on which anybody checks one station, and /docs/, the API to read."""


@web.command()
@click.option("--check", is_flag=True, help="Write nothing; say whether what is committed is what would be written.")
def describe(check: bool) -> None:
    """Write the API's description, the OpenAPI document and the page made of it, into web/docs/ of the checkout."""
    from realcount.cli.openapi.files import description_files
    from realcount.local.places import checkout

    folder = checkout().web / "docs"
    made = description_files()
    stale = sorted(name for name, content in made.items() if not _holds(folder / name, content))
    if check and stale:
        raise click.ClickException(f"web/docs/ is not what the code says: {', '.join(stale)}; run `make openapi`")
    folder.mkdir(exist_ok=True)
    for name in stale:
        (folder / name).write_bytes(made[name])
    click.echo(f"{len(made)} files, {len(stale)} of them new, in {folder}")


def _holds(path: Path, content: bytes) -> bool:
    return path.exists() and path.read_bytes() == content


@web.command()
@click.option(
    "--published-bucket", envvar="BUCKET_PUBLISHED", required=True, help="S3 bucket.  [env: BUCKET_PUBLISHED]"
)
@click.option(
    "--key", "keys", multiple=True, required=True, help="Public key of an election's log, name+id+key; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def publish(published_bucket: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Put the pages at /check/ and /docs/ into the bucket, with the keys that the first goes by: those of all elections that
    are to be checked.

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
    click.echo(json.dumps({"files": names}) if as_json else f"{len(names)} files are in {published_bucket}")
