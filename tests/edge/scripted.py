"""An origin that answers as a test tells it to, and remembers what it was asked. Real sockets: what is refused, cut off or
kept waiting is so for the edge, too."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from realcount.local.places import LOOPBACK


@dataclass(frozen=True, slots=True)
class Says:
    """An answer, after `delay` seconds. `cuts` ends the connection without a word instead."""

    body: str = "page"
    status: int = 200
    keep: str = "public, max-age=60, s-maxage=60, stale-while-revalidate=300, stale-if-error=86400"
    tag: str | None = None
    delay: float = 0.0
    cuts: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def page(body: str, *, fresh: int, revalidate: int = 0, if_error: int = 0, **more: Any) -> Says:
    """A page with these lifetimes, in seconds."""
    stale = (f", stale-while-revalidate={revalidate}" if revalidate else "") + (
        f", stale-if-error={if_error}" if if_error else ""
    )
    return Says(body, keep=f"public, max-age={fresh}, s-maxage={fresh}{stale}", **more)


FAILS = Says("it broke", status=500, keep="no-store")
GONE = Says(cuts=True)
HANGS = Says(delay=30.0)


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    headers: Mapping[str, str]


class ScriptedOrigin(ThreadingHTTPServer):
    """404 without a word on how long, where no script says otherwise."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self._scripts: dict[str, list[Says]] = {}
        self._asked: list[Asked] = []
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.over = threading.Event()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.server_address[1]}"

    def script(self, path: str, *answers: Says) -> None:
        """From now on it gives these answers for this path, one after the other, and the last one for ever."""
        with self._lock:
            self._scripts[path] = list(answers)

    def asked(self, path: str) -> list[Asked]:
        with self._lock:
            return [asked for asked in self._asked if asked.path == path]

    def all_paths(self) -> set[str]:
        with self._lock:
            return {asked.path for asked in self._asked}

    def answer(self, asked: Asked) -> Says:
        with self._lock:
            self._asked.append(asked)
            script = self._scripts.get(asked.path, [Says("nothing there", status=404, keep="")])
            return script.pop(0) if len(script) > 1 else script[0]

    def end(self) -> None:
        """Listen no more, and end the connections that are kept: as a process that is killed."""
        self.shutdown()
        self.server_close()
        with self._lock:
            connections, self._connections = self._connections, set()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedOrigin

    def do_GET(self) -> None:
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
        says = self.server.answer(asked)
        if says.delay:
            self.server.over.wait(says.delay)
        if says.cuts:
            self.close_connection = True
            return
        unchanged = says.tag is not None and asked.headers.get("if-none-match") == says.tag
        self.send_response(304 if unchanged else says.status)
        for name, value in (("cache-control", says.keep), ("etag", says.tag), *says.headers.items()):
            if value:
                self.send_header(name, value)
        body = b"" if unchanged else says.body.encode()
        if not unchanged:
            self.send_header("content-length", str(len(body)))
        with suppress(ConnectionError):  # The edge has given up waiting.
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def scripted_origin() -> Iterator[ScriptedOrigin]:
    origin = ScriptedOrigin()
    thread = threading.Thread(target=origin.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.over.set()
        origin.end()
        thread.join()
