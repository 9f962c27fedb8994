"""BulkFiles in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable


class MemoryBulk:
    """`files` by path: the bytes, the media type, the name to save them as. `gone` were let go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.files: dict[str, tuple[bytes, str, str]] = {}
        self.gone: set[str] = set()
        self.writes = 0

    def read(self, path: str) -> bytes | None:
        found = self.files.get(path)
        return found[0] if found else None

    def write(self, path: str, data: bytes, media: str, name: str) -> None:
        with self._lock:
            self.files[path] = (data, media, name)
            self.writes += 1

    def finish(self, path: str, data: bytes, media: str, name: str) -> None:
        with self._lock:
            self.files.setdefault(path, (data, media, name))
            self.writes += 1

    def let_go(self, paths: Iterable[str]) -> None:
        with self._lock:
            self.gone |= {path for path in paths if path in self.files}
            self.writes += 1
