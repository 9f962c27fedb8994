"""How far each subscription has come in each shard, on disk.

Written after a batch, never before it: what happened between two checkpoints happens again after a restart.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


class Checkpoints:
    """The places of one subscription. Those of another stream (the table was made anew) do not count."""

    def __init__(self, path: Path, stream: str) -> None:
        self._path = path
        self._stream = stream
        self._lock = threading.Lock()
        self._after: dict[str, str] = {}
        self._ended: set[str] = set()
        stored = self._read()
        if stored.get("stream") == stream:
            self._after = dict(stored["after"])
            self._ended = set(stored["ended"])

    def after(self, shard: str) -> str | None:
        """The last sequence number that is done, or None."""
        return self._after.get(shard)

    def ended(self, shard: str) -> bool:
        """Whether the shard has been read to its end."""
        return shard in self._ended

    def done(self, shard: str, sequence: str) -> None:
        with self._lock:
            self._after[shard] = sequence
            self._write()

    def end(self, shard: str) -> None:
        with self._lock:
            self._ended.add(shard)
            self._write()

    def forget(self, shard: str) -> None:
        """The stream no longer holds our place."""
        with self._lock:
            self._after.pop(shard, None)
            self._write()

    def _read(self) -> dict[str, Any]:
        try:
            stored: dict[str, Any] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return stored

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"stream": self._stream, "after": self._after, "ended": sorted(self._ended)}))
        # Renamed into place whole. It is not forced to the disk: losing it costs deliveries that come twice.
        os.replace(new, self._path)
