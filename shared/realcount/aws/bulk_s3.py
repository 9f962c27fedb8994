"""BulkFiles on S3. Nobody here deletes: what is let go gets a tag, and a rule of the bucket sees to the rest."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from realcount.aws.errors import error_code, translated
from realcount.aws.keys import published_object
from realcount.rendering.lifetimes import FOR_EVER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


LET_GO = {"Key": "let-go", "Value": "yes"}
"""What the bucket's lifecycle rule looks for (infra/storage.yaml)."""

AT_ONCE = 10
"""Requests on their way at the same time: the connections that botocore keeps open unless told otherwise."""

_ABSENT = frozenset({"404", "NoSuchKey"})


class S3BulkFiles:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, path: str) -> bytes | None:
        key = published_object(path)
        with translated(f"reading {key}"):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error_code(error) in _ABSENT:
                    return None
                raise

    def write(self, path: str, data: bytes, media: str, name: str) -> None:
        self._put(path, data, media, name, {})

    def finish(self, path: str, data: bytes, media: str, name: str) -> None:
        try:
            self._put(path, data, media, name, {"IfNoneMatch": "*"})
        except ClientError as error:
            if error_code(error) != "PreconditionFailed":
                raise

    def let_go(self, paths: Iterable[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._let_go, paths):
                pass

    def _put(self, path: str, data: bytes, media: str, name: str, more: dict[str, str]) -> None:
        key = published_object(path)
        with translated(f"writing {key}"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType=media,
                CacheControl=FOR_EVER,
                ContentDisposition=f'attachment; filename="{name}"',
                **more,  # type: ignore[arg-type]  # a condition or nothing
            )

    def _let_go(self, path: str) -> None:
        key = published_object(path)
        with translated(f"letting {key} go"):
            try:
                self._client.put_object_tagging(Bucket=self._bucket, Key=key, Tagging={"TagSet": [LET_GO]})  # type: ignore[list-item]
            except ClientError as error:
                if error_code(error) not in _ABSENT:
                    raise
