"""EditionStore in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from realcount.domain.page import Page
from realcount.rendering.encoding import body_of


class MemoryEditions:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, int], bytes] = {}

    def keep(self, page: Page) -> None:
        with self._lock:
            self._kept.setdefault((page.path, page.edition), body_of(page))

    def keep_all(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self.keep(page)

    def find(self, path: str, edition: int) -> bytes | None:
        return self._kept.get((path, edition))

    def kept(self) -> Mapping[tuple[str, int], bytes]:
        """Everything, by path and edition."""
        return dict(self._kept)
