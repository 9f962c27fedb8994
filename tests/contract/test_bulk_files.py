"""BulkFiles: written until a folder has its index, saved under a telling name, let go and never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from realcount.aws.bulk_s3 import LET_GO, S3BulkFiles
from realcount.file_ports import BulkFiles
from realcount.local.memory import MemoryBulk
from tests.contract.engines import CREDENTIALS

BUCKET = "published"
FILE = "/bulk/e19/ppwp/7/stations.csv.gz"
INDEX = "/bulk/e19/ppwp/7/index.json"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", **CREDENTIALS)
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture(params=["memory", "moto"])
def bulk(request: pytest.FixtureRequest) -> BulkFiles:
    return MemoryBulk() if request.param == "memory" else S3BulkFiles(request.getfixturevalue("s3"), BUCKET)


def test_what_is_written_is_read_and_what_is_not_there_is_none(bulk: BulkFiles) -> None:
    assert bulk.read(FILE) is None
    bulk.write(FILE, b"one", "application/gzip", "x.csv.gz")
    bulk.write(FILE, b"two", "application/gzip", "x.csv.gz")
    assert bulk.read(FILE) == b"two"


def test_an_index_is_written_once(bulk: BulkFiles) -> None:
    bulk.finish(INDEX, b"one", "application/json", "index.json")
    bulk.finish(INDEX, b"two", "application/json", "index.json")
    assert bulk.read(INDEX) == b"one"


def test_what_is_let_go_is_still_there_and_what_is_absent_is_no_matter(bulk: BulkFiles) -> None:
    bulk.write(FILE, b"one", "application/gzip", "x.csv.gz")
    for _ in range(2):
        bulk.let_go([FILE, INDEX])
    assert bulk.read(FILE) == b"one"
    assert bulk.read(INDEX) is None


def test_an_object_says_what_it_is_how_to_save_it_and_that_it_never_changes(s3: Any) -> None:
    bulk = S3BulkFiles(s3, BUCKET)
    bulk.write(FILE, b"one", "application/gzip", "e19-ppwp-7-stations.csv.gz")
    head = s3.head_object(Bucket=BUCKET, Key=FILE[1:])
    assert head["ContentType"] == "application/gzip"
    assert head["ContentDisposition"] == 'attachment; filename="e19-ppwp-7-stations.csv.gz"'
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert "ContentEncoding" not in head, "a cache would unpack the file"
    assert s3.get_object_tagging(Bucket=BUCKET, Key=FILE[1:])["TagSet"] == []
    bulk.let_go([FILE])
    assert s3.get_object_tagging(Bucket=BUCKET, Key=FILE[1:])["TagSet"] == [LET_GO]
