"""One page at a time over HTTP: what was read is remembered by its ETag, what fails is tried again with patience."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import urllib3

from realcount.client.patience import Patience
from realcount.domain.errors import NotFound, Unavailable

AT_ONCE = 4
"""Connections. Who asks from more threads waits for one."""

REMEMBERED = 200
TIMEOUT = urllib3.Timeout(connect=10, read=30)

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
HEADERS = {"User-Agent": "realcount-client", "Accept-Encoding": "gzip"}


class Kept(NamedTuple):
    etag: str
    body: bytes


class Reader:
    """Pages below `base`, such as `https://count.example`. Raises `Unavailable` for what is no address."""

    def __init__(
        self, base: str, *, patience: Patience | None = None, at_once: int = AT_ONCE, timeout: urllib3.Timeout = TIMEOUT
    ) -> None:
        self.base = base.rstrip("/")
        if urlsplit(self.base).scheme not in ("http", "https") or not urlsplit(self.base).netloc:
            raise Unavailable(f"{base} is no address: it begins with http:// or https://")
        self.patience = patience or Patience()
        self._pool = urllib3.PoolManager(maxsize=at_once, block=True, timeout=timeout, retries=False, headers=HEADERS)
        self._open = threading.BoundedSemaphore(at_once)
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._pool.clear()

    def address(self, path: str) -> str:
        """Links are paths; a whole address of another place is not followed. Raises `Unavailable` for one."""
        found = urljoin(self.base + "/", path) if urlsplit(path).scheme else self.base + path
        if urlsplit(found)[:2] != urlsplit(self.base)[:2]:
            raise Unavailable(f"{self.base} sends its readers to {found}: another host is not followed")
        return found

    def document(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`. Raises `NotFound`, and `Unavailable` after all tries."""
        body = self.get(path)
        try:
            found = json.loads(body)
        except ValueError as error:
            raise Unavailable(f"{self.address(path)} is no JSON: {error}") from None
        if not isinstance(found, dict):
            raise Unavailable(f"{self.address(path)} is no JSON object")
        return found

    def get(self, path: str) -> bytes:
        """The body at `path`, as it is now. Raises as `document` does."""
        url, kept = self.address(path), self._remembered(path)
        headers = {**HEADERS, **({"If-None-Match": kept.etag} if kept else {})}
        tried = 0
        while True:
            tried += 1
            retry_after = None
            try:
                with self._open:
                    answer = self._pool.request("GET", url, headers=headers, redirect=False)
            except urllib3.exceptions.HTTPError as error:
                said = f"{type(error).__name__}: {error}"
            else:
                if answer.status == 304 and kept is not None:
                    return kept.body
                if answer.status == 200:
                    self._remember(path, answer.headers.get("ETag"), answer.data)
                    return answer.data
                if answer.status not in AGAIN:
                    raise refusal(url, answer.status)
                said, retry_after = f"the answer is {answer.status}", answer.headers.get("Retry-After")
            if not self.patience.pause(tried, retry_after):
                raise Unavailable(f"{url} cannot be read after {tried} tries: {said}")

    def stream(self, path: str, start: int) -> urllib3.BaseHTTPResponse:
        """The bytes at `path` from `start` on, not unpacked; one try. Raises urllib3's `HTTPError`. The caller closes it."""
        headers = {"User-Agent": HEADERS["User-Agent"], "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        return self._pool.request(
            "GET", self.address(path), headers=headers, redirect=False, preload_content=False, decode_content=False
        )

    def _remembered(self, path: str) -> Kept | None:
        with self._lock:
            return self._kept.get(path)

    def _remember(self, path: str, etag: str | None, body: bytes) -> None:
        if etag is None:
            return
        with self._lock:
            self._kept[path] = Kept(etag, body)
            self._kept.move_to_end(path)
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)


def refusal(url: str, status: int) -> NotFound | Unavailable:
    """What an answer that asking again would not change is for the caller."""
    if status in (404, 410):
        return NotFound(f"there is nothing at {url}")
    return Unavailable(f"{url} answers {status}")
