"""Whether triggers are at work, and whether they have been: what `drain` asks before it says that all is quiet."""

from __future__ import annotations

import threading
from types import TracebackType


class Activity:
    """Entered around every event that a trigger delivers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self._under_way = 0

    def __enter__(self) -> None:
        with self._lock:
            self._begun += 1
            self._under_way += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._under_way -= 1

    def seen(self) -> int | None:
        """How many deliveries there have been so far, or None while one is under way."""
        with self._lock:
            return None if self._under_way else self._begun
