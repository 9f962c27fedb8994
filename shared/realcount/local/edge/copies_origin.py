"""The last good copies as the edge reaches them: a loopback server that signs for the edge and hands the rest through.

On AWS the bucket's policy lets CloudFront in, which signs each request to it (origin access control). Varnish cannot sign,
and the engine refuses the anonymous as S3 does; so this stands between them, and adds nothing else: status, headers and
bytes are the store's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from realcount.local.edge.signed_reader import SignedReader
from realcount.local.engine import Engine
from realcount.local.places import LOOPBACK


@contextmanager
def serving_copies(engine: Engine, bucket: str) -> Iterator[str]:
    """Serve the objects of this bucket until the block is left; gives `host:port`. The engine may come and go."""
    with SignedReader(engine, bucket) as store:
        server = _Server(store)
        thread = threading.Thread(target=server.serve_forever, name="copies", daemon=True)
        thread.start()
        try:
            yield f"{LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # The edge keeps its connections open.

    def __init__(self, store: SignedReader) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.store = store


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        answer = self.server.store.get(self.path, self.headers.get("If-None-Match"))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        body = b"" if answer.status == 304 else answer.body
        if answer.status != 304:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the edge keeps a log of what it asked."""
