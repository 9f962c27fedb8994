"""A log behind a URL: a few connections, patience with a server that stumbles, and no journeys to other hosts."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

import httpx

from realcount.domain.errors import NotFound, Unavailable
from realcount.verify.sources import TooLarge

AT_ONCE = 8
TRIES = 5
REDIRECTS = 3
TIMEOUT = httpx.Timeout(30, connect=10)

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


def longer_and_longer(tried: int) -> None:
    """The pause after so many tries: half a second, one, two, four."""
    time.sleep(0.5 * 2 ** (tried - 1))


class UrlSource:
    """Files below a URL. `pause` is called between two tries with the number of those made."""

    keeps = True

    def __init__(
        self,
        url: str,
        *,
        at_once: int = AT_ONCE,
        tries: int = TRIES,
        pause: Callable[[int], None] = longer_and_longer,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> None:
        """Raises `Unavailable` for what is no address."""
        self.name = url.rstrip("/")
        try:
            httpx.URL(self.name)
        except httpx.InvalidURL as error:
            raise Unavailable(f"{url} is no address: {error}") from None
        self.at_once = at_once
        self._tries, self._pause = tries, pause
        self._client = httpx.Client(
            timeout=timeout,
            limits=httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
            headers={"User-Agent": "realcount-verify", "Accept-Encoding": "gzip"},
        )

    def __enter__(self) -> UrlSource:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str, limit: int) -> bytes:
        url = httpx.URL(f"{self.name}/{path}")
        tried = 0
        while True:
            tried += 1
            try:
                return self._once(url, limit)
            except (httpx.HTTPError, _Stumbled) as error:
                if tried >= self._tries:
                    raise Unavailable(
                        f"{url} cannot be read after {tried} tries: {error or type(error).__name__}"
                    ) from error
            self._pause(tried)

    def _once(self, url: httpx.URL, limit: int) -> bytes:
        for _ in range(REDIRECTS + 1):
            with self._client.stream("GET", url) as answer:
                if not answer.has_redirect_location:
                    return _body(answer, limit)
                target = url.join(answer.headers["location"])
            if (target.scheme, target.host, target.port) != (url.scheme, url.host, url.port):
                raise Unavailable(f"{url} sends its readers to {target}: another host is not followed")
            url = target
        raise Unavailable(f"{url} sends its readers round in circles")


class _Stumbled(Exception):
    """An answer that may be another one in a moment."""


def _body(answer: httpx.Response, limit: int) -> bytes:
    if answer.status_code in _AGAIN:
        raise _Stumbled(f"the answer is {answer.status_code}")
    if answer.status_code != 200:
        raise NotFound(f"{answer.url} answers {answer.status_code}")
    data = bytearray()
    for part in answer.iter_bytes():  # Unpacked as it comes, so a bomb is noticed while it goes off.
        data += part
        if len(data) > limit:
            raise TooLarge(f"{answer.url} has more than {limit} bytes")
    return bytes(data)
