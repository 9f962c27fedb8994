"""Asynchronous invocation: the queue that Lambda keeps in front of a function for events nobody waits for.

Here it is a queue of the engine's. S3 writes its events into it, schedules their ticks; this module empties it. A failed
event is tried again after one minute and after two more, as often as the template says, and then written to the on-failure
destination. The queue survives a restart, so an event is lost only with the engine's state.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from realcount.local.activity import Activity
from realcount.local.failures import ASYNC_RETRIES_EXHAUSTED, ASYNC_TOO_OLD, Failures
from realcount.local.provision import async_queue
from realcount.local.sandbox import FunctionError
from realcount.local.stack import Function

log = logging.getLogger(__name__)

RETRY_SECONDS = (60, 120)
"""Between the first and second attempt, and between the second and third."""

WAIT_SECONDS = 1
"""How long the queue holds a request for events open. Stopping takes as long at most."""

AFTER_ERROR_SECONDS = 2.0
BATCH = 4
GRACE_SECONDS = 30
"""Added to the time the attempts of one batch may take, before the queue takes them for lost and hands them out again."""


class AsyncEvents:
    """Empties the queue of one function, with `workers` threads, until `stop`."""

    def __init__(
        self,
        function: Function,
        sqs: Any,
        invoke: Callable[[str, Any], Any],
        failures: Failures,
        activity: Activity,
        workers: int = 2,
        retry_seconds: Sequence[int] = RETRY_SECONDS,
    ) -> None:
        self._function = function
        self._sqs = sqs
        self._url: str = sqs.get_queue_url(QueueName=async_queue(function.name))["QueueUrl"]
        self._invoke = invoke
        self._failures = failures
        self._activity = activity
        self._retry_seconds = retry_seconds
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"{function.name} events {i}", daemon=True) for i in range(workers)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let events under way end, then return. The others stay in the queue."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def empty(self) -> bool:
        """Whether no event is waiting, under way, or to be tried again."""
        names = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        counts = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=list(names))["Attributes"]
        return not any(int(counts[name]) for name in names)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step(WAIT_SECONDS)
            except (ClientError, BotoCoreError) as error:
                log.warning("%s: the engine does not answer: %s", self._function.name, error)
                self._stopping.wait(AFTER_ERROR_SECONDS)

    def step(self, wait: int = 0) -> int:
        """Take a few events and bring each to its end or its next attempt. Returns how many there were.

        Waits for the first one for so many seconds.
        """
        messages = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=wait,
            VisibilityTimeout=BATCH * self._function.timeout + GRACE_SECONDS,
            AttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
        ).get("Messages", [])
        for message in messages:
            if self._stopping.is_set():
                self._put_back(message, 0)
            else:
                with self._activity:
                    self._attempt(message)
        return len(messages)

    def _attempt(self, message: Any) -> None:
        event = json.loads(message["Body"])
        if event.get("Event") == "s3:TestEvent":  # S3 greets a queue with it; a function never gets it.
            self._delete(message)
            return
        attempt = int(message["Attributes"]["ApproximateReceiveCount"])
        age = time.time() - int(message["Attributes"]["SentTimestamp"]) / 1000
        if age > self._function.async_max_age:
            self._give_up(message, event, ASYNC_TOO_OLD, attempt - 1, None)
            return
        try:
            self._invoke(self._function.name, event)
        except FunctionError as error:
            if attempt > self._function.async_retries:
                self._give_up(message, event, ASYNC_RETRIES_EXHAUSTED, attempt, str(error))
            else:
                self._put_back(message, self._retry_seconds[min(attempt, len(self._retry_seconds)) - 1])
        else:
            # If we die before this the event comes again, as it may on AWS.
            self._delete(message)

    def _give_up(self, message: Any, event: Any, condition: str, attempts: int, error: str | None) -> None:
        destination = self._function.async_failures
        if destination is None:
            log.error(
                "%s: an event is given up (%s) and the template names no place for it", self._function.name, condition
            )
        else:
            self._failures.of_event(
                destination, self._function.name, event, condition=condition, attempts=attempts, error=error
            )
        self._delete(message)

    def _put_back(self, message: Any, seconds: int) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )

    def _delete(self, message: Any) -> None:
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
