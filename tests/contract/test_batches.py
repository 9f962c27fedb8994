"""Batches that DynamoDB answers only in part: leftovers are asked for again, with growing pauses, and not for ever."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from realcount.aws import batches
from realcount.aws.attributes import item_key
from realcount.domain.errors import Unavailable
from tests.contract.engines import CREDENTIALS, AWSStores

ITEMS = [item_key("p", f"{i:03d}") for i in range(130)]


class Miser:
    """A client whose DynamoDB processes at most `most` entries of a batch and gives the others back."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.calls = 0
        self.client = boto3.client("dynamodb", **CREDENTIALS)
        events = self.client.meta.events
        events.register("provide-client-params.dynamodb.BatchWriteItem", self._cut_writes)
        events.register("provide-client-params.dynamodb.BatchGetItem", self._cut_gets)
        events.register("after-call.dynamodb.BatchWriteItem", self._return_writes)
        events.register("after-call.dynamodb.BatchGetItem", self._return_gets)

    def _cut_writes(self, params: dict[str, Any], **_: object) -> dict[str, Any]:
        self.calls += 1
        ((self.table, requests),) = params["RequestItems"].items()
        self.left = requests[self.most :]
        # An empty batch is no request at all: the last entry is written twice instead, which changes nothing.
        return {**params, "RequestItems": {self.table: requests[: self.most] or requests[-1:]}}

    def _cut_gets(self, params: dict[str, Any], **_: object) -> dict[str, Any]:
        self.calls += 1
        ((self.table, wanted),) = params["RequestItems"].items()
        self.left = wanted["Keys"][self.most :]
        kept = {**wanted, "Keys": wanted["Keys"][: self.most] or wanted["Keys"][-1:]}
        return {**params, "RequestItems": {self.table: kept}}

    def _return_writes(self, parsed: dict[str, Any], **_: object) -> None:
        parsed["UnprocessedItems"] = {self.table: self.left} if self.left else {}

    def _return_gets(self, parsed: dict[str, Any], **_: object) -> None:
        parsed["UnprocessedKeys"] = {self.table: {"Keys": self.left}} if self.left else {}
        if self.most == 0:
            parsed["Responses"] = {}


@pytest.fixture
def table() -> Iterator[str]:
    with mock_aws():
        yield AWSStores(None).elections_table


def test_leftovers_are_written_in_the_end(table: str) -> None:
    miser, pauses = Miser(most=9), list[int]()
    batches.put_blindly(miser.client, table, ITEMS, pauses.append)
    stored = batches.query_strongly(boto3.client("dynamodb", **CREDENTIALS), table, "p")
    assert stored == ITEMS
    assert miser.calls == 3 * 5 + 1, "25 at a time take three answers of nine; the last five take one"
    assert set(pauses) == {1}, "as long as something is done, the pause does not grow"


def test_leftovers_are_read_in_the_end(table: str) -> None:
    plain = boto3.client("dynamodb", **CREDENTIALS)
    batches.put_blindly(plain, table, ITEMS)
    miser, pauses = Miser(most=40), list[int]()
    absent = [item_key("p", "nothing"), item_key("q", "001")]
    found = list(batches.get_strongly(miser.client, table, [*ITEMS, *absent], pauses.append))
    assert sorted(item["sk"]["S"] for item in found) == [item["sk"]["S"] for item in ITEMS]
    assert len(pauses) == 2, "100 in three answers, then 32 in one"


@pytest.mark.parametrize("what", ["read", "write"])
def test_a_store_that_does_nothing_is_unavailable_after_a_while(table: str, what: str) -> None:
    miser, pauses = Miser(most=0), list[int]()

    def run() -> None:
        if what == "write":
            batches.put_blindly(miser.client, table, ITEMS, pauses.append)
        else:
            list(batches.get_strongly(miser.client, table, ITEMS, pauses.append))

    with pytest.raises(Unavailable, match="undone 10 times in a row"):
        run()
    assert pauses == list(range(1, 11))


def test_pauses_grow_and_stay_bounded() -> None:
    slept = list[float]()
    for attempt in range(1, 12):
        batches.pause(attempt, slept.append, lambda low, high: high)
    assert slept[:4] == [0.05, 0.1, 0.2, 0.4]
    assert max(slept) == 5.0
    batches.pause(3, slept.append, random.Random(1).uniform)
    assert 0 <= slept[-1] <= 0.2, "somewhere within, so that two who were refused together do not come back together"
