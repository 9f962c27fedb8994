"""Calls to DynamoDB without a client: botocore's signature on a kept connection, one more try, errors as usual.

What a client adds (the service's model, hooks, validation, a user agent) is most of what a call and a cold start cost, and a
reader asks for one thing. Errors come out as from the other adapters, by the same table (`aws.errors`);
tests/contract/test_page_reader_faults.py compares the two fault by fault. Why: docs/decisions/0009.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from realcount.aws.dynamodb_address import SERVICE
from realcount.aws.errors import domain_error, translated
from realcount.aws.kept_connection import BROKEN
from realcount.domain.errors import Unavailable

if TYPE_CHECKING:
    from realcount.aws.dynamodb_address import Address, Credentials
    from realcount.aws.kept_connection import KeptConnection

API = "DynamoDB_20120810"
MEDIA = "application/x-amz-json-1.0"
ATTEMPTS = 2
PAUSE_SECONDS = 0.05


def short_pause() -> None:
    """Up to 50 ms, so that readers whom one hiccup stopped do not come back as one. From the system's randomness: that
    of a module would be part of a snapshot, and the same in every environment restored from it."""
    time.sleep(random.SystemRandom().uniform(0.0, PAUSE_SECONDS))


class SignedCalls:
    """Only for what may be repeated: a call whose answer was lost is made again."""

    def __init__(
        self,
        address: Address,
        credentials: Credentials,
        connection: KeptConnection,
        pause: Callable[[], None] = short_pause,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._connection = connection
        self._pause = pause

    def call(self, operation: str, request: Mapping[str, Any], doing: str) -> dict[str, Any]:
        """The answer's document. `doing` says what the call was about, for the person who reads the log.

        Raises `Unavailable` if two tries met a service that is busy, broken or out of reach; `ClientError` at once for
        whatever else DynamoDB refuses; botocore's own errors if no credentials can be had.
        """
        body = json.dumps(request, separators=(",", ":")).encode("ascii")
        for _ in range(ATTEMPTS - 1):
            try:
                return self._try(operation, body, doing)
            except Unavailable:
                self._pause()
        return self._try(operation, body, doing)

    def close(self) -> None:
        self._connection.close()

    def _try(self, operation: str, body: bytes, doing: str) -> dict[str, Any]:
        with translated(doing):
            headers = self._signed(operation, body)
        try:
            status, content = self._connection.post(headers, body)
        except BROKEN as error:
            raise Unavailable(f"{doing}: {type(error).__name__}: {error}") from error
        document = _object(content)
        if status != 200:
            refused = _refusal(operation, status, document or {})
            raise domain_error(refused, doing) or refused
        if document is None:
            raise Unavailable(f"{doing}: an answer that is not a JSON object")
        return document

    def _signed(self, operation: str, body: bytes) -> Mapping[str, str]:
        # With the host among them, what is signed is what is sent: http.client would add a port to it, or leave one out.
        headers = {"Host": self._address.name, "X-Amz-Target": f"{API}.{operation}", "Content-Type": MEDIA}
        request = AWSRequest("POST", self._address.url, headers=headers, data=body)
        keys: Any = self._credentials.get_frozen_credentials()
        SigV4Auth(keys, SERVICE, self._address.region).add_auth(request)
        return dict(request.headers.items())


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _refusal(operation: str, status: int, document: Mapping[str, Any]) -> ClientError:
    """As a client would have raised it: the code without the namespace in front of it."""
    code = str(document.get("__type") or document.get("code") or status).rsplit("#", 1)[-1]
    message = str(document.get("message") or document.get("Message") or "")
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)
