"""A public of a fixed rate, in a process of its own: requests are due at times drawn beforehand, whatever the answers do.

A viewer who is due while all connections are busy waits, and the wait is part of their latency: a server that stalls for
a second makes everybody due in that second late, and the figures say so. How late the generator itself was (it shares
the processors with what it measures) is in the result beside them.

Executed as `python -m bench.night.viewers`: one JSON line of settings in, one JSON line of results out.
"""

from __future__ import annotations

import json
import random
import select
import socket
import sys
import time
from array import array
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

from bench.night.answers import header, is_whole
from bench.night.visits import Seen, Visit, quantiles

TIMEOUT_SECONDS = 10.0
"""A viewer who has waited so long has given up: a failed read."""

CODINGS = ((b"br, gzip", 0.8), (b"gzip", 0.2))
CONDITIONAL = 0.2
"""The share of those who ask with the ETag they hold."""

CHECK_EVERY = 200
"""One body in so many is unpacked and read: is it a whole page, and the one that was asked for?"""

READ = 262144


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
            length = header(head, b"content-length")
            # Pieces come from a cache that is still fetching what it passes on.
            if len(body) < int(length) if length is not None else not body.endswith(b"0\r\n\r\n"):
                return
        self._answered(connection, status, head, body)

    def _answered(self, connection: _Connection, status: bytes, head: bytes, body: bytes) -> None:
        self.latencies.append((time.perf_counter() - connection.due) * 1000)
        self.statuses[status] += 1
        self.answers += 1
        self.oldest = max(self.oldest, int(header(head, b"age") or 0))
        if status == b"200":
            if (tag := header(head, b"etag")) is not None:
                self._tags[connection.path] = tag
            if self.answers % CHECK_EVERY == 0 and not is_whole(connection.path, head, body):
                self.broken += 1
        connection.due, connection.used = 0.0, True
        if header(head, b"connection") == b"close":
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


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(asdict(_Crowd(Visit(**settings)).run())) + "\n")


if __name__ == "__main__":
    main()
