"""EditionStore on S3: `<page>/editions/<edition>` beside the copies of pages, each written once, served by the edge as it lies.

Object: the page as it is without compression, to be kept by caches for ever. Metadata: `edition`,
`rendering` and `etag` of the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from realcount.aws.batches import Pause, chunks, pause
from realcount.aws.errors import error_code, translated
from realcount.aws.keys import published_object
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.rendering.encoding import body_of
from realcount.rendering.lifetimes import FOR_EVER
from realcount.rendering.paths import edition_path

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ATTEMPTS = 10
"""Times another's write of the same object was under way before giving up for now."""

AT_ONCE = 10
"""Requests on their way at the same time: the connections that botocore keeps open unless told otherwise."""

_CHUNK = 1_000
"""Pages taken from the caller at a time."""

_EXISTS = "PreconditionFailed"
_UNDER_WAY = "ConditionalRequestConflict"
_ABSENT = frozenset({"404", "NoSuchKey"})


class S3Editions:
    """`client` must be able to hold `at_once` connections."""

    def __init__(self, client: S3Client, bucket: str, at_once: int = AT_ONCE, pause: Pause = pause) -> None:
        self._client = client
        self._bucket = bucket
        self._at_once = at_once
        self._pause = pause

    def keep(self, page: Page) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            if self._put(page):
                return
            self._pause(attempt)
        raise Unavailable(
            f"edition {page.edition} of the page {page.path!r} is being written by others; try again later"
        )

    def keep_all(self, pages: Iterable[Page]) -> None:
        with ThreadPoolExecutor(self._at_once) as pool:
            for chunk in chunks(pages, _CHUNK):
                for _ in pool.map(self.keep, chunk):
                    pass

    def find(self, path: str, edition: int) -> bytes | None:
        with translated(f"reading edition {edition} of the page {path!r}"):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=published_object(edition_path(path, edition)))
            except ClientError as error:
                if error_code(error) in _ABSENT:
                    return None
                raise
            return found["Body"].read()

    def _put(self, page: Page) -> bool:
        """Whether the edition is kept, by us or by others; if not, others are about to, and may yet fail."""
        with translated(f"keeping edition {page.edition} of the page {page.path!r}"):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=published_object(edition_path(page.path, page.edition)),
                    Body=body_of(page),
                    ContentType=page.media,
                    CacheControl=FOR_EVER,
                    Metadata={"edition": str(page.edition), "rendering": str(page.rendering), "etag": page.etag},
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if error_code(error) not in (_EXISTS, _UNDER_WAY):
                    raise
                return error_code(error) == _EXISTS
        return True
