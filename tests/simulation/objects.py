"""The bucket of copies and editions: as much of S3 as `S3Copies` and `S3Editions` ask of it, over a line that fails.

The product's own adapters run in the simulation here, since what keeps a copy from going back, and an edition as it is, is how
they use S3: a copy is looked at and then written under a condition, and between the two others write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import md5
from io import BytesIO
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from realcount.domain.page import Page
from realcount.rendering.paths import edition_path
from tests.simulation.lines import Line


class Object(NamedTuple):
    """`tag` is what S3 calls the object by: a hash of its bytes, and of nothing else."""

    body: bytes
    edition: int
    rendering: int
    tag: str


class LineToObjects:
    """`on_put` hears of every object that was written, with the one before."""

    def __init__(
        self, line: Line, first: Mapping[str, Object], on_put: Callable[[str, Object | None, Object], None]
    ) -> None:
        self.line, self.on_put = line, on_put
        self.objects = dict(first)

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 — the client's names
        return self.line.read(f"s3.head {Key}", lambda: self._head(Key))

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return self.line.read(f"s3.get {Key}", lambda: self._get(Key))

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        Metadata: Mapping[str, str],  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        **_: str,
    ) -> None:
        new = _object(Body, int(Metadata["edition"]), int(Metadata["rendering"]))
        # A refusal is an answer too: it may get lost, and nobody hears it of a write that comes too late.
        if not self.line.write(f"s3.put {Key} {new.edition}", lambda: self._put(Key, new, IfMatch, IfNoneMatch)):
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "no longer"}}, "PutObject")

    def _get(self, key: str) -> dict[str, Any]:
        there = self.objects.get(key)
        if there is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
        return {"Body": BytesIO(there.body)}

    def _head(self, key: str) -> dict[str, Any]:
        there = self.objects.get(key)
        if there is None:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        about = {"edition": str(there.edition), "rendering": str(there.rendering)}
        return {"ETag": there.tag, "Metadata": about}

    def _put(self, key: str, new: Object, match: str | None, none_match: str | None) -> bool:
        there = self.objects.get(key)
        if (match is not None and (there is None or there.tag != match)) or (none_match == "*" and there is not None):
            return False
        self.objects[key] = new
        self.on_put(key, there, new)
        return True


def _object(body: bytes, edition: int, rendering: int) -> Object:
    return Object(body, edition, rendering, f'"{md5(body, usedforsecurity=False).hexdigest()}"')


def objects_of(pages: Iterable[Page], upper: Iterable[Page] = ()) -> dict[str, Object]:
    """The first copies, and the first editions of upper regions, as a load leaves them."""
    named = [(page.path, page) for page in pages]
    named += [(edition_path(page.path, page.edition), page) for page in upper]
    return {
        path.removeprefix("/"): _object(page.bodies["identity"], page.edition, page.rendering) for path, page in named
    }
