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

import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from realcount.local.engine import CREDENTIALS, Engine
from realcount.local.intrinsics import REGION
from realcount.local.places import LOOPBACK

SECONDS = 2.0
"""How long the store may take. Less than the edge waits, so that it hears 503 instead of nothing."""

_HANDED_THROUGH = ("content-type", "content-encoding", "cache-control", "etag", "last-modified")
_SIGNER = S3SigV4Auth(Credentials(CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"]), "s3", REGION)


@contextmanager
def serving_copies(engine: Engine, bucket: str) -> Iterator[str]:
    """Serve the objects of this bucket until the block is left; gives `host:port`. The engine may come and go."""
    with httpx.Client(timeout=SECONDS) as http:
        server = _Server(f"{engine.url}/{bucket}", http)
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

    def __init__(self, store: str, http: httpx.Client) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self._store = store
        self._http = http

    def ask(self, path: str, tag: str | None) -> httpx.Response:
        """Raises `httpx.TransportError` if the store does not answer."""
        url = self._store + path
        request = AWSRequest("GET", url, headers={"If-None-Match": tag} if tag else {})
        _SIGNER.add_auth(request)
        return self._http.get(url, headers={**dict(request.headers.items()), "Accept-Encoding": "identity"})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        try:
            answer = self.server.ask(self.path, self.headers.get("If-None-Match"))
        except httpx.TransportError:
            self._send(503, {"content-type": "text/plain"}, b"the store does not answer\n")
            return
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name in _HANDED_THROUGH or name.startswith("x-amz-meta-")
        }
        self._send(answer.status_code, headers, answer.content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the edge keeps a log of what it asked."""

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status == 304:
            body = b""
        else:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
