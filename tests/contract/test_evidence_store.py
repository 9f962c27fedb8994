"""EvidenceStore: a scan is written once, under its hash."""

from __future__ import annotations

import functools

import pytest
from botocore.exceptions import ClientError

from realcount.domain.canonical import sha256_hex
from realcount.domain.form import ScanRef
from tests.contract.engines import Stores
from tests.contract.races import at_once, winners

CONTENT = b"\xff\xd8" + bytes(range(256)) * 30
SCAN = ScanRef(sha256_hex(CONTENT), len(CONTENT), "image/jpeg")


@pytest.mark.engines("memory", "moto", "ministack")
def test_a_scan_is_kept_once_however_often_it_comes(stores: Stores) -> None:
    for _ in range(3):
        stores.evidence.keep(SCAN, CONTENT)
    assert stores.evidence_of(SCAN.sha256) == [CONTENT]


@pytest.mark.engines("memory", "moto", "ministack")
def test_scans_lie_side_by_side(stores: Stores) -> None:
    other = ScanRef(sha256_hex(b"other"), 5, "image/png")
    stores.evidence.keep(SCAN, CONTENT)
    stores.evidence.keep(other, b"other")
    assert stores.evidence_of(SCAN.sha256) == [CONTENT]
    assert stores.evidence_of(other.sha256) == [b"other"]


@pytest.mark.engines("memory", "ministack")
def test_many_at_once_keep_one(stores: Stores) -> None:
    outcomes = at_once([functools.partial(stores.evidence.keep, SCAN, CONTENT)] * 8)
    assert winners(outcomes) == list(range(8))
    assert stores.evidence_of(SCAN.sha256) == [CONTENT]


@pytest.mark.engines("ministack")
def test_bytes_that_are_not_the_scan_are_refused_by_s3_itself(stores: Stores) -> None:
    with pytest.raises(ClientError, match="SHA256"):
        stores.evidence.keep(SCAN, CONTENT[::-1])
    assert stores.evidence_of(SCAN.sha256) == []
