"""Readers at the edge of a whole machine: real functions, real pages, a form that comes in while they read."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator

import brotli
import httpx
import pytest

from realcount.local.edge.copies_origin import serving_copies
from realcount.local.edge.varnish import Edge, running_edge
from realcount.local.machine import Machine
from realcount.rendering.paths import region_path
from tests.journeys.conftest import Night, until
from tests.small_election import PPWP

pytestmark = pytest.mark.edge

NATION, PROVINCE = region_path(PPWP, "N"), region_path(PPWP, "P1")
SEEN_SECONDS = 20.0
"""Approved, counted, rolled up over three levels, published, and five seconds in the cache."""


@pytest.fixture(scope="module")
def edge(machine: Machine, night: Night) -> Iterator[Edge]:
    bucket = machine.stack.environment()["BUCKET_PUBLISHED"]
    with (
        serving_copies(machine.engine, bucket) as copies,
        running_edge(machine.places, api=machine.base_url, copies=copies) as running,
    ):
        yield running


def read(edge: Edge, path: str, **headers: str) -> httpx.Response:
    return httpx.get(edge.base_url + path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_each_reader_gets_the_page_as_they_can_unpack_it(edge: Edge, night: Night) -> None:
    plain = night.page(PROVINCE)  # as large as is worth packing; the nation of this small election is not
    tags = set()
    for takes, unpack in (("br, gzip", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)):
        for expected in ("Miss", "Hit"):
            with httpx.stream("GET", edge.base_url + PROVINCE, headers={"accept-encoding": takes}) as answer:
                body = b"".join(answer.iter_raw())
            assert answer.headers["x-cache"] == f"{expected} from edge"
            assert httpx.Response(200, content=unpack(body)).json() == plain
            assert answer.headers["etag"].startswith('"'), "strong"
        tags.add(answer.headers["etag"])
        held = read(edge, PROVINCE, accept_encoding=takes, if_none_match=answer.headers["etag"])
        assert (held.status_code, held.content) == (304, b"")
    assert len(tags) == 3
    asked = [fetch.coding for fetch in edge.fetches() if fetch.path == PROVINCE]
    assert asked == ["br,gzip", "gzip", ""]


def test_every_published_page_has_a_copy_that_says_the_same(edge: Edge, machine: Machine, night: Night) -> None:
    bucket = machine.stack.environment()["BUCKET_PUBLISHED"]
    copy = machine.engine.client("s3").get_object(Bucket=bucket, Key=NATION.removeprefix("/"))
    assert httpx.Response(200, content=copy["Body"].read()).json() == night.page(NATION)
    assert copy["CacheControl"] == read(edge, NATION).headers["cache-control"]


def test_a_form_that_was_approved_is_seen_at_the_edge_within_seconds(edge: Edge, night: Night) -> None:
    read(edge, NATION)
    form = night.file("S1", {"01": 150, "02": 120})
    night.decide("S1", form)
    approved = time.monotonic()

    def seen() -> httpx.Response | None:
        answer = read(edge, NATION)
        assert answer.status_code == 200
        return answer if answer.json()["votes"] == {"01": 150, "02": 120} else None

    until(seen, "the nation's number at the edge")
    assert time.monotonic() - approved < SEEN_SECONDS


def test_officials_post_elsewhere(edge: Edge, night: Night) -> None:
    assert httpx.post(f"{edge.base_url}/v1/uploads", content=b"x").status_code == 403
    assert httpx.post(f"{night.base_url}/v1/uploads", content=b"x").status_code in (400, 415)
