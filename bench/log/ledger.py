"""What the sealer needs of the ledger and of the election, as thin as it allows: what waits, and the step that says it is sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realcount.domain.election import ContestKey
from realcount.domain.ledger import APPROVED, FormVersion, Head, Review, Seal


class Waiting:
    """Approved versions, one for each station, until they are sealed; afterwards only that they are."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[FormVersion, Review]] = {}
        self.sealed: dict[str, int] = {}

    def approve(self, version: FormVersion, review: Review) -> None:
        self._waiting[version.form.station] = (version, review)

    def heads(self, contest: ContestKey, stations: Sequence[str]) -> Mapping[str, Head]:
        return {station: self._head(station) for station in stations}

    def unsealed(self, contest: ContestKey, heads: Mapping[str, Head]) -> Sequence[tuple[FormVersion, Review]]:
        return [self._waiting[station] for station in heads if station in self._waiting]

    def seal(self, seals: Sequence[Seal]) -> Sequence[Seal]:
        for seal in seals:
            self.sealed[seal.station] = seal.index
            del self._waiting[seal.station]
        return ()

    def seals(self, contest: ContestKey, station: str) -> Mapping[int, int]:
        return {1: self.sealed[station]} if station in self.sealed else {}

    def _head(self, station: str) -> Head:
        if station in self._waiting:
            version, review = self._waiting[station]
            return Head(2, 1, version.form.hash, APPROVED, 1, 0, review.decided_at)
        return Head(3, 1, "", APPROVED, 1, 1, "")
