"""The HTTP API of one machine: an ASGI application that does what API Gateway does, on a loopback socket.

It chooses the route, makes the event, lets the function run and turns its result into an answer; it knows no function by
name. Limits and answers of its own are API Gateway's: 10 MB of body, `Not Found`, `Too Many Requests`, `Internal Server
Error`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

import uvicorn

from realcount.local.cors import preflight, with_cors
from realcount.local.http_events import Answer, Request, from_result, internal_error, message, to_event
from realcount.local.places import LOOPBACK, LocalError
from realcount.local.routes import Router
from realcount.local.sandbox import FunctionError
from realcount.local.stack import Cors, Route
from realcount.local.throttles import Throttles

log = logging.getLogger(__name__)

MAX_BODY = 10 * 1024 * 1024
THREADS = 16
"""Requests in the hands of one function at once; each waits in a thread. Further ones wait for a thread of that function:
no function may keep the requests of another waiting, as none has the concurrency of another on AWS."""

START_SECONDS = 10.0

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Invoke = Callable[[str, Any], Any]


class App(Protocol):
    """An ASGI application that can be closed once nobody asks it any more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def close(self) -> None: ...


class Gateway:
    """The ASGI application. `invoke` runs a function by name; it blocks, and raises `FunctionError`. `clock` is what the
    routes' limits go by, in seconds."""

    def __init__(
        self,
        routes: tuple[Route, ...],
        cors: Cors | None,
        invoke: Invoke,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._router = Router(routes)
        self._throttles = Throttles(routes, clock)
        self._cors = cors
        self._invoke = invoke
        self._threads = {
            name: ThreadPoolExecutor(THREADS, thread_name_prefix=f"gateway {name}")
            for name in {route.function for route in routes}
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read(scope, receive)
        if isinstance(request, Request):
            answer = preflight(request, self._cors) or with_cors(await self._answer(request), request, self._cors)
        else:
            answer = request
        await write_answer(answer, scope["method"], send)

    async def _answer(self, request: Request) -> Answer:
        match = self._router.match(request.method, request.decoded_path)
        if match is None:
            return message(404, "Not Found")
        if not self._throttles.allow(match.route):
            return message(429, "Too Many Requests")
        request_id = str(uuid.uuid4())
        event = to_event(request, match, request_id, datetime.now(UTC))
        loop = asyncio.get_running_loop()
        try:
            function = match.route.function
            result = await loop.run_in_executor(self._threads[function], self._invoke, function, event)
        except FunctionError:
            return internal_error()  # What went wrong is in the function's log; the caller is told nothing of it.
        answer = from_result(result)
        return Answer(answer.status, (*answer.headers, ("apigw-requestid", request_id)), answer.body)

    def close(self) -> None:
        for threads in self._threads.values():
            threads.shutdown()


async def _read(scope: Scope, receive: Receive) -> Request | Answer:
    """The whole request, or the refusal of one that is too large: nothing beyond the limit is kept."""
    body = bytearray()
    too_large = False
    more = True
    while more:
        part = await receive()
        if part["type"] == "http.disconnect":
            break
        more = part.get("more_body", False)
        too_large = too_large or len(body) + len(part.get("body", b"")) > MAX_BODY
        if too_large:
            body.clear()  # Read on to the end, so that the client reads our answer instead of a reset connection.
        else:
            body += part.get("body", b"")
    if too_large:
        return message(413, "Request Entity Too Large")
    client = scope.get("client") or (LOOPBACK, 0)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        body=bytes(body),
        protocol=f"HTTP/{scope['http_version']}",
        source_ip=client[0],
    )


async def write_answer(answer: Answer, method: str, send: Send) -> None:
    bodiless = method == "HEAD" or answer.status in (204, 304)
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers if name != "content-length"
    ]
    declared = next((value for name, value in answer.headers if name == "content-length"), None)
    if not bodiless:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    elif method == "HEAD" and declared is not None:
        headers.append((b"content-length", declared.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodiless else answer.body})


class Server:
    """Serves an ASGI application from a thread of its own until `stop`."""

    def __init__(self, app: App, listening: socket.socket) -> None:
        """Raises `LocalError` if it does not come up."""
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=10,
            )
        )
        self._app = app
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name="http", daemon=True)
        self._thread.start()
        give_up = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > give_up:
                raise LocalError("the HTTP server did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """Finish the requests under way, then close."""
        self._server.should_exit = True
        self._thread.join()
        self._app.close()
