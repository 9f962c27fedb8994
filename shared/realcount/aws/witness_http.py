"""Witness over HTTP: one request on one connection, whose whole answer comes in a few seconds or not at all.

`KeptConnection` has the one deadline over everything and the bound on the answer's size that a stranger calls for.
"""

from __future__ import annotations

import ssl
from functools import cached_property
from urllib.parse import urlsplit

from botocore.httpsession import get_cert_path

from realcount.aws.dynamodb_address import Address
from realcount.aws.kept_connection import BROKEN, KeptConnection
from realcount.domain.errors import Unavailable
from realcount.log_ports import WitnessAnswer

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0

MAX_ANSWER = 16 * 1024
"""Bytes. A cosignature is one line of about 150."""

_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "realcount", "Connection": "close"}


class HttpWitness:
    """Safe for several threads. `https` checks certificates and names; `http` is for witnesses on one machine."""

    def __init__(self, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._connect_seconds, self._answer_seconds = connect_seconds, answer_seconds

    def add_checkpoint(self, url: str, body: bytes) -> WitnessAnswer:
        parts = urlsplit(url)
        try:
            connection = KeptConnection(
                self._address(url),
                connect_seconds=self._connect_seconds,
                answer_seconds=self._answer_seconds,
                max_answer=MAX_ANSWER,
            )
            try:
                status, media, answer = connection.post_to(f"{parts.path}/add-checkpoint", _HEADERS, body)
            finally:
                connection.close()
        except (*BROKEN, ValueError) as error:
            raise Unavailable(f"the witness at {url} did not answer: {type(error).__name__}: {error}") from error
        return WitnessAnswer(status, media.partition(";")[0].strip().lower(), answer)

    def _address(self, url: str) -> Address:
        """Raises `ValueError` for a URL that names no host, or a port that is none."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        return Address(url, parts.netloc, parts.hostname or "", port, "", self._context if secure else None)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=get_cert_path(True))
