"""What is given up is on record as AWS writes it, where the template says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from realcount.local.engine import Engine
from realcount.local.failures import ASYNC_RETRIES_EXHAUSTED, RETRIES_EXHAUSTED, Failures
from realcount.local.stack import Destination

NOW = datetime(2019, 4, 17, 13, 5, 9, 250_000, tzinfo=UTC)
BATCH = {"shardId": "shard-1", "batchSize": 2, "startSequenceNumber": "1", "endSequenceNumber": "2"}


def _failures(engine: Engine) -> Failures:
    return Failures(engine.client("s3"), engine.client("sqs"), lambda: NOW)


def test_a_batch_in_a_bucket_with_the_whole_event(engine: Engine) -> None:
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="failures-batch")
    _failures(engine).of_batch(
        Destination("s3", "failures-batch"), "count_form", "count_form.Ledger", BATCH,
        condition=RETRIES_EXHAUSTED, attempts=11, error="KeyError: sk", event={"Records": [1, 2]},
    )  # fmt: skip
    (entry,) = s3.list_objects_v2(Bucket="failures-batch")["Contents"]
    assert re.fullmatch(
        r"aws/lambda/count_form\.Ledger/shard-1/2019/04/17/2019-04-17T13\.05\.09-[0-9a-f-]{36}", entry["Key"]
    )
    record = json.loads(s3.get_object(Bucket="failures-batch", Key=entry["Key"])["Body"].read())
    assert record["timestamp"] == "2019-04-17T13:05:09.250Z"
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 11
    assert record["requestContext"]["functionArn"].endswith(":function:local-count_form")
    assert record["DDBStreamBatchInfo"] == BATCH
    assert record["responsePayload"] == {"errorMessage": "KeyError: sk"}
    assert json.loads(record["payload"]) == {"Records": [1, 2]}


def test_a_batch_in_a_queue_without_the_event(engine: Engine) -> None:
    sqs = engine.client("sqs")
    url = sqs.create_queue(QueueName="failures-queue")["QueueUrl"]
    _failures(engine).of_batch(
        Destination("sqs", "failures-queue"), "roll_up", "roll_up.Tally", BATCH,
        condition=RETRIES_EXHAUSTED, attempts=1, error=None, event={"Records": [1, 2]},
    )  # fmt: skip
    record = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert record["DDBStreamBatchInfo"] == BATCH
    assert "payload" not in record
    assert "responseContext" not in record


def test_an_event_in_a_bucket(engine: Engine) -> None:
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="failures-event")
    _failures(engine).of_event(
        Destination("s3", "failures-event"), "receive_form", {"Records": []},
        condition=ASYNC_RETRIES_EXHAUSTED, attempts=3, error="boom",
    )  # fmt: skip
    (entry,) = s3.list_objects_v2(Bucket="failures-event")["Contents"]
    assert entry["Key"].startswith("aws/lambda/async/receive_form/2019/04/17/2019-04-17T13.05.09-")
    record = json.loads(s3.get_object(Bucket="failures-event", Key=entry["Key"])["Body"].read())
    assert record["requestPayload"] == {"Records": []}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responsePayload"] == {"errorMessage": "boom"}
