"""FormStore in memory: the ledger, with its immutability kept by construction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Forbidden
from realcount.domain.ledger import APPROVE, FormVersion, Head, Recall, Review, Seal
from realcount.domain.tally import StationChange
from realcount.local.memory.keys import MemoryKeys

_Station = tuple[ContestKey, str]


class MemoryForms:
    def __init__(self, keys: MemoryKeys, on_change: Callable[[StationChange], None] | None = None) -> None:
        self._keys = keys
        self._on_change = on_change
        self._heads: dict[_Station, Head] = {}
        self._versions: dict[_Station, list[FormVersion]] = {}
        self._reviews: dict[_Station, dict[tuple[int, int], Review]] = {}
        self._seals: dict[_Station, tuple[tuple[int, int, int], ...]] = {}
        self._recalls: dict[_Station, dict[tuple[int, int], Recall]] = {}
        self.writes = 0

    def head(self, contest: ContestKey, station: str) -> Head | None:
        return self._heads.get((contest, station))

    def version(self, contest: ContestKey, station: str, version: int) -> FormVersion | None:
        versions = self._versions.get((contest, station), ())
        return versions[version - 1] if 0 < version <= len(versions) else None

    def history(
        self, contest: ContestKey, station: str, at: Head | None = None
    ) -> Sequence[tuple[FormVersion, Review | None]]:
        with self._keys.lock:
            head = at or self._heads.get((contest, station))
            reviews = self._reviews.get((contest, station), {})
            versions = self._versions.get((contest, station), ())
            rounds = head.rounds() if head else {}
            return [(v, reviews.get((v.form.version, rounds.get(v.form.version, 0)))) for v in versions]

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
            this = review.version, was.round_of(review.version)
            if self._heads.get(at) != was or this in reviews:
                raise Conflict(f"station {review.station!r} is no longer at {was}")
            reviews[this] = review
            self._heads[at] = now
            self.writes += 2
        self._changed(at)

    def seal(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        return [seal for seal in seals if not self._seal(seal)]

    def _seal(self, seal: Seal) -> bool:
        at = seal.contest, seal.station
        with self._keys.lock:
            known = self._seals.get(at, ())
            this = seal.version, seal.was.round_of(seal.version)
            if self._heads.get(at) != seal.was or this in [one[:2] for one in known]:
                return False
            self._seals[at] = (*known, (*this, seal.index))
            self._heads[at] = seal.now
            self.writes += 2
        self._changed(at)
        return True

    def recall(self, recall: Recall, was: Head, now: Head) -> None:
        at = recall.contest, recall.station
        with self._keys.lock:
            known = self._recalls.setdefault(at, {})
            if self._heads.get(at) != was or (recall.version, recall.round) in known:
                raise Conflict(f"station {recall.station!r} is no longer at {was}")
            known[recall.version, recall.round] = recall
            self._heads[at] = now
            self.writes += 2
        self._changed(at)

    def unsealed(self, contest: ContestKey, heads: Mapping[str, Head]) -> Sequence[tuple[FormVersion, Review]]:
        return [
            (version, review)
            for station, head in heads.items()
            for version, review in self.history(contest, station, head)[head.counted : head.approved]
            if review is not None and review.decision == APPROVE
        ]

    def seals(self, contest: ContestKey, station: str, at: Head | None = None) -> Mapping[int, int]:
        with self._keys.lock:
            known = self._seals.get((contest, station), ())
            return {version: index for version, turn, index in known if at is None or turn <= at.round_of(version)}

    def recalls(self, contest: ContestKey, station: str) -> Sequence[Recall]:
        with self._keys.lock:
            return [recall for _, recall in sorted(self._recalls.get((contest, station), {}).items())]

    def heads(self, contest: ContestKey, stations: Sequence[str]) -> Mapping[str, Head]:
        found = ((station, self._heads.get((contest, station))) for station in stations)
        return {station: head for station, head in found if head is not None}

    def counting(
        self, contest: ContestKey, heads: Mapping[str, Head]
    ) -> Mapping[str, tuple[FormVersion | None, int | None]]:
        return {
            station: (
                self.version(contest, station, head.counted),
                self.seals(contest, station, head).get(head.counted),
            )
            for station, head in heads.items()
            if head.counted
        }

    def remind(self, contest: ContestKey, station: str, at: str) -> None:
        if (contest, station) in self._heads:
            self._changed((contest, station))

    def _changed(self, at: _Station) -> None:
        if self._on_change is not None:
            self._on_change(StationChange(*at))
