"""One kept-alive HTTP connection whose every answer is whole, in time and of a sane size, or an exception.

`http.client` gives a timeout to each single read, so a peer that drips one byte a second holds a reader for minutes.
Here one deadline covers an answer from the request's first byte to the body's last.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import time
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from realcount.aws.dynamodb_address import Address

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0

MAX_ANSWER = 1024 * 1024
"""Bytes. An item has at most 400 KB, which as base64 in JSON are 600."""

BROKEN = (OSError, http.client.HTTPException)
"""What `post` raises for anything that is not an answer: refused, reset, late, cut, mangled, too large."""


class MangledAnswer(http.client.HTTPException):
    """The peer answered, but not what it meant to: a checksum or a length is wrong."""


class KeptConnection:
    """Not for two threads at once. A connection that had any trouble is closed, and the next `post` opens another."""

    def __init__(
        self,
        address: Address,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        max_answer: int = MAX_ANSWER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._max_answer = max_answer
        self._clock = clock
        self._connection: _Connection | None = None

    def post(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to `POST /`. Raises one of `BROKEN`."""
        status, _, answer = self.post_to("/", headers, body)
        return status, answer

    def post_to(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        """Status, `Content-Type` and body of the answer to a POST. Raises one of `BROKEN`."""
        connection = self._open()
        try:
            connection.deadline.until = self._clock() + self._answer_seconds
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            media = response.headers.get("content-type") or ""
            answer = response.status, media, _whole_body(response, self._max_answer)
        except BaseException:  # Whatever broke it off: what is left unread on it must not answer the next request.
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> _Connection:
        """The kept connection, or a new one if there is none or the peer has said something since: an idle connection
        can only have been closed."""
        if self._connection is not None and self._connection.deadline.spoken_to():
            self.close()
        if self._connection is None:
            deadline = _Deadline(self._clock)
            fresh = _Connection(self._address, self._connect_seconds, deadline)
            fresh.connect()
            self._connection = fresh
        return self._connection


def _whole_body(response: http.client.HTTPResponse, most: int) -> bytes:
    """`http.client` sees to the length that was announced; to how much that may be, and what it sums up to, we do."""
    if (response.length or 0) > most:
        raise MangledAnswer(f"an answer of {response.length} bytes, when none has more than {most}")
    body = response.read() if response.length is not None else response.read(most + 1)
    if len(body) > most:
        raise MangledAnswer(f"an answer of more than {most} bytes")
    crc = response.headers.get("x-amz-crc32")
    if crc is not None and crc != str(zlib.crc32(body)):
        raise MangledAnswer(f"a body of {len(body)} bytes whose CRC-32 is {zlib.crc32(body)} and should be {crc}")
    if response.length is None and not response.isclosed():
        response.close()
    return body


class _Connection(http.client.HTTPConnection):
    """`http.client`'s, with TLS if the address has it, and a deadline around its socket."""

    def __init__(self, address: Address, seconds: float, deadline: _Deadline) -> None:
        super().__init__(address.host, address.port, timeout=seconds)
        self._context = address.context
        self.deadline = deadline

    def connect(self) -> None:
        super().connect()
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)
        self.deadline.sock = self.sock
        self.sock = self.deadline


class _Deadline:
    """The part of a socket that `http.client` uses, with the time that is left as the timeout of each call."""

    sock: socket.socket

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.until = 0.0

    def hurry(self) -> None:
        left = self.until - self._clock()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self.sock.settimeout(left)

    def spoken_to(self) -> bool:
        """Whether there is something to read. On an idle connection that is its end."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def sendall(self, data: Any) -> None:
        self.hurry()
        self.sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Hurried(self, self.sock.makefile("rb", buffering=0)))

    def close(self) -> None:
        self.sock.close()


class _Hurried(io.RawIOBase):
    def __init__(self, deadline: _Deadline, raw: socket.SocketIO) -> None:
        self._deadline = deadline
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._deadline.hurry()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
