"""The bucket's files beside the API of a machine without an edge: the same files, with the edge's headers."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest

from realcount.aws.bulk_s3 import S3BulkFiles
from realcount.aws.editions_s3 import S3Editions
from realcount.aws.log_s3 import A_MOMENT, S3Log
from realcount.domain.instants import EPOCH
from realcount.local.edge.signed_reader import SignedReader
from realcount.local.engine import Engine, start_engine
from realcount.local.gateway import Receive, Scope, Send, Server, write_answer
from realcount.local.http_events import Answer
from realcount.local.places import LOOPBACK, Places, bind, checkout
from realcount.local.published import Published
from realcount.rendering.encoding import json_page
from realcount.rendering.lifetimes import FOR_EVER

BUCKET = "published-files"
EDITION = json_page(
    "/v1/elections/ri-2019/contests/ppwp/regions/n", {"edition": 7}, edition=7, updated_at=EPOCH, max_age=5
)
BULK = "/bulk/ri-2019/ppwp/7/stations.csv.gz"


class Api:
    """Answers everything with the path that was asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await write_answer(Answer(200, (), f"the API: {scope['path']}".encode()), scope["method"], send)

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def http(engine: Engine, places: Places) -> Iterator[httpx.Client]:
    s3: Any = engine.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    log = S3Log(s3, BUCKET, engine.client("dynamodb"), "no-table", "ri-2019")
    log.put_file("units", b"a unit\n" * 1000)
    log.put_file("tile/0/000.p/7", bytes(7 * 32))
    log.publish(b"the checkpoint", None)
    S3BulkFiles(s3, BUCKET).write(BULK, b"\x1f\x8b packed", "application/gzip", "ri-2019-ppwp-7-stations.csv.gz")
    s3.put_object(Bucket=BUCKET, Key="check/index.html", Body=b"<!doctype html>", ContentType="text/html")
    S3Editions(s3, BUCKET).keep(EDITION)
    s3.put_object(Bucket=BUCKET, Key="staged/ri-2019/ab", Body=b"nobody's business")
    with SignedReader(engine, BUCKET) as store, bind(0, "--port") as listening:
        server = Server(Published(places, store, Api()), listening)
        with httpx.Client(base_url=f"http://{LOOPBACK}:{listening.getsockname()[1]}") as client:
            yield client
        server.stop()


def test_a_file_of_the_log_says_itself_how_long_it_may_be_kept(http: httpx.Client) -> None:
    for path, lifetime in (("tile/0/000.p/7", FOR_EVER), ("units", FOR_EVER), ("checkpoint", A_MOMENT)):
        answer = http.get(f"/log/ri-2019/{path}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, lifetime)
        assert answer.headers["access-control-allow-origin"] == "*"
    assert http.get("/log/ri-2019/tile/0/000.p/7").content == bytes(7 * 32)
    assert http.get("/log/ri-2019/tile/0/000.p/8").status_code == 404


def test_a_bulk_file_is_saved_as_it_is_under_a_telling_name(http: httpx.Client) -> None:
    answer = http.get(BULK)
    assert (answer.status_code, answer.content) == (200, b"\x1f\x8b packed")
    assert answer.headers["content-disposition"] == 'attachment; filename="ri-2019-ppwp-7-stations.csv.gz"'
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/gzip", FOR_EVER)
    assert "content-encoding" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == "*"
    assert http.get(BULK.replace("/7/", "/8/")).status_code == 404


def test_a_page_of_the_past_comes_from_the_bucket_and_its_present_from_the_api(http: httpx.Client) -> None:
    answer = http.get(f"{EDITION.path}/editions/7")
    assert (answer.status_code, answer.content) == (200, EDITION.bodies["identity"])
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == (FOR_EVER, "application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    held = {"if-none-match": answer.headers["etag"]}
    assert http.get(f"{EDITION.path}/editions/7", headers=held).status_code == 304
    assert http.get(f"{EDITION.path}/editions/8").status_code == 404
    for path in (EDITION.path, f"{EDITION.path}/now", f"{EDITION.path}/changes"):
        assert http.get(path).text == f"the API: {path}"


def test_the_tree_of_the_election_travels_compressed_and_arrives_whole(http: httpx.Client) -> None:
    with http.stream("GET", "/log/ri-2019/units") as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(raw) < 100
    assert gzip.decompress(raw) == http.get("/log/ri-2019/units").content == b"a unit\n" * 1000


def test_whoever_holds_a_file_is_told_so_and_a_head_has_no_body(http: httpx.Client) -> None:
    held = http.get("/log/ri-2019/checkpoint").headers["etag"]
    answer = http.get("/log/ri-2019/checkpoint", headers={"if-none-match": held})
    assert (answer.status_code, answer.content) == (304, b"")
    assert http.head("/log/ri-2019/checkpoint").status_code == 200


def test_the_page_that_checks_is_found_by_its_folder_and_comes_with_its_policy(http: httpx.Client) -> None:
    assert http.get("/check").headers["location"] == "/check/"
    answer = http.get("/check/")
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "<!doctype html>", "text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert http.get("/check/index.html").text == answer.text


@pytest.mark.parametrize(
    "path", ["/v1/elections", "/staged/ri-2019/ab", "/log/../staged/ri-2019/ab", "/log/", "/checks"]
)
def test_everything_else_is_the_apis(http: httpx.Client, path: str) -> None:
    connection = HTTPConnection(http.base_url.host, http.base_url.port)
    connection.request("GET", path)  # As it is written here: httpx would tidy the path up.
    assert connection.getresponse().read().decode() == f"the API: {path}"
    connection.close()


def test_nothing_is_posted_to_a_file(http: httpx.Client) -> None:
    assert http.post("/log/ri-2019/checkpoint").text.startswith("the API")


def test_a_store_that_is_gone_is_503_and_no_silence(places: Places) -> None:
    alone = start_engine(Places(checkout().root, places.data / "alone"))
    with SignedReader(alone, BUCKET) as store:
        alone.stop()
        assert store.get("/log/ri-2019/checkpoint").status == 503
