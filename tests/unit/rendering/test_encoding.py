"""From a document to stored bytes."""

from __future__ import annotations

import gzip

import brotli

from realcount.rendering.encoding import COMPRESS_FROM, RENDERING, encode_bodies, json_page
from tests.small_election import NOON


def test_a_small_page_is_stored_as_it_is() -> None:
    page = json_page("/v1", {"b": 1, "a": "é"}, edition=3, updated_at=NOON, max_age=5)
    assert page.bodies == {"identity": '{"b":1,"a":"é"}\n'.encode()}
    assert (page.path, page.edition, page.rendering, page.updated_at, page.max_age) == ("/v1", 3, RENDERING, NOON, 5)


def test_the_etag_is_edition_and_bytes() -> None:
    one = json_page("/v1", {"a": 1}, edition=3, updated_at=NOON, max_age=5).etag
    assert one.startswith("3-")
    assert one == json_page("/v1", {"a": 1}, edition=3, updated_at=NOON, max_age=5).etag
    assert one != json_page("/v1", {"a": 2}, edition=3, updated_at=NOON, max_age=5).etag
    assert one != json_page("/v1", {"a": 1}, edition=4, updated_at=NOON, max_age=5).etag


def test_a_large_page_is_stored_in_two_codings_of_the_same_bytes() -> None:
    body = b"x" * COMPRESS_FROM
    bodies = encode_bodies(body)
    assert sorted(bodies) == ["br", "gzip"]
    assert gzip.decompress(bodies["gzip"]) == brotli.decompress(bodies["br"]) == body
    assert encode_bodies(body[:-1]) == {"identity": body[:-1]}


def test_compression_is_deterministic() -> None:
    assert encode_bodies(b"y" * 5_000) == encode_bodies(b"y" * 5_000)
