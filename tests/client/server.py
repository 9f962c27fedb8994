"""An HTTP server that answers as a test tells it to: what is refused, cut off or late is so on a real socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Said:
    """An answer. `announced` is its Content-Length, if that is to be a lie; `ranges` says that parts may be asked for."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int | None = None
    delay: float = 0.0
    ranges: bool = False


Script = Said | Callable[[], Said] | None
"""None: the connection ends without a word."""


def json_body(document: Mapping[str, Any], tag: str | None = None) -> Said:
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    return Said(200, body, {"ETag": tag} if tag else {})


def ended_early(body: bytes) -> Said:
    """Less than was announced."""
    return Said(200, body[:-3], announced=len(body))


class Server(ThreadingHTTPServer):
    """What has no script is 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.most_at_once = 0
        self._at_once = 0
        self._scripts: dict[str, list[Script]] = {}
        self._asked: list[tuple[str, dict[str, str], int]] = []
        self._lock = threading.Lock()

    def says(self, path: str, *answers: Script) -> None:
        """From now on it gives these answers for this path, one after the other, and the last one for ever."""
        with self._lock:
            self._scripts[path] = list(answers)

    def asked(self, path: str) -> list[dict[str, str]]:
        with self._lock:
            return [headers for asked, headers, _ in self._asked if asked == path]

    def statuses(self, path: str) -> list[int]:
        with self._lock:
            return [status for asked, _, status in self._asked if asked == path]

    def next(self, path: str) -> Said | None:
        with self._lock:
            script = self._scripts.get(path, [Said(404)])
            found = script.pop(0) if len(script) > 1 else script[0]
        return found() if callable(found) else found

    def note(self, path: str, headers: dict[str, str], status: int) -> None:
        with self._lock:
            self._asked.append((path, headers, status))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        with self.server.at_work():
            self._answer()

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = self.server.next(self.path)
        if said is None:
            self.server.note(self.path, headers, 0)
            self.close_connection = True
            return
        time.sleep(said.delay)
        status, body, more = said.status, said.body, dict(said.headers)
        if more.get("ETag") is not None and headers.get("if-none-match") == more["ETag"]:
            status, body = 304, b""
        if said.ranges and "range" in headers:
            start = int(headers["range"].removeprefix("bytes=").removesuffix("-"))
            status, more["Content-Range"] = 206, f"bytes {start}-{len(body) - 1}/{len(body)}"
            body = body[start:]
        self.server.note(self.path, headers, status)
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body) if said.announced is None else said.announced))
        self.end_headers()
        self.wfile.write(body)
        if said.announced is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
