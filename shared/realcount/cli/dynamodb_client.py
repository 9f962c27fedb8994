"""A DynamoDB client for an operator: account, region and endpoint come from the environment, as with AWS's own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realcount.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def dynamodb_client() -> DynamoDBClient:
    """Imports boto3 only now: most commands never need it. Raises `Unavailable` if, say, no region is named."""
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.client("dynamodb")
    except BotoCoreError as error:
        raise Unavailable(
            f"DynamoDB cannot be reached: {error} (see AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL)"
        ) from error
