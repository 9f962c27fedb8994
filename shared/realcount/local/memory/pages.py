"""PageStore in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from realcount.domain.page import Page


class MemoryPages:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, Page] = {}
        self.writes = 0

    def get(self, path: str) -> Page | None:
        return self._pages.get(path)

    def put(self, page: Page) -> bool:
        with self._lock:
            if not page.supersedes(self._pages.get(page.path)):
                return False
            self._pages[page.path] = page
            self.writes += 1
            return True

    def put_all(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self.put(page)

    def edition(self, path: str) -> tuple[int, int] | None:
        page = self._pages.get(path)
        return (page.edition, page.rendering) if page else None
