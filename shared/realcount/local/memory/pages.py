"""PageStore in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from realcount.domain.page import Page, Stored


class MemoryPages:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, Page] = {}
        self.writes = 0

    def get(self, path: str) -> Page | None:
        return self._pages.get(path)

    def put(self, page: Page) -> Stored:
        with self._lock:
            was = self._pages.get(page.path)
            if not page.supersedes(was):
                return Stored.CURRENT
            self._pages[page.path] = page
            self.writes += 1
            return Stored.RENDERED_ANEW if was and was.edition == page.edition else Stored.NEWER

    def put_all(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self.put(page)

    def editions(self, paths: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        found = ((path, self._pages.get(path)) for path in paths)
        return {path: (page.edition, page.rendering) for path, page in found if page is not None}

    def find_all(self, paths: Iterable[str]) -> Mapping[str, Page]:
        found = ((path, self._pages.get(path)) for path in paths)
        return {path: page for path, page in found if page is not None}
