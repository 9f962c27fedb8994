"""Where Lambda writes what it gave up on: the record of the failure, in the place the template names.

A bucket gets the whole event besides, as on AWS; a queue gets the record alone.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from realcount.local.intrinsics import ACCOUNT, REGION
from realcount.local.stack import Destination

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
RECORD_TOO_OLD = "RecordAgeExceeded"
ASYNC_RETRIES_EXHAUSTED = "RetriesExhausted"
ASYNC_TOO_OLD = "EventAgeExceeded"


@dataclass(frozen=True, slots=True)
class Failures:
    """Writes failure records with boto3 clients `s3` and `sqs`; `now` is the clock."""

    s3: Any
    sqs: Any
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def of_batch(
        self,
        destination: Destination,
        function: str,
        mapping: str,
        batch: Mapping[str, Any],
        *,
        condition: str,
        attempts: int,
        error: str | None,
        event: Mapping[str, Any],
    ) -> None:
        """A batch of stream records that is given up. `batch` is the `DDBStreamBatchInfo`; `error` the function's, if any."""
        record = self._record(function, condition, attempts, error)
        record["DDBStreamBatchInfo"] = dict(batch)
        self._write(destination, record, {"payload": json.dumps(event)}, f"aws/lambda/{mapping}/{batch['shardId']}")

    def of_event(
        self, destination: Destination, function: str, event: Any, *, condition: str, attempts: int, error: str | None
    ) -> None:
        """An asynchronous event that is given up."""
        record = self._record(function, condition, attempts, error)
        record["requestPayload"] = event
        self._write(destination, record, {}, f"aws/lambda/async/{function}")

    def _record(self, function: str, condition: str, attempts: int, error: str | None) -> dict[str, Any]:
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:local-{function}",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
        }
        if error is not None:
            record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
            record["responsePayload"] = {"errorMessage": error}
        return record

    def _write(
        self, destination: Destination, record: Mapping[str, Any], whole: Mapping[str, Any], prefix: str
    ) -> None:
        if destination.kind == "sqs":
            url = self.sqs.get_queue_url(QueueName=destination.name)["QueueUrl"]
            self.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record))
            return
        now = self.now()
        key = f"{prefix}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
        self.s3.put_object(Bucket=destination.name, Key=key, Body=json.dumps({**record, **whole}).encode())
