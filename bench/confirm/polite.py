"""HTTP as a polite guest speaks it: one request at a time, at most so many a second, and not more than announced.

Nothing is unpacked or followed: what is looked at is exactly what was sent. Nothing is repeated either, but on a kept
connection that the other side has closed meanwhile, as everybody's browser does.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

ANSWER_SECONDS = 10.0
AGENT = "realcount confirm"


class Spent(Exception):
    """All requests that were announced have been made."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are in lower case; `seconds` is from sending to the last byte; 0 is no answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def cache(self) -> str:
        """What the edge says it did: the first word of X-Cache, without the edge's name."""
        return self.headers.get("x-cache", "").split(" from ")[0]


class Budget:
    """So many requests, at most so many per second, whoever makes them."""

    def __init__(
        self,
        requests: int,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.left = requests
        self._between = 1 / rate
        self._clock, self._sleep = clock, sleep
        self._next = clock()

    def take(self) -> None:
        """Wait for one's turn. Raises `Spent` if there is none left."""
        if self.left == 0:
            raise Spent
        self.left -= 1
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._between


class Guest:
    """Asks one address, on a connection that is kept."""

    def __init__(self, address: str, budget: Budget) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise SystemExit(f"{address} is no address: write https://HOST, without a path")
        connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(parts.hostname, parts.port, timeout=ANSWER_SECONDS)
        self._budget = budget
        self._kept = False
        self.address = address.rstrip("/")

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *ended: object) -> None:
        self._close()

    def ask(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """One request. No answer at all is an answer with the status 0, and its body says why."""
        self._budget.take()
        began = time.perf_counter()
        try:
            try:
                response = self._sent(path, headers, method)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                if not self._kept:
                    raise
                self._close()
                response = self._sent(path, headers, method)
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._close()
            return Answer(0, {}, f"{type(error).__name__}: {error}".encode(), time.perf_counter() - began)
        self._kept = True
        seconds = time.perf_counter() - began
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body, seconds)

    def _sent(self, path: str, headers: Mapping[str, str] | None, method: str) -> http.client.HTTPResponse:
        self._connection.request(method, path, headers={"User-Agent": AGENT, **(headers or {})})
        return self._connection.getresponse()

    def _close(self) -> None:
        self._connection.close()
        self._kept = False
