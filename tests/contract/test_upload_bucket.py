"""UploadBucket: what S3 lets in with a grant, and what comes out again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx
import pytest

from realcount.domain.canonical import sha256_hex
from realcount.domain.form import ScanRef
from realcount.ports import PresignedPost, UploadFile
from tests.contract.engines import AWSStores, Stores

CONTENT = bytes(range(256)) * 40
FILE = UploadFile("scan-1", ScanRef(sha256_hex(CONTENT), len(CONTENT), "image/jpeg"))
OTHER = CONTENT[:-1] + b"!"

S3 = pytest.mark.engines("memory", "moto", "ministack")
ENFORCING = pytest.mark.engines("ministack")
"""moto accepts any POST whatever its policy says, so it proves nothing here."""


@S3
def test_a_file_that_has_not_arrived_is_none(stores: Stores) -> None:
    assert stores.bucket.read("u1", FILE) is None
    stores.arrive("u1", "form", b"another file")
    stores.arrive("u2", "scan-1", CONTENT)
    assert stores.bucket.read("u1", FILE) is None


@S3
def test_a_file_that_has_arrived_is_read_whole(stores: Stores) -> None:
    stores.arrive("u1", "scan-1", CONTENT)
    assert stores.bucket.read("u1", FILE) == CONTENT


@S3
@pytest.mark.parametrize("more", [1, 2, 100_000])
def test_no_more_than_one_byte_beyond_the_granted_size_is_ever_read(stores: Stores, more: int) -> None:
    stores.arrive("u1", "scan-1", CONTENT + b"." * more)
    assert stores.bucket.read("u1", FILE) == CONTENT + b"."


@S3
@pytest.mark.parametrize("content", [b"", b"x", CONTENT[:-1]], ids=["empty", "one byte", "one byte short"])
def test_a_file_shorter_than_granted_is_read_as_it_is(stores: Stores, content: bytes) -> None:
    stores.arrive("u1", "scan-1", content)
    assert stores.bucket.read("u1", FILE) == content


@ENFORCING
def test_the_granted_file_is_let_in(stores: AWSStores) -> None:
    assert _post(stores.bucket.presign("u1", FILE, 60), CONTENT).status_code == 204
    assert stores.bucket.read("u1", FILE) == CONTENT
    stored = stores.s3.head_object(Bucket=stores.bucket_name, Key="uploads/u1/scan-1")
    assert stored["ContentType"] == "image/jpeg"


@ENFORCING
def test_a_grant_is_good_for_the_same_file_again(stores: AWSStores) -> None:
    """The answer to the first upload was lost; the client sends the file once more."""
    post = stores.bucket.presign("u1", FILE, 60)
    assert [_post(post, CONTENT).status_code for _ in range(2)] == [204, 204]


@ENFORCING
@pytest.mark.parametrize(
    ("changes", "content"),
    [
        pytest.param({}, CONTENT + b".", id="one byte too long"),
        pytest.param({}, CONTENT[:-1], id="one byte too short"),
        pytest.param({}, b"", id="empty"),
        pytest.param({"key": "uploads/u2/scan-1"}, CONTENT, id="another upload's key"),
        pytest.param({"key": "uploads/u1/scan-2"}, CONTENT, id="another file's key"),
        pytest.param({"key": "uploads/u1/${filename}"}, CONTENT, id="a key of the client's choice"),
        pytest.param({"Content-Type": "text/html"}, CONTENT, id="another media type"),
        pytest.param({"Content-Type": None}, CONTENT, id="no media type"),
        pytest.param(
            {"x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256_hex(OTHER))).decode()},
            OTHER,
            id="another file with its own hash",
        ),
        pytest.param({"x-amz-checksum-sha256": None}, OTHER, id="another file without a hash"),
        pytest.param({"x-amz-checksum-algorithm": "CRC32"}, CONTENT, id="a weaker checksum"),
        pytest.param({"x-amz-checksum-algorithm": None}, CONTENT, id="no checksum algorithm"),
        pytest.param({"x-amz-signature": "0" * 64}, CONTENT, id="a forged signature"),
        pytest.param({"x-amz-credential": "test/20190417/us-east-1/s3/aws4_request"}, CONTENT, id="another day's"),
        pytest.param({"acl": "public-read"}, CONTENT, id="a field nobody granted"),
        pytest.param({"policy": None, "x-amz-signature": None}, CONTENT, id="no policy at all"),
    ],
)
def test_whatever_differs_from_the_grant_is_refused_and_leaves_nothing(
    stores: AWSStores, changes: Mapping[str, str | None], content: bytes
) -> None:
    answer = _post(stores.bucket.presign("u1", FILE, 60), content, changes)
    assert answer.status_code in (400, 403), answer.text
    assert stores.s3.list_objects_v2(Bucket=stores.bucket_name)["KeyCount"] == 0


@ENFORCING
@pytest.mark.xfail(
    reason="MiniStack 1.5.33 compares a PUT's bytes with x-amz-checksum-sha256, but not a POST's; S3 does"
)
def test_other_bytes_under_the_granted_hash_are_refused(stores: AWSStores) -> None:
    answer = _post(stores.bucket.presign("u1", FILE, 60), OTHER)
    assert answer.status_code == 400, "until then only receive_form's own comparison stands between the two"


@ENFORCING
def test_an_expired_grant_is_refused(stores: AWSStores) -> None:
    answer = _post(stores.bucket.presign("u1", FILE, -1), CONTENT)
    assert answer.status_code == 403
    assert "expired" in answer.text.lower()
    assert stores.bucket.read("u1", FILE) is None


@ENFORCING
def test_a_tampered_policy_is_refused(stores: AWSStores) -> None:
    post = stores.bucket.presign("u1", FILE, 60)
    policy = json.loads(base64.b64decode(post.fields["policy"]))
    policy["conditions"] = [
        ["content-length-range", 0, 10**9] if isinstance(condition, list) else condition
        for condition in policy["conditions"]
    ]
    forged = base64.b64encode(json.dumps(policy).encode()).decode()
    answer = _post(post, CONTENT + b".", {"policy": forged})
    assert answer.status_code == 403
    assert stores.bucket.read("u1", FILE) is None


@ENFORCING
def test_nobody_gets_in_or_reads_without_a_grant(stores: AWSStores) -> None:
    stores.arrive("u1", "scan-1", CONTENT)
    url = f"{stores.bucket.presign('u1', FILE, 60).url.rstrip('/')}/uploads/u1/scan-1"
    assert httpx.put(url, content=b"anonymous").status_code == 403
    assert httpx.get(url).status_code == 403
    assert stores.bucket.read("u1", FILE) == CONTENT


@ENFORCING
def test_the_policy_names_exactly_one_file(stores: AWSStores) -> None:
    """What S3 is told to enforce, to the word: a condition forgotten here is a hole no engine would show."""
    post = stores.bucket.presign("u1", FILE, 60)
    conditions = json.loads(base64.b64decode(post.fields["policy"]))["conditions"]
    exact = {name: value for c in conditions if isinstance(c, dict) for name, value in c.items()}
    signing = {name for name in exact if name in ("x-amz-algorithm", "x-amz-credential", "x-amz-date")}
    assert {name: value for name, value in exact.items() if name not in signing} == {
        "bucket": stores.bucket_name,
        "key": "uploads/u1/scan-1",
        "Content-Type": "image/jpeg",
        "x-amz-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(FILE.content.sha256)).decode(),
    }
    assert [c for c in conditions if isinstance(c, list)] == [["content-length-range", len(CONTENT), len(CONTENT)]]


def test_a_client_that_signs_the_old_way_is_found_out_at_once() -> None:
    """boto3 left to itself presigns POSTs with signature version 2 in the oldest regions."""
    import boto3

    from realcount.aws.uploads_s3 import PRESIGNING, S3UploadBucket
    from tests.contract.engines import CREDENTIALS

    with pytest.raises(ValueError, match="PRESIGNING"):
        S3UploadBucket(boto3.client("s3", **CREDENTIALS), "uploads").presign("u1", FILE, 60)
    jakarta = {**CREDENTIALS, "region_name": "ap-southeast-3"}
    post = S3UploadBucket(boto3.client("s3", config=PRESIGNING, **jakarta), "uploads").presign("u1", FILE, 60)
    assert urlsplit(post.url).netloc == "uploads.s3.ap-southeast-3.amazonaws.com", "not the global endpoint"


def _post(post: PresignedPost, content: bytes, changes: Mapping[str, str | None] | None = None) -> httpx.Response:
    fields = {name: value for name, value in {**post.fields, **(changes or {})}.items() if value is not None}
    return httpx.post(post.url, data=fields, files={"file": ("any name.html", content, "image/jpeg")})
