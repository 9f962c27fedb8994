"""A host as the page meets it: its own files with the edge's headers, and whatever the API is to say."""

from __future__ import annotations

import json
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from realcount.local.edge.distribution import read_edge
from realcount.local.places import LOOPBACK, checkout

FILES = checkout().root / "web" / "check"


class Stage:
    """`answers` are what the API says, by path: a status, and a document or the bytes of one. `asked` are all paths so far."""

    def __init__(self, keys: list[str]) -> None:
        rules = read_edge(checkout().edge, api="nobody:0", copies="nobody:0")
        (behaviour,) = (one for one in rules.behaviours if one.pattern == "/check/*")
        self.headers = {header.name: header.value for header in behaviour.headers}
        self.answers: dict[str, tuple[int, Any]] = {}
        self.keys = keys
        self.asked: list[str] = []
        self.url = ""

    def page(self, address: str = "") -> str:
        return f"{self.url}/check/{address and '#' + address}"

    def file(self, path: str) -> tuple[int, bytes, str]:
        name = path.removeprefix("/check/") or "index.html"
        if name == "keys.json":
            return 200, json.dumps({"keys": self.keys}).encode(), "application/json"
        found = FILES / name
        if not path.startswith("/check/") or not found.is_file():
            return 404, b"{}", "application/json"
        return 200, found.read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream"

    def answer(self, path: str) -> tuple[int, bytes, str]:
        self.asked.append(path)
        if path not in self.answers:
            return self.file(path)
        status, said = self.answers[path]
        return status, said if isinstance(said, bytes) else json.dumps(said).encode(), "application/json"


@contextmanager
def staged(keys: list[str]) -> Iterator[Stage]:
    stage = Stage(keys)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body, media = stage.answer(self.path)
            self.send_response(status)
            for name, value in {**stage.headers, "Content-Type": media, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # The browser keeps its connections open.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    stage.url = f"http://{LOOPBACK}:{server.server_address[1]}"
    try:
        yield stage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
