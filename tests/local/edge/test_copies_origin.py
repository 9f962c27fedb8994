"""The copies as the edge reaches them: what the store says, for whoever is on this machine, and 503 when it is gone."""

from __future__ import annotations

from pathlib import Path

import httpx

from realcount.local.edge.copies_origin import serving_copies
from realcount.local.engine import Engine, start_engine
from realcount.local.places import Places, checkout


def put(engine: Engine, bucket: str) -> None:
    s3 = engine.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(
        Bucket=bucket, Key="v1/a:b", Body=b"{}", ContentType="application/json", CacheControl="public, max-age=5",
        Metadata={"edition": "3"},
    )  # fmt: skip


def test_a_copy_comes_with_what_was_stored_beside_it(engine: Engine) -> None:
    put(engine, "copies-read")
    assert httpx.get(f"{engine.url}/copies-read/v1/a:b").status_code == 403, "the store itself refuses the anonymous"
    with serving_copies(engine, "copies-read") as at, httpx.Client(base_url=f"http://{at}") as http:
        answer = http.get("/v1/a:b")
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
            "application/json",
            "public, max-age=5",
        )
        assert answer.headers["x-amz-meta-edition"] == "3"
        unchanged = http.get("/v1/a:b", headers={"if-none-match": answer.headers["etag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert http.get("/v1/nothing").status_code == 404


def test_a_store_that_is_gone_is_a_failure_that_the_edge_understands(tmp_path: Path) -> None:
    engine = start_engine(Places(checkout().root, tmp_path))
    put(engine, "copies-gone")
    with serving_copies(engine, "copies-gone") as at, httpx.Client(base_url=f"http://{at}") as http:
        assert http.get("/v1/a:b").status_code == 200
        engine.stop()
        assert http.get("/v1/a:b").status_code == 503
