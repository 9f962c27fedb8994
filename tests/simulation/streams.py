"""What carries triggers: at least once, in any order, in batches, and given up after some tries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from realcount.domain.errors import RealcountError
from tests.simulation.scheduler import Scheduler
from tests.simulation.weather import Weather

T = TypeVar("T")

CONCURRENCY = 4
"""Invocations of one worker at the same time: enough for several on one region."""

TRIES = 10


class Stream(Generic[T]):
    """`handle` works on a batch and returns the triggers that failed and should come again."""

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        weather: Weather,
        handle: Callable[[Sequence[T]], Sequence[T]],
        batches: tuple[int, ...] = (1, 2, 4),
    ) -> None:
        self.name = name
        self._batches = batches
        self._scheduler = scheduler
        self._weather = weather
        self._handle = handle
        self._waiting: list[tuple[T, int]] = []
        self._past: list[T] = []
        self._busy = 0
        self.lost = 0
        """Triggers that will never be worked on: dropped on the way, or given up after `TRIES`."""

    def send(self, trigger: T) -> None:
        rng, weather = self._scheduler.rng, self._weather
        self._past.append(trigger)
        if rng.random() < weather.replayed:
            self._waiting.append((rng.choice(self._past), 0))
        if rng.random() < weather.dropped:
            self.lost += 1
        else:
            self._waiting.append((trigger, 0))

    def is_ready(self) -> bool:
        return bool(self._waiting) and self._busy < CONCURRENCY

    def clear(self) -> None:
        """Throw away whatever is on its way."""
        self._waiting.clear()

    def invoke(self) -> None:
        """Start a worker on the next batch. If it dies anywhere, even just before its answer, the batch comes again."""
        batch = [self._next() for _ in range(min(len(self._waiting), self._scheduler.rng.choice(self._batches)))]
        triggers = list(dict.fromkeys(trigger for trigger, _ in batch))

        def run() -> None:
            try:
                failed = self._handle(triggers)
            except RealcountError:
                failed = triggers
            self._scheduler.pause("answers")
            self._end([(trigger, tries) for trigger, tries in batch if trigger in failed])

        self._busy += 1
        self._scheduler.spawn(self.name, run, on_death=lambda: self._end(batch))

    def _next(self) -> tuple[T, int]:
        rng = self._scheduler.rng
        at = rng.randrange(len(self._waiting)) if self._weather.reordered else 0
        trigger, tries = self._waiting.pop(at)
        if rng.random() < self._weather.duplicated:
            self._waiting.append((trigger, tries + 1))
        return trigger, tries

    def _end(self, again: Sequence[tuple[T, int]]) -> None:
        self._busy -= 1
        for trigger, tries in again:
            if tries + 1 < TRIES:
                self._waiting.append((trigger, tries + 1))
            else:
                self.lost += 1
