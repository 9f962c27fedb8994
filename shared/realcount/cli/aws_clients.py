"""Clients for an operator: account, region and endpoint come from the environment, as with AWS's own tools."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from realcount.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


def dynamodb_client() -> DynamoDBClient:
    """Imports boto3 only now: most commands never need it. Raises `Unavailable` if, say, no region is named."""
    import boto3

    with _explained("DynamoDB"):
        return boto3.client("dynamodb")


def s3_client(connections: int) -> S3Client:
    """A client that so many threads can use at once. Raises `Unavailable` as above."""
    import boto3
    from botocore.config import Config

    with _explained("S3"):
        return boto3.client("s3", config=Config(max_pool_connections=connections))


@contextmanager
def _explained(service: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except BotoCoreError as error:
        raise Unavailable(
            f"{service} cannot be reached: {error} (see AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL)"
        ) from error
