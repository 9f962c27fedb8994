"""Event source mappings: each follows the shards of one stream and hands batches to a function as Lambda does.

A lane per shard collects records until the batch is full or the window is over, filters them, and delivers them
(`delivery`). A child shard is begun when its parent has ended, so changes of one item stay in order. Lanes of one shard
are not multiplied: `ParallelizationFactor` above 1 runs as 1, which no function may be able to tell.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from realcount.local.activity import Activity
from realcount.local.checkpoints import Checkpoints
from realcount.local.delivery import Delivery, GiveUp, Record, Stopped, sequence
from realcount.local.filters import passes
from realcount.local.stack import Subscription
from realcount.local.stream_source import PAGE, Expired, Source, Trimmed

log = logging.getLogger(__name__)

POLL_SECONDS = 0.25
"""Lambda asks each shard four times a second too."""

DISCOVER_SECONDS = 5.0
AFTER_ERROR_SECONDS = 2.0


@dataclass(slots=True)
class Lane:
    """One shard of one subscription. `step` is one look at the stream; `run` repeats it in a thread."""

    shard: str
    subscription: Subscription
    source: Source
    checkpoints: Checkpoints
    delivery: Delivery
    clock: Callable[[], float]
    iterator: str | None = None
    read_to: str | None = None
    buffer: list[Record] = field(default_factory=list)
    first_at: float = 0.0
    ended: bool = False
    empty_at: float = float("-inf")

    def step(self) -> bool:
        """Read, and deliver what is due. Says whether to look again at once.

        Sets `empty_at` to when a look began that found nothing and left nothing. Raises `Stopped`.
        """
        looked_at = self.clock()
        if self.iterator is None:
            self.iterator = self._open()
        try:
            records, self.iterator = self.source.read(self.iterator, self.subscription.batch_size - len(self.buffer))
        except Expired:
            self.iterator = None
            return True
        except Trimmed:
            self._start_over()
            return True
        if records:
            self.first_at = self.first_at if self.buffer else looked_at
            self.buffer += records
            self.read_to = sequence(records[-1])
        self.ended = self.iterator is None
        due = len(self.buffer) >= self.subscription.batch_size or looked_at - self.first_at >= self.subscription.window
        if self.buffer and (due or self.ended):
            self._deliver()
            return True
        if not self.buffer:
            self.empty_at = looked_at
        return len(records) >= PAGE

    def pause(self) -> float:
        """Seconds until the next look: a window that is over is not kept waiting for it."""
        if not self.buffer:
            return POLL_SECONDS
        return max(0.0, min(POLL_SECONDS, self.first_at + self.subscription.window - self.clock()))

    def _open(self) -> str:
        after = self.read_to or self.checkpoints.after(self.shard)
        try:
            return self.source.open(self.shard, after, self.subscription.start)
        except Trimmed:
            self._start_over()
            return self.source.open(self.shard, None, "TRIM_HORIZON")

    def _start_over(self) -> None:
        log.warning("%s: the stream no longer holds our place; going on from its oldest record", self.subscription.id)
        self.iterator = self.read_to = None
        self.buffer.clear()
        self.checkpoints.forget(self.shard)

    def _deliver(self) -> None:
        records, self.buffer = self.buffer, []
        wanted = [record for record in records if passes(record, self.subscription.patterns)]
        if wanted:
            self.delivery.deliver(wanted)
        self.checkpoints.done(self.shard, sequence(records[-1]))


class Mapping:
    """A subscription at work: finds shards and runs their lanes until `stop`.

    `invoke` runs the function with an event; `give_up(shard, …)` is given each batch that is given up.
    """

    def __init__(
        self,
        subscription: Subscription,
        source: Source,
        checkpoints: Checkpoints,
        invoke: Callable[[str, Any], Any],
        give_up: Callable[[str], GiveUp],
        activity: Activity,
    ) -> None:
        self.subscription = subscription
        self._source = source
        self._checkpoints = checkpoints
        self._invoke = invoke
        self._give_up = give_up
        self._activity = activity
        self._stopping = threading.Event()
        self._lanes: dict[str, Lane] = {}
        self._threads: list[threading.Thread] = []
        self._found = threading.Event()
        self._look_again = threading.Event()

    def start(self) -> None:
        if self.subscription.parallelization > 1:
            log.info(
                "%s: ParallelizationFactor %d runs as 1 here", self.subscription.id, self.subscription.parallelization
            )
        self._spawn(self._discover, f"{self.subscription.id}")

    def stop(self) -> None:
        """Let deliveries under way end, then return. What they did not finish is done again after the next start."""
        self._stopping.set()
        self._look_again.set()
        for thread in list(self._threads):
            thread.join()

    def caught_up_since(self, moment: float) -> bool:
        """Whether every lane has looked since then and found nothing. `moment` is of `time.monotonic`."""
        return self._found.is_set() and all(lane.ended or lane.empty_at > moment for lane in list(self._lanes.values()))

    def _spawn(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _discover(self) -> None:
        while not self._stopping.is_set():
            try:
                shards = self._source.shards()
            except (ClientError, BotoCoreError) as error:
                log.warning("%s: the stream cannot be read: %s", self.subscription.id, error)
                self._stopping.wait(AFTER_ERROR_SECONDS)
                continue
            known = {shard.id for shard in shards}
            for shard in shards:
                waits = shard.parent in known and not self._checkpoints.ended(str(shard.parent))
                if shard.id not in self._lanes and not self._checkpoints.ended(shard.id) and not waits:
                    self._begin(shard.id)
            self._found.set()
            if self._look_again.wait(DISCOVER_SECONDS) and not self._stopping.is_set():
                self._look_again.clear()

    def _begin(self, shard: str) -> None:
        delivery = Delivery(
            self.subscription,
            invoke=self._send,
            give_up=self._give_up(shard),
            checkpoint=lambda number: self._checkpoints.done(shard, number),
            now=time.time,
            wait=self._wait,
        )
        lane = Lane(shard, self.subscription, self._source, self._checkpoints, delivery, time.monotonic)
        self._lanes[shard] = lane
        self._spawn(lambda: self._run(lane), f"{self.subscription.id} {shard[-8:]}")

    def _run(self, lane: Lane) -> None:
        while not lane.ended and not self._stopping.is_set():
            try:
                if not lane.step():
                    self._stopping.wait(lane.pause())
            except Stopped:
                return
            except (ClientError, BotoCoreError) as error:
                # The engine does not answer, or a failure record could not be written: from the checkpoint once more.
                log.warning("%s: %s", self.subscription.id, error)
                lane.iterator = lane.read_to = None
                lane.buffer.clear()
                self._stopping.wait(AFTER_ERROR_SECONDS)
        if lane.ended:
            self._checkpoints.end(lane.shard)
            self._look_again.set()  # Its children may begin.

    def _send(self, records: Any) -> Any:
        with self._activity:
            return self._invoke(self.subscription.function, {"Records": list(records)})

    def _wait(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped
