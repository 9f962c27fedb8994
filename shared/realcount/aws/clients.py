"""The AWS clients, each made when it is first asked for and once per container."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient


@cache
def dynamodb() -> DynamoDBClient:
    """Whatever writes may take its time, but less than its function's."""
    return cast("DynamoDBClient", _session().create_client("dynamodb", config=_config(connect=2, read=5, attempts=4)))


@cache
def s3() -> S3Client:
    from realcount.aws.uploads_s3 import PRESIGNING

    config = _config(connect=2, read=10, attempts=4).merge(PRESIGNING)
    return cast("S3Client", _session().create_client("s3", config=config))


@cache
def kms() -> KMSClient:
    return cast("KMSClient", _session().create_client("kms", config=_config(connect=2, read=5, attempts=4)))


@cache
def ssm() -> SSMClient:
    return cast("SSMClient", _session().create_client("ssm", config=_config(connect=2, read=5, attempts=4)))


def _config(*, connect: float, read: float, attempts: int) -> Config:
    """Timeouts in seconds; `attempts` includes the first."""
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(connect_timeout=connect, read_timeout=read, retries=retries)


@cache
def _session() -> Session:
    """botocore's own: boto3 on top would cost a cold start 16 ms and bring nothing that is used here."""
    from botocore.session import get_session

    return get_session()
