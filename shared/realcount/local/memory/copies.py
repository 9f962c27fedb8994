"""PageCopies in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from realcount.domain.page import Page


class MemoryCopies:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._copies: dict[str, Page] = {}
        self.writes = 0

    def keep(self, page: Page) -> None:
        with self._lock:
            if not page.supersedes(self._copies.get(page.path)):
                return
            self._copies[page.path] = page
            self.writes += 1

    def keep_all(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self.keep(page)

    def get(self, path: str) -> Page | None:
        """What a cache would find; the system itself never reads a copy."""
        return self._copies.get(path)
