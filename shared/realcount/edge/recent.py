"""What was answered within the last second, held in memory, never more of it than fits.

The clock is monotone and handed in. An entry's second begins when its store was *asked*, so no answer is ever more than a
second older than what the store would say now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

SECONDS = 1.0
ENTRIES = 1_000
BYTES = 16 * 1024 * 1024

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """At most `entries`, and at most `size` bytes by the weights its keeper gives. The oldest go first."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        seconds: float = SECONDS,
        entries: int = ENTRIES,
        size: int = BYTES,
    ) -> None:
        self.clock = clock
        self._seconds = seconds
        self._entries = entries
        self._room = size
        self._held: dict[Hashable, tuple[float, int, Value]] = {}

    def get(self, key: Hashable) -> Value | None:
        """What was kept under this key, if its second is not over."""
        held = self._held.get(key)
        return held[2] if held is not None and self.clock() < held[0] else None

    def keep(self, key: Hashable, value: Value, *, weight: int, since: float) -> None:
        """Hold a value that was true at `since`, a reading of `clock`. One that is larger than all room is not held."""
        self._drop(key)
        self._held[key] = (since + self._seconds, weight, value)
        self._room -= weight
        while self._held and (self._room < 0 or len(self._held) > self._entries):
            self._drop(next(iter(self._held)))

    def clear(self) -> None:
        for key in list(self._held):
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        dropped = self._held.pop(key, None)
        if dropped is not None:
            self._room += dropped[1]
