"""A DynamoDB on loopback that holds one page under every key: the same floor for everybody who reads it."""

from __future__ import annotations

import base64
import json
import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from realcount.domain.page import Page


@contextmanager
def canned(page: Page) -> Iterator[str]:
    """A server on loopback that answers every GetItem with the page, under the key that was asked for. Yields its URL.

    It computes next to nothing, so that what is measured is the reader. It lives in this process and its readers do not.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    parts = _item(page)

    def serve(sock: socket.socket) -> None:
        with suppress(OSError), sock, sock.makefile("rb") as said:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while said.readline():
                length = 0
                while (line := said.readline()) not in (b"\r\n", b""):
                    if line[:15].lower() == b"content-length:":
                        length = int(line[15:])
                key = json.loads(said.read(length))["Key"]["pk"]["S"]
                body = parts[0] + json.dumps(key).encode() + parts[1]
                head = (
                    f"HTTP/1.1 200 OK\r\nServer: Server\r\nDate: Wed, 17 Apr 2019 16:20:42 GMT\r\n"
                    f"Content-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\nConnection: keep-alive\r\n"
                    f"x-amzn-RequestId: {'0A' * 26}\r\nx-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
                )
                sock.sendall(head.encode() + body)

    def accept() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listening.accept()
                threading.Thread(target=serve, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _item(page: Page) -> tuple[bytes, bytes]:
    """The answer of GetItem, in front of and behind the key."""
    attributes: dict[str, Mapping[str, object]] = {
        "edition": {"N": str(page.edition)},
        "rendering": {"N": str(page.rendering)},
        "etag": {"S": page.etag},
        "media": {"S": page.media},
        "max_age": {"N": str(page.max_age)},
        "updated_at": {"S": page.updated_at},
        "bodies": {
            "M": {coding: {"B": base64.b64encode(body).decode("ascii")} for coding, body in page.bodies.items()}
        },
        "pk": {"S": "KEY"},
    }
    front, back = json.dumps({"Item": attributes}, separators=(",", ":")).split('"KEY"')
    return front.encode(), back.encode()
