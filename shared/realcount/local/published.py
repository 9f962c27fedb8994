"""What readers get from the bucket, on a machine without an edge: the files that infra/edge.yaml serves from there alone,
with the headers that it gives them, beside the API and at the same address.

Nothing is kept here. What is no file of these goes to the API.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

from realcount.local.edge.distribution import read_edge
from realcount.local.edge.rules import Behaviour
from realcount.local.edge.signed_reader import SignedReader
from realcount.local.edge.vcl import path_expression
from realcount.local.gateway import THREADS, App, Receive, Scope, Send, write_answer
from realcount.local.http_events import Answer
from realcount.local.places import Places

FOLDERS = {
    "/check": "/check/",
    "/check/": "/check/index.html",
    "/docs": "/docs/",
    "/docs/": "/docs/index.html",
}
"""What the edge's gate does with the two names of a folder: one leads to the other, and that is a file."""

_NOBODY = "127.0.0.1:0"


class Published:
    """The ASGI application in front of `api`."""

    def __init__(self, places: Places, store: SignedReader, api: App) -> None:
        """Raises `TemplateError`."""
        rules = read_edge(places.edge, api=_NOBODY, copies=_NOBODY)
        *self._behaviours, _ = (one for one in rules.behaviours if one.origins[-1].id == one.origins[0].id == "copies")
        self._file, self._page = re.compile(rules.file), re.compile(rules.page)
        self._store, self._api = store, api
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="published")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        method: str = scope["method"]
        behaviour = self._behaviour(FOLDERS.get(path, path))
        if method not in ("GET", "HEAD") or (behaviour is None and path not in FOLDERS):
            await self._api(scope, receive, send)
            return
        if behaviour is None:
            answer = Answer(302, (("location", FOLDERS[path]),), b"")
        else:
            tag = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"), None)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._read, FOLDERS.get(path, path), behaviour, tag)
        await write_answer(answer, method, send)

    def close(self) -> None:
        self._threads.shutdown()
        self._api.close()

    def _behaviour(self, path: str) -> Behaviour | None:
        known = self._page if path.startswith("/v1") else self._file
        if not known.match(path) or ".." in path:  # The store is asked by a client that would walk up.
            return None
        return next((one for one in self._behaviours if re.match(path_expression(one.pattern), path)), None)

    def _read(self, path: str, behaviour: Behaviour, tag: str | None) -> Answer:
        found = self._store.get(path, tag)
        headers = {one.name.lower(): one.value for one in behaviour.headers}
        return Answer(found.status, tuple({**found.headers, **headers}.items()), found.body)
