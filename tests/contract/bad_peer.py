"""A DynamoDB made of raw bytes: a real TCP server on 127.0.0.1 that answers each request as a test's script says.

A script is a sequence of deeds, one for each request; the last one stands for all that follow. A deed gets the
`Line` to the caller and writes what it likes, as fast as it likes; if it returns True the line is kept for more.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from realcount.domain.page import Page

GIVE_UP = 5.0
"""Seconds after which a deed that waits for the caller ends by itself."""


@dataclass
class Request:
    head: str
    body: bytes

    def header(self, name: str) -> str:
        lines = [line.split(": ", 1) for line in self.head.split("\r\n")[1:] if line]
        return {key.lower(): value for key, value in lines}[name.lower()]


class Line:
    """One connection, seen from the server's side."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._sock.settimeout(GIVE_UP)

    def hear(self) -> Request | None:
        """The next request, or None when the caller has hung up."""
        received = b""
        while b"\r\n\r\n" not in received:
            more = self._sock.recv(65536)
            if not more:
                return None
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        request = Request(head.decode("latin-1"), body)
        while len(request.body) < int(request.header("content-length")):
            request.body += self._sock.recv(65536)
        return request

    def say(self, data: bytes) -> None:
        self._sock.sendall(data)

    def drip(self, data: bytes, pause: float) -> None:
        for i in range(len(data)):
            self.say(data[i : i + 1])
            time.sleep(pause)

    def wait_for_hang_up(self) -> None:
        self._sock.recv(1)


Deed = Callable[[Line], bool | None]


@dataclass
class Peer:
    url: str
    heard: list[Request] = field(default_factory=list)
    connections: int = 0


@contextmanager
def peer(script: Sequence[Deed], context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """The server, until the block ends. What goes wrong on its side of a line ends that line."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(GIVE_UP)
    scheme = "https" if context else "http"
    state = Peer(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")
    threads: list[threading.Thread] = []

    def serve(sock: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(sock, server_side=True) if context else sock as secured:
            line = Line(secured)
            while (request := line.hear()) is not None:
                deed = script[min(len(state.heard), len(script) - 1)]
                state.heard.append(request)
                if not deed(line):
                    return

    def accept() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listening.accept()
                state.connections += 1
                threads.append(threading.Thread(target=serve, args=(sock,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield state
    finally:
        # A listener that is only closed keeps its accept waiting.
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        acceptor.join(GIVE_UP)


# ---- what a DynamoDB says ------------------------------------------------------------------------------------------------


def item(page: Page) -> bytes:
    bodies = {coding: {"B": base64.b64encode(body).decode()} for coding, body in page.bodies.items()}
    attributes: dict[str, Any] = {
        **{name: {"S": getattr(page, name)} for name in ("etag", "media", "updated_at")},
        **{name: {"N": str(getattr(page, name))} for name in ("edition", "rendering", "max_age")},
        **{"pk": {"S": page.path}, "bodies": {"M": bodies}},
    }
    return json.dumps({"Item": attributes}).encode()


def http(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """An answer as DynamoDB gives it, checksum included; `headers` come on top, or instead (`content_length="7"`)."""
    usual = {"content_type": "application/x-amz-json-1.0", "content_length": str(len(body))}
    usual["x_amz_crc32"] = str(zlib.crc32(body))
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {**usual, **headers}.items() if value]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def refusal(code: str, status: str = "400 Bad Request") -> bytes:
    return http(json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "m"}).encode(), status)


def says(data: bytes, *, keep: bool = True) -> Deed:
    def deed(line: Line) -> bool:
        line.say(data)
        return keep

    return deed
