"""Schedules of the template: a tick in the function's queue, every so often."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from realcount.local.intrinsics import ACCOUNT, REGION
from realcount.local.provision import async_queue
from realcount.local.stack import Schedule

log = logging.getLogger(__name__)


class Ticker:
    """Ticks for one schedule until `stop`; the first tick comes after one period, or when the clock says so, as on AWS."""

    def __init__(self, schedule: Schedule, sqs: Any, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._schedule = schedule
        self._sqs = sqs
        self._url: str = sqs.get_queue_url(QueueName=async_queue(schedule.function))["QueueUrl"]
        self._now = now
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=schedule.id, daemon=True)

    @property
    def function(self) -> str:
        return self._schedule.function

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def tick(self) -> None:
        self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps(self._event()))

    def pause(self) -> float:
        """Seconds until the next tick."""
        seconds = self._schedule.seconds
        return seconds - self._now().timestamp() % seconds if self._schedule.by_clock else seconds

    def _run(self) -> None:
        while not self._stopping.wait(self.pause()):
            try:
                self.tick()
            except (ClientError, BotoCoreError) as error:
                log.warning("%s: missed a tick: %s", self._schedule.id, error)

    def _event(self) -> dict[str, Any]:
        if self._schedule.payload is not None:
            return dict(self._schedule.payload)
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": self._now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{self._schedule.id}"],
            "detail": {},
        }
