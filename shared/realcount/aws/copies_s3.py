"""PageCopies on S3: what the edge answers with when nothing else of ours does. Only ever written here, never read.

Object: the page as it is without compression, with the headers of the API's answer. Metadata: `edition`, `rendering` and
`etag` of the page. S3 holds every write to a condition on the object it replaces, so of two writers one looks again.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from realcount.aws.batches import Pause, chunks, pause
from realcount.aws.errors import error_code, translated
from realcount.aws.keys import published_object
from realcount.domain.errors import Unavailable
from realcount.domain.page import Page
from realcount.rendering.encoding import body_of
from realcount.rendering.lifetimes import cache_control

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ATTEMPTS = 10
"""Lost races for one object before giving up for now. Each was lost to another edition of the same page."""

AT_ONCE = 10
"""Requests on their way at the same time: the connections that botocore keeps open unless told otherwise."""

_CHUNK = 1_000
"""Pages taken from the caller at a time, who may be rendering millions of them."""

_ABSENT = frozenset({"404", "NoSuchKey"})
_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
"""The object is another than was seen; another write of it is under way; it was there and is gone."""


class _Kept(NamedTuple):
    edition: int
    rendering: int
    tag: str


class S3Copies:
    """`client` must be able to hold `at_once` connections."""

    def __init__(self, client: S3Client, bucket: str, at_once: int = AT_ONCE, pause: Pause = pause) -> None:
        self._client = client
        self._bucket = bucket
        self._at_once = at_once
        self._pause = pause

    def keep(self, page: Page) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            kept = self._kept(page.path)
            if kept is not None and (page.edition, page.rendering) <= (kept.edition, kept.rendering):
                return
            # S3 knows objects by their bytes. Two editions with the same bytes are the same copy, whoever wrote last.
            if self._put(page, {"IfMatch": kept.tag} if kept else {"IfNoneMatch": "*"}):
                return
            self._pause(attempt)
        raise Unavailable(f"the copy of the page {page.path!r} lost {ATTEMPTS} races; try again later")

    def keep_all(self, pages: Iterable[Page]) -> None:
        with ThreadPoolExecutor(self._at_once) as pool:
            for chunk in chunks(pages, _CHUNK):
                for _ in pool.map(self._keep_first, chunk):
                    pass

    def _keep_first(self, page: Page) -> None:
        """Mostly nothing is there yet, and then it takes one request instead of two."""
        if not self._put(page, {"IfNoneMatch": "*"}):
            self.keep(page)

    def _kept(self, path: str) -> _Kept | None:
        try:
            with translated(f"looking at the copy of the page {path!r}"):
                head = self._client.head_object(Bucket=self._bucket, Key=published_object(path))
        except ClientError as error:
            if error_code(error) in _ABSENT:
                return None
            raise
        about = head["Metadata"]
        return _Kept(int(about["edition"]), int(about["rendering"]), head["ETag"])

    def _put(self, page: Page, condition: dict[str, Any]) -> bool:
        """Whether the copy was written; if not, somebody else was faster."""
        with translated(f"keeping a copy of the page {page.path!r}"):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=published_object(page.path),
                    Body=body_of(page),
                    ContentType=page.media,
                    CacheControl=cache_control(page.max_age),
                    Metadata={"edition": str(page.edition), "rendering": str(page.rendering), "etag": page.etag},
                    **condition,
                )
            except ClientError as error:
                if error_code(error) in _LOST_RACE:
                    return False
                raise
        return True
