"""An edge and an API in one process, over real pages: right in everything, or wrong in one thing that a test names.

The edge remembers what it has answered, by path and coding, and never forgets: enough to be looked at for a second.
"""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from realcount.domain.page import Page
from realcount.edge.answers import Answer
from realcount.edge.pages import absent, page_key, ready_page
from realcount.edge.problems import problem
from realcount.rendering.catalogue import catalogue_pages
from realcount.rendering.results import region_page, station_page
from tests.small_election import PPWP, contest, election, region, station

Fault = Callable[["Asked", Answer], Answer]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the edge sees it."""

    method: str
    target: str
    headers: Mapping[str, str]


def small_pages() -> dict[str, Page]:
    """All pages on the way from the index to a station. The nation's is long enough to be compressed."""
    pages = catalogue_pages([election()], 1)
    nation = region("N")
    more = tuple(replace(nation.children[-1], id=f"P{number}") for number in range(3, 35))
    regions = [replace(nation, children=nation.children + more), region("P1"), region("V1")]
    pages += [region_page(election(), contest(PPWP), each, {}) for each in regions]
    pages.append(station_page(election(), contest(PPWP), station("S1"), None, [], {}))
    return {page.path: page for page in pages}


def api_answer(pages: Mapping[str, Page], asked: Asked) -> Answer:
    path = asked.target.partition("?")[0]
    if asked.method == "POST":
        return problem("malformed", "no two lines", path)
    key = page_key(path)
    page = pages.get(key) if key else None
    if page is None:
        return absent(path)
    ready = ready_page(page, asked.headers.get("accept-encoding"))
    assert ready is not None, "nobody here excludes every coding"
    sealed = ready.answer(asked.headers.get("if-none-match"))
    return Answer(sealed.status, sealed.headers, b64decode(sealed.body))


class SmallEdge:
    """What the edge answers, before a fault changes it. `key` is what it keeps answers by."""

    def __init__(self, pages: Mapping[str, Page], fault: Fault, key: Callable[[Asked], object]) -> None:
        self._pages, self._fault, self._key = pages, fault, key
        self._kept: set[object] = set()

    def answer(self, asked: Asked) -> Answer:
        path = asked.target.partition("?")[0]
        cors = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "etag, age"}
        if asked.method == "POST":
            found = Answer(403, {"X-Cache": "Error from edge"})
        elif asked.method == "OPTIONS":
            found = Answer(204, {"X-Cache": "FunctionGeneratedResponse from edge"})
        elif page_key(path) is None:
            found = replace(absent(path), headers={"X-Cache": "FunctionGeneratedResponse from edge"})
        else:
            found = api_answer(self._pages, asked)
            key = (self._key(asked), asked.headers.get("accept-encoding"))
            hit = {"X-Cache": "Hit from edge", "Age": "1"} if key in self._kept else {"X-Cache": "Miss from edge"}
            self._kept.add(key)
            found = replace(found, headers={**found.headers, **hit})
        shared = {**cors, "X-Content-Type-Options": "nosniff"}
        return self._fault(asked, replace(found, headers={**found.headers, **shared}))


@contextmanager
def small_edge(
    fault: Fault = lambda asked, answer: answer,
    key: Callable[[Asked], object] = lambda asked: asked.target.partition("?")[0],
) -> Iterator[tuple[str, str]]:
    """The addresses of a running edge and its API."""
    pages = small_pages()
    edge = SmallEdge(pages, fault, key)
    with _serving(edge.answer) as at, _serving(lambda asked: api_answer(pages, asked)) as api:
        yield at, api


@contextmanager
def _serving(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every answer waits for the delayed acknowledgement of its head

        def do_GET(self) -> None:
            asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
            found = answer(asked)
            body = b"" if self.command == "HEAD" or found.status in (204, 304) else found.body
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            if found.status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_POST = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def without(name: str) -> Fault:
    """The edge forgets a header."""
    return lambda asked, answer: replace(
        answer, headers={held: value for held, value in answer.headers.items() if held != name}
    )


def changed(name: str, pattern: str, by: str) -> Fault:
    """The edge sends a header otherwise."""
    return lambda asked, answer: replace(
        answer,
        headers={held: re.sub(pattern, by, value) if held == name else value for held, value in answer.headers.items()},
    )
