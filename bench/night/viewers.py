"""A public of a fixed rate, in a process of its own: requests are due at times drawn beforehand, whatever the answers do.

A viewer who is due while all connections are busy waits, and the wait is part of their latency: a server that stalls for
a second makes everybody due in that second late, and the figures say so. How late the generator itself was (it shares
the processors with what it measures) is in the result beside them.

Executed as `python -m bench.night.viewers`: one JSON line of settings in, one JSON line of results out.
"""

from __future__ import annotations

import gzip
import json
import random
import select
import socket
import subprocess
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import brotli

from bench.night.public import Interest

TIMEOUT_SECONDS = 10.0
"""A viewer who has waited so long has given up: a failed read."""

CODINGS = ((b"br, gzip", 0.8), (b"gzip", 0.2))
CONDITIONAL, BUSTING = 0.2, 0.1
"""Shares of those who ask with the ETag they hold, and of those whose address carries a query that means nothing."""

CHECK_EVERY = 200
"""One body in so many is unpacked and read: is it a whole page, and the one that was asked for?"""

READ = 262144


@dataclass(frozen=True, slots=True)
class Visit:
    """What a public does: `rate` requests per second for so many `seconds` over so many kept `connections`.

    They read `pages`, drawn by their shares; with `raw`, which is text of Latin-1, they all send that instead. With
    `once` they read them in their order, each page once, and go home after the last.
    """

    port: int
    rate: float
    seconds: float
    pages: Sequence[tuple[str, float]]
    connections: int = 64
    seed: int = 1
    busting: float = BUSTING
    raw: str = ""
    once: bool = False


@dataclass(slots=True)
class Seen:
    """What a public saw. Latencies are in milliseconds, from the moment a request was due to its last byte."""

    requests: int = 0
    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    broken: int = 0
    oldest: int = 0
    latency: dict[str, float] = field(default_factory=dict)
    generator_late: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def begin(visit: Visit) -> subprocess.Popen[str]:
    """Start the public; it ends by itself. `end` collects what it saw."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.night.viewers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(visit)) + "\n")
    process.stdin.close()
    return process


def end(process: subprocess.Popen[str]) -> Seen:
    """Wait until the public is done. Raises `RuntimeError` if it broke down."""
    assert process.stdout is not None
    with process:
        said = process.stdout.read()
    if process.returncode != 0:
        raise RuntimeError(f"the viewers' process ended with {process.returncode}")
    return Seen(**json.loads(said))


def visited(visit: Visit) -> Seen:
    """Let a public come, and wait until it is done."""
    return end(begin(visit))


def shares(public: Sequence[Interest]) -> list[tuple[str, float]]:
    return [(interest.path, interest.share) for interest in public]


def quantiles(values: array[float]) -> dict[str, float]:
    """Of a sample; empty where there is none."""
    ranked = sorted(values)
    if not ranked:
        return {}

    def at(share: float) -> float:
        return round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 3)

    return {
        "p50": at(0.5),
        "p90": at(0.9),
        "p95": at(0.95),
        "p99": at(0.99),
        "p999": at(0.999),
        "max": round(ranked[-1], 3),
    }


@dataclass(slots=True)
class _Connection:
    """One viewer's connection, and the request on it: `due` is when it was due, 0 while there is none."""

    socket: socket.socket
    due: float = 0.0
    sent: float = 0.0
    path: str = ""
    request: bytes = b""
    buffer: bytes = b""
    used: bool = False


class _Crowd:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._chance = random.Random(visit.seed)
        self._paths = [path for path, _ in visit.pages]
        self._shares = _running(share for _, share in visit.pages)
        self._codings = [coding for coding, _ in CODINGS]
        self._coding_shares = _running(share for _, share in CODINGS)
        self._tags: dict[str, bytes] = {}
        self._unread = deque(self._paths) if visit.once else None
        self._raw = visit.raw.encode("latin-1")
        self._poll = select.epoll()
        self._open: dict[int, _Connection] = {}
        self._idle: dict[int, _Connection] = {}
        self.statuses: Counter[bytes] = Counter()
        self.failures: Counter[str] = Counter()
        self.latencies: array[float] = array("d")
        self.late: array[float] = array("d")
        self.broken = self.oldest = self.answers = 0

    def run(self) -> Seen:
        visit = self._visit
        begun = now = time.perf_counter()
        over = begun + visit.seconds
        due = begun + self._chance.expovariate(visit.rate)
        waiting: deque[float] = deque()
        next_look = begun + 1.0
        while now < over or len(self._open) > len(self._idle) or waiting:
            while due <= now and due < over:
                if self._unread is None or len(waiting) < len(self._unread):
                    waiting.append(due)
                due += self._chance.expovariate(visit.rate)
            while waiting and (self._idle or len(self._open) < visit.connections):
                self._send(waiting.popleft())
            if now >= next_look:
                self._give_up_on_the_late(now)
                next_look = now + 1.0
            pause = max(0.0, min(due, next_look) - time.perf_counter()) if due < over else 0.05
            for descriptor, _ in self._poll.poll(pause):
                self._receive(self._open[descriptor])
            now = time.perf_counter()
            if now > over + TIMEOUT_SECONDS + 1 and waiting:
                self.failures["never sent"] += len(waiting)
                break
        failed = sum(self.failures.values())
        return Seen(
            requests=self.answers + failed,
            seconds=visit.seconds,
            statuses={status.decode(): count for status, count in sorted(self.statuses.items())},
            failed=failed + sum(count for status, count in self.statuses.items() if status not in (b"200", b"304")),
            failures=dict(self.failures),
            broken=self.broken,
            oldest=self.oldest,
            latency=quantiles(self.latencies),
            generator_late=quantiles(self.late),
        )

    def _send(self, due: float) -> None:
        chance = self._chance
        path = self._next_path()
        coding = chance.choices(self._codings, cum_weights=self._coding_shares)[0]
        query = b"?fbclid=%d" % chance.getrandbits(40) if chance.random() < self._visit.busting else b""
        tag = self._tags.get(path) if chance.random() < CONDITIONAL else None
        held = b"If-None-Match: %s\r\n" % tag if tag else b""
        request = self._raw or b"GET %s%s HTTP/1.1\r\nHost: edge\r\nAccept-Encoding: %s\r\n%s\r\n" % (
            path.encode(),
            query,
            coding,
            held,
        )
        self.late.append((time.perf_counter() - due) * 1000)
        connection = self._idle.popitem()[1] if self._idle else self._connect(due)
        if connection is not None:
            connection.due, connection.path, connection.request = due, path, request
            self._put(connection)

    def _next_path(self) -> str:
        if self._unread is not None:
            return self._unread.popleft()
        return self._chance.choices(self._paths, cum_weights=self._shares)[0]

    def _connect(self, due: float) -> _Connection | None:
        try:
            made = socket.create_connection(("127.0.0.1", self._visit.port), TIMEOUT_SECONDS)
        except OSError as error:
            self.failures[type(error).__name__] += 1
            self.latencies.append((time.perf_counter() - due) * 1000)
            return None
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        connection = self._open[made.fileno()] = _Connection(made)
        self._poll.register(made.fileno(), select.EPOLLIN)
        return connection

    def _put(self, connection: _Connection) -> None:
        connection.sent, connection.buffer = time.perf_counter(), b""
        try:
            connection.socket.send(connection.request)
        except OSError as error:
            self._ended(connection, type(error).__name__)

    def _receive(self, connection: _Connection) -> None:
        try:
            part = connection.socket.recv(READ)
        except BlockingIOError:
            return
        except OSError as error:
            self._ended(connection, type(error).__name__)
            return
        if not part:
            self._ended(connection, "closed")
            return
        data = connection.buffer = connection.buffer + part if connection.buffer else part
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return
        head, status, body = data[:end], data[9:12], data[end + 4 :]
        if status != b"304":
            length = _header(head, b"content-length")
            # Pieces come from a cache that is still fetching what it passes on.
            if len(body) < int(length) if length is not None else not body.endswith(b"0\r\n\r\n"):
                return
        self._answered(connection, status, head, body)

    def _answered(self, connection: _Connection, status: bytes, head: bytes, body: bytes) -> None:
        self.latencies.append((time.perf_counter() - connection.due) * 1000)
        self.statuses[status] += 1
        self.answers += 1
        self.oldest = max(self.oldest, int(_header(head, b"age") or 0))
        if status == b"200":
            if (tag := _header(head, b"etag")) is not None:
                self._tags[connection.path] = tag
            if self.answers % CHECK_EVERY == 0 and not _whole(connection.path, head, body):
                self.broken += 1
        connection.due, connection.used = 0.0, True
        if _header(head, b"connection") == b"close":
            self._drop(connection)
        else:
            self._idle[connection.socket.fileno()] = connection

    def _ended(self, connection: _Connection, why: str) -> None:
        """The other side has closed. Where that met a request on a kept connection, it is sent again on a new one."""
        self._drop(connection)
        if not connection.due:
            return
        again = self._connect(connection.due) if connection.used and not connection.buffer else None
        if again is not None:
            again.due, again.path, again.request = connection.due, connection.path, connection.request
            self._put(again)
        else:
            self._fail(connection, why)

    def _fail(self, connection: _Connection, why: str) -> None:
        self.failures[why] += 1
        self.latencies.append((time.perf_counter() - connection.due) * 1000)

    def _drop(self, connection: _Connection) -> None:
        descriptor = connection.socket.fileno()
        self._poll.unregister(descriptor)
        del self._open[descriptor]
        self._idle.pop(descriptor, None)
        connection.socket.close()

    def _give_up_on_the_late(self, now: float) -> None:
        for connection in list(self._open.values()):
            if connection.due and now - connection.sent > TIMEOUT_SECONDS:
                self._drop(connection)
                self._fail(connection, "timeout")


def _running(shares: Any) -> list[float]:
    total, sums = 0.0, []
    for share in shares:
        total += share
        sums.append(total)
    return sums


def _header(head: bytes, name: bytes) -> bytes | None:
    """The value of a header; `name` in lower case."""
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return None
    at += len(name) + 3
    end = head.find(b"\r\n", at)
    return head[at : end if end >= 0 else len(head)].strip()


def _whole(path: str, head: bytes, body: bytes) -> bool:
    """Whether the body is a page, and the page of this path."""
    coding = _header(head, b"content-encoding")
    if _header(head, b"content-length") is None:
        return True  # In pieces; whoever asks next gets it whole.
    try:
        plain = brotli.decompress(body) if coding == b"br" else gzip.decompress(body) if coding == b"gzip" else body
        page: Mapping[str, Any] = json.loads(plain)
    except (ValueError, OSError, brotli.error):
        return False
    unit = page.get("region") or page["station"]
    return path.endswith(f"/{unit['id']}")


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(asdict(_Crowd(Visit(**settings)).run())) + "\n")


if __name__ == "__main__":
    main()
