"""A log whose files lie in a folder as they would in a bucket, so that what is measured can be read again by others."""

from __future__ import annotations

from pathlib import Path

from realcount.domain.errors import NotFound
from realcount.local.log_folder import CHECKPOINT
from realcount.local.memory import MemoryLog
from realcount.log_ports import LogHead


class FolderLog(MemoryLog):
    """Head and marks in memory, files on disk. A batch is forgotten once it is in the log."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.written = 0

    def put_file(self, path: str, data: bytes) -> None:
        place = self.folder / path
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            self.written += 1

    def file(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"the log has no file {path}") from None

    def publish(self, checkpoint: bytes, was: str | None) -> None:
        super().publish(checkpoint, was)
        (self.folder / CHECKPOINT).write_bytes(checkpoint)

    def advance(self, was: LogHead, now: LogHead) -> LogHead:
        moved = super().advance(was, now)
        if moved.batch is None:
            self._staged.clear()
        return moved
