"""What a reader must find at the edge: headers, codings, tags, hits, and what the edge answers by itself."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus

import brotli

from bench.confirm.findings import UNSEEN, Finding, check
from bench.confirm.polite import Answer, Guest
from bench.confirm.walk import Place
from realcount.rendering.encoding import COMPRESS_FROM

TRIES = 5
"""A place of the edge is many machines, each with a cache of its own: a hit may take several requests."""

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}
STRONG, ANY = re.compile(r'"[^"]+"'), re.compile(r'(?:W/)?"[^"]+"')
BROWSER = {"Origin": "https://newsroom.example", "Accept-Encoding": "gzip, deflate, br, zstd"}


def look(edge: Guest, places: list[Place], copies_first: bool) -> Iterator[Finding]:
    """Every check by reading, a few dozen requests. `copies_first` says that S3 is asked before the API: CloudFront then
    compresses by itself and marks the tags weak."""
    for place in places:
        yield _lifetime(edge, place)
    largest = max(places, key=lambda place: place.size)
    if largest.size < COMPRESS_FROM:
        yield Finding(
            "codings", UNSEEN, f"no page on the way has {COMPRESS_FROM} bytes; shorter ones are sent as they are"
        )
    else:
        yield from _codings(edge, largest.path)
    yield from _tags(edge, largest.path, copies_first)
    yield from _browser(edge, largest.path)
    yield from _hits(edge, largest.path)
    yield from _by_itself(edge, largest.path, copies_first)


def _lifetime(edge: Guest, place: Place) -> Finding:
    found = edge.ask(place.path, BROWSER)
    header = found.headers.get("cache-control", "none")
    return check(
        f"Cache-Control of the {place.level}", found.status == 200 and header == place.header, header, place.header
    )


def _codings(edge: Guest, path: str) -> Iterator[Finding]:
    """The same document in every coding. While it changes, editions may differ: then it is asked for again."""
    for _ in range(TRIES):
        answers = {coding: edge.ask(path, {"Accept-Encoding": coding}) for coding in UNPACK}
        documents = [_unpacked(answer) for answer in answers.values()]
        if len({json.loads(document or "{}").get("edition") for document in documents}) == 1:
            break
    for coding in ("br", "gzip"):
        said = answers[coding].headers.get("content-encoding", "none")
        yield check(f"{coding} for who takes it", said == coding, said, coding)
    plain = answers["identity"].headers.get("content-encoding", "none")
    yield check("no coding for who takes none", plain == "none", plain, "none")
    same = len(set(documents)) == 1 and None not in documents
    yield check("one document in all codings", same, "the same" if same else "different", "the same")


def _unpacked(answer: Answer) -> bytes | None:
    """The document, by the coding that the answer says it has; None if it has another, or is none."""
    unpack = UNPACK.get(answer.headers.get("content-encoding", "identity"))
    try:
        document = unpack(answer.body) if unpack else None
        json.loads(document or b"")
    except (OSError, EOFError, ValueError, brotli.error):
        return None
    return document


def _tags(edge: Guest, path: str, copies_first: bool) -> Iterator[Finding]:
    first = edge.ask(path, BROWSER)
    tag = first.headers.get("etag", "none")
    form, said = (ANY, "a tag") if copies_first else (STRONG, "a strong tag")
    yield check("ETag", form.fullmatch(tag) is not None, tag, said)
    for _ in range(TRIES):
        again = edge.ask(path, {**BROWSER, "If-None-Match": tag})
        if again.status != HTTPStatus.OK:
            break
        tag = again.headers.get("etag", tag)  # there is a new edition meanwhile
    good = again.status == HTTPStatus.NOT_MODIFIED and not again.body
    yield check("If-None-Match", good, f"{again.status}, {len(again.body)} bytes", "304, 0 bytes")


def _browser(edge: Guest, path: str) -> Iterator[Finding]:
    found = edge.ask(path, BROWSER).headers
    allowed = found.get("access-control-allow-origin", "none")
    yield check("CORS", allowed == "*", allowed, "*")
    exposed = {name.strip().lower() for name in found.get("access-control-expose-headers", "").split(",")}
    yield check("CORS exposes", "etag" in exposed, ", ".join(sorted(exposed)) or "nothing", "etag among them")
    nosniff = found.get("x-content-type-options", "none")
    yield check("X-Content-Type-Options", nosniff == "nosniff", nosniff, "nosniff")
    before = edge.ask(path, {**BROWSER, "Access-Control-Request-Method": "GET"}, "OPTIONS")
    yield check("OPTIONS", before.status in (200, 204), before.status, "200 or 204")
    head = edge.ask(path, BROWSER, "HEAD")
    yield check("HEAD", head.status == 200 and not head.body, f"{head.status}, {len(head.body)} bytes", "200, 0 bytes")


def _hits(edge: Guest, path: str) -> Iterator[Finding]:
    found = _hit(edge, path, {})
    yield check("a second look is a hit", "Hit" in found.cache, found.cache or "no X-Cache", "Hit")
    age = found.headers.get("age", "none")
    yield check("Age of a hit", age.isdigit(), age, "seconds")
    for what, other, headers in (
        ("query strings are not in the key", f"{path}?nonce={{}}", {}),
        ("cookies are not in the key", path, {"Cookie": "id={}"}),
        ("languages are not in the key", path, {"Accept-Language": "x-{}"}),
    ):
        found = _hit(edge, other, headers)
        yield check(what, "Hit" in found.cache, found.cache or "no X-Cache", "Hit")


def _hit(edge: Guest, path: str, headers: Mapping[str, str]) -> Answer:
    """The first hit of a few requests that differ in what must not matter, or the last miss.

    With five requests of five different queries in a row, a key that held the query would never hit.
    """
    for number in range(TRIES):
        varied = {name: value.format(number) for name, value in headers.items()}
        found = edge.ask(path.format(number), {"Accept-Encoding": "br", **varied})
        if "Hit" in found.cache:
            break
    return found


def _by_itself(edge: Guest, path: str, copies_first: bool) -> Iterator[Finding]:
    nonsense = edge.ask("/v1/elections/no%20such%20page")
    good = nonsense.status == 404 and "Generated" in nonsense.cache
    yield check(
        "nonsense ends at the edge", good, f"{nonsense.status}, {nonsense.cache}", "404, FunctionGeneratedResponse"
    )
    absent = edge.ask("/v1/elections/no-such-election")
    kept = re.search(r"max-age=(\d+)", absent.headers.get("cache-control", ""))
    short = int(kept[1]) <= 5 if kept else copies_first  # S3 says nothing; the edge's ErrorCachingMinTTL then does
    good = absent.status == 404 and short
    yield check(
        "a page that is not there", good, f"{absent.status}, {kept[0] if kept else 'no max-age'}", "404, max-age=5"
    )
    post = edge.ask("/v1/uploads", {"Content-Length": "0"}, "POST")
    yield check("POST ends at the edge", post.status in (403, 405), post.status, "403 or 405")
    secret = edge.ask(path, {"Accept-Encoding": "br"}).headers
    yield check("no cookies are set", "set-cookie" not in secret, secret.get("set-cookie", "none"), "none")
