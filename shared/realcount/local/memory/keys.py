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
            if known.as_registered() != key.as_registered():
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

    def distrust(self, key: str, since: str, reason: str) -> None:
        with self.lock:
            known = self._keys.get(key)
            if known is None:
                raise NotFound(f"key {key!r} is not registered")
            if known.distrusted_from is not None:
                return
            if known.revoked_at is None or since > known.revoked_at:
                raise Conflict(f"key {key!r} was not revoked at {since} or later")
            self._keys[key] = replace(known, distrusted_from=since, distrust_reason=reason)
            self.writes += 1
