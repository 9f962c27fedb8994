"""UploadBucket on S3. The policy of each POST names one key, one size, one media type and one SHA-256, so S3 itself
refuses everything else before a byte is stored."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError

from realcount.aws.errors import error_code, translated
from realcount.aws.keys import upload_object
from realcount.ports import PresignedPost, UploadFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ABSENT = frozenset({"NoSuchKey", "404"})
_EMPTY = "InvalidRange"


PRESIGNING = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
"""What the client must be made with. boto3 left to itself signs POSTs with version 2, which newer regions refuse, and
for the global endpoint, which answers a POST to a bucket elsewhere with a redirect that browsers do not follow."""


class S3UploadBucket:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def presign(self, upload: str, file: UploadFile, seconds: int) -> PresignedPost:
        content = file.content
        fields = {
            "Content-Type": content.media,
            "x-amz-checksum-algorithm": "SHA256",
            "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(content.sha256)).decode(),
        }
        post = self._client.generate_presigned_post(
            Bucket=self._bucket,
            Key=upload_object(upload, file.name),
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", content.size, content.size],
            ],
            ExpiresIn=seconds,
        )
        if "x-amz-signature" not in post["fields"]:
            raise ValueError("the S3 client that presigns must be made with config=uploads_s3.PRESIGNING")
        return PresignedPost(post["url"], post["fields"])

    def read(self, upload: str, file: UploadFile) -> bytes | None:
        try:
            # One byte more than granted: enough to see that a file is too long, never enough to be hurt by it.
            with translated(f"reading the file {file.name!r} of the upload {upload!r}"):
                answer = self._client.get_object(
                    Bucket=self._bucket,
                    Key=upload_object(upload, file.name),
                    Range=f"bytes=0-{file.content.size}",
                )
                return answer["Body"].read(file.content.size + 1)
        except ClientError as error:
            if error_code(error) in _ABSENT:
                return None
            if error_code(error) == _EMPTY:  # An object of no bytes has no first byte to begin a range with.
                return b""
            raise
