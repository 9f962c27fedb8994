"""EvidenceStore on S3: scans under their own hash, written once. S3 checks the hash, and that nothing is overwritten."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from realcount.aws.errors import error_code, translated
from realcount.aws.keys import evidence_object
from realcount.domain.form import ScanRef

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_EXISTS = "PreconditionFailed"


class S3Evidence:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, scan: ScanRef, content: bytes) -> None:
        try:
            with translated(f"keeping the scan {scan.sha256}"):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=evidence_object(scan.sha256),
                    Body=content,
                    ContentType=scan.media,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(scan.sha256)).decode(),
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if error_code(error) != _EXISTS:
                raise
