"""A flood of uploads at the API's own address: what officials' clients gone mad, or somebody who hates us, would send."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.night.cores import behind
from bench.night.visits import Visit, begin, end
from realcount.officials.sending import SIGNED_MEDIA


def unsigned_upload() -> bytes:
    """A request to upload that is signed by nobody: it costs the function a parse, and is refused."""
    body = b'{"type":"upload"}\n' + b"A" * 88
    head = b"POST /v1/uploads HTTP/1.1\r\nHost: api\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (
        SIGNED_MEDIA.encode(),
        len(body),
    )
    return head + body


def flood(api: str, request: bytes, rate: float, seconds: float) -> Callable[[], Mapping[str, int]]:
    """Send this request so many times a second; the returned function waits for the end and gives the statuses."""
    visit = Visit(
        int(api.rpartition(":")[2]),
        rate,
        seconds,
        [("/v1/uploads", 1.0)],
        connections=16,
        raw=request.decode("latin-1"),
    )
    with behind():
        posts = begin(visit)
    return lambda: end(posts).statuses
