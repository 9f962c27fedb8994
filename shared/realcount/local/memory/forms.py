"""FormStore in memory: the ledger, with its immutability kept by construction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Forbidden
from realcount.domain.ledger import FormVersion, Head, Review
from realcount.domain.tally import StationChange
from realcount.local.memory.keys import MemoryKeys

_Station = tuple[ContestKey, str]


class MemoryForms:
    def __init__(self, keys: MemoryKeys, on_change: Callable[[StationChange], None] | None = None) -> None:
        self._keys = keys
        self._on_change = on_change
        self._heads: dict[_Station, Head] = {}
        self._versions: dict[_Station, list[FormVersion]] = {}
        self._reviews: dict[_Station, dict[int, Review]] = {}
        self.writes = 0

    def head(self, contest: ContestKey, station: str) -> Head | None:
        return self._heads.get((contest, station))

    def version(self, contest: ContestKey, station: str, version: int) -> FormVersion | None:
        versions = self._versions.get((contest, station), ())
        return versions[version - 1] if 0 < version <= len(versions) else None

    def history(self, contest: ContestKey, station: str) -> Sequence[tuple[FormVersion, Review | None]]:
        with self._keys.lock:
            reviews = self._reviews.get((contest, station), {})
            versions = self._versions.get((contest, station), ())
            return [(version, reviews.get(version.form.version)) for version in versions]

    def receive(self, version: FormVersion, was: Head | None, now: Head) -> None:
        form = version.form
        at = ContestKey(form.election, form.contest), form.station
        with self._keys.lock:
            versions = self._versions.setdefault(at, [])
            if self._heads.get(at) != was or len(versions) != form.version - 1:
                raise Conflict(f"station {form.station!r} is no longer at {was}")
            versions.append(version)
            self._heads[at] = now
            self.writes += 2
        self._changed(at)

    def decide(self, review: Review, was: Head, now: Head, keys: Sequence[str]) -> None:
        at = ContestKey(review.election, review.contest), review.station
        with self._keys.lock:
            for name in keys:
                key = self._keys.find(name)
                if key is None or key.revoked_at is not None:
                    raise Forbidden("revoked", f"key {name!r} has been revoked")
            reviews = self._reviews.setdefault(at, {})
            if self._heads.get(at) != was or review.version in reviews:
                raise Conflict(f"station {review.station!r} is no longer at {was}")
            reviews[review.version] = review
            self._heads[at] = now
            self.writes += 2
        self._changed(at)

    def heads(self, contest: ContestKey, stations: Sequence[str]) -> Mapping[str, Head]:
        found = ((station, self._heads.get((contest, station))) for station in stations)
        return {station: head for station, head in found if head is not None}

    def _changed(self, at: _Station) -> None:
        if self._on_change is not None:
            self._on_change(StationChange(*at))
