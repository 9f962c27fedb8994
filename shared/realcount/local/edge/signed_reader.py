"""Objects of a bucket as CloudFront reads them: each request signed (origin access control), status, headers and bytes the
store's own."""

from __future__ import annotations

from types import TracebackType
from typing import NamedTuple

import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from realcount.local.engine import CREDENTIALS, Engine
from realcount.local.intrinsics import REGION

SECONDS = 2.0
"""How long the store may take. Less than the edge waits, so that it hears 503 instead of nothing."""

HANDED_THROUGH = ("content-type", "content-encoding", "content-disposition", "cache-control", "etag", "last-modified")

_SIGNER = S3SigV4Auth(Credentials(CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"]), "s3", REGION)


class Object(NamedTuple):
    """What the store answers; `body` in whatever coding it lies there."""

    status: int
    headers: dict[str, str]
    body: bytes


class SignedReader:
    """Reads one bucket of an engine, which may come and go. Safe under threads."""

    def __init__(self, engine: Engine, bucket: str) -> None:
        self._store = f"{engine.url}/{bucket}"
        self._http = httpx.Client(timeout=SECONDS)

    def __enter__(self) -> SignedReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def get(self, path: str, tag: str | None = None) -> Object:
        """The object at this path, or 304 if `tag` is its tag. 503 if the store does not answer."""
        url = self._store + path
        request = AWSRequest("GET", url, headers={"If-None-Match": tag} if tag else {})
        _SIGNER.add_auth(request)
        sent = {**dict(request.headers.items()), "Accept-Encoding": "identity"}
        try:
            with self._http.stream("GET", url, headers=sent) as answer:
                body = b"".join(answer.iter_raw())  # not unpacked: its coding is handed on with it
        except httpx.TransportError:
            return Object(503, {"content-type": "text/plain"}, b"the store does not answer\n")
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name in HANDED_THROUGH or name.startswith("x-amz-meta-")
        }
        return Object(answer.status_code, kept, body)
