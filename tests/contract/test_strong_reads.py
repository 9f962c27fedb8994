"""Every read asks for strong consistency, but for the public's. No engine here is ever stale, so the requests are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract import samples
from tests.contract.engines import CREDENTIALS, AWSStores
from tests.contract.test_unknown_outcomes import READS

ELSEWHERE = {"page", "file", "a file of the log", "checkpoint", "revoked"}
"""Asked of S3; or allowed to be a moment old."""

READ_CALLS = {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}


@pytest.fixture
def seen() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def watched(seen: list[tuple[str, Any]]) -> Iterator[AWSStores]:
    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        if model.name in READ_CALLS:
            asked = next(iter(params["RequestItems"].values())) if model.name == "BatchGetItem" else params
            seen.append((model.name, asked.get("ConsistentRead", False)))
            assert "IndexName" not in asked, "an index cannot be read strongly"

    with mock_aws():
        client = boto3.client("dynamodb", **CREDENTIALS)
        client.meta.events.register("provide-client-params.dynamodb", note)
        stores = AWSStores(None, dynamodb=client)
        stores.elections.begin(samples.election())
        stores.elections.put_units([samples.region(), samples.station()])
        stores.elections.complete(samples.election())
        seen.clear()
        yield stores


@pytest.mark.parametrize("name", sorted(READS.keys() - ELSEWHERE))
def test_a_read_is_strong(name: str, watched: AWSStores, seen: list[tuple[str, Any]]) -> None:
    READS[name](watched)
    assert seen
    assert all(strong for _, strong in seen), seen


def test_the_public_s_read_is_one_item_read_eventually(watched: AWSStores, seen: list[tuple[str, Any]]) -> None:
    """Half the price, and of the same speed whatever the table is busy with."""
    READS["page"](watched)
    assert seen == [("GetItem", False)]
