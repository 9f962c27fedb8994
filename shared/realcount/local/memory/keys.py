"""KeyRegistry in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from realcount.domain.errors import Conflict, NotFound
from realcount.domain.official import OfficialKey


class MemoryKeys:
    """`lock` is shared with `MemoryForms.decide`: it is what serialises a revocation with a decision."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._keys: dict[str, OfficialKey] = {}
        self.writes = 0

    def find(self, key: str) -> OfficialKey | None:
        return self._keys.get(key)

    def find_all(self, keys: Sequence[str]) -> Mapping[str, OfficialKey]:
        with self.lock:
            return {key: self._keys[key] for key in keys if key in self._keys}

    def revoked(self, election: str) -> Sequence[OfficialKey]:
        with self.lock:
            found = [key for key in self._keys.values() if key.election == election and key.revoked_at is not None]
        return sorted(found, key=lambda key: key.id)

    def register(self, key: OfficialKey) -> None:
        with self.lock:
            known = self._keys.setdefault(key.id, key)
            if replace(known, revoked_at=None) != replace(key, revoked_at=None):
                raise Conflict(f"key id {key.id!r} is taken by another key")
            self.writes += 1

    def revoke(self, key: str, at: str) -> None:
        with self.lock:
            known = self._keys.get(key)
            if known is None:
                raise NotFound(f"key {key!r} is not registered")
            if known.revoked_at is None:
                self._keys[key] = replace(known, revoked_at=at)
                self.writes += 1
