"""Bad weather between the adapters and a real engine: requests lost, answers lost, services busy.

Faults are injected where they happen, at botocore's own events, and come from a seed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError

from realcount.aws.uploads_s3 import PRESIGNING
from tests.contract.engines import CREDENTIALS, AWSStores

REQUEST_LOST = "the request is lost"
BUSY = "the service is busy"
CUT_OFF = "the answer is lost on the wire"
UNHEARD = "the answer is lost at the last moment"
FAULTS = (REQUEST_LOST, BUSY, CUT_OFF, UNHEARD)

_BUSY_ANSWER = {
    "dynamodb": (400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "busy"}'),
    "s3": (503, b"<Error><Code>SlowDown</Code><Message>busy</Message></Error>"),
}


@dataclass
class Weather:
    """What happens to requests. Each of the `kinds` of fault befalls this `share` of them.

    With `patient` clients the SDK tries three times at once before it gives up, otherwise once. `close` when it is over.
    """

    seed: int
    share: float = 0.0
    kinds: tuple[str, ...] = FAULTS
    patient: bool = False
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._clients: dict[tuple[str, str], Any] = {}

    def stores(self, endpoint: str) -> AWSStores:
        """Empty stores behind this weather. What is set up, and what a test looks at itself, is not behind it."""
        return AWSStores(
            endpoint,
            dynamodb=self._client("dynamodb", endpoint, Config()),
            s3=self._client("s3", endpoint, PRESIGNING),
            pause=lambda attempt: None,
        )

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def clear(self) -> None:
        """Good weather again."""
        self.share, self.kinds, self.patient = 0.0, FAULTS, False
        self.struck.clear()
        self._chance.seed(self.seed)

    def _client(self, service: str, endpoint: str, config: Config) -> Any:
        if (service, endpoint) in self._clients:
            return self._clients[service, endpoint]
        made = boto3.client(
            service,
            endpoint_url=endpoint,
            config=config.merge(Config(retries={"total_max_attempts": 1})),
            **CREDENTIALS,
        )
        send = made._endpoint.http_session.send  # No public way to send a request and keep the answer to ourselves.

        def before_send(request: Any, **_: object) -> AWSResponse | None:
            if self._strikes(REQUEST_LOST):
                raise ConnectionClosedError(endpoint_url=request.url)
            if self._strikes(BUSY):
                status, body = _BUSY_ANSWER[service]
                return AWSResponse(request.url, status, {}, _Raw(body))
            if self._strikes(CUT_OFF):
                send(request).content  # noqa: B018 — read to the end: it is done, and nobody will ever hear of it
                raise ReadTimeoutError(endpoint_url=request.url)
            return None

        def after_call(http_response: Any, **_: object) -> None:
            if http_response.status_code < 300 and self._strikes(UNHEARD):
                http_response.content  # noqa: B018 — a body that nobody reads would keep its connection until it is garbage
                raise ReadTimeoutError(endpoint_url=endpoint)

        def needs_retry(caught_exception: Exception | None, attempts: int, **_: object) -> float | None:
            return 0 if self.patient and attempts < 3 and isinstance(caught_exception, HTTPClientError) else None

        made.meta.events.register("before-send", before_send)
        made.meta.events.register("after-call", after_call)
        made.meta.events.register_first("needs-retry", needs_retry)
        self._clients[service, endpoint] = made
        return made

    def _strikes(self, fault: str) -> bool:
        struck = fault in self.kinds and self._chance.random() < self.share
        self.struck[fault] += struck
        return struck


class _Raw(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.getvalue()
