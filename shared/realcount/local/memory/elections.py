"""ElectionStore in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from realcount.domain.election import Contest, ContestKey, Election, Region, Station
from realcount.domain.errors import Conflict


class MemoryElections:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claimed: dict[str, str] = {}
        self._complete: dict[str, Election] = {}
        self._contests: dict[ContestKey, Contest] = {}
        self._regions: dict[tuple[str, str], Region] = {}
        self._stations: dict[tuple[str, str], Station] = {}
        self.writes = 0

    def elections(self) -> Sequence[Election]:
        return [self._complete[name] for name in sorted(self._complete)]

    def election(self, election: str) -> Election | None:
        return self._complete.get(election)

    def contest(self, key: ContestKey) -> Contest | None:
        return self._contests.get(key)

    def region(self, election: str, unit: str) -> Region | None:
        return self._regions.get((election, unit))

    def station(self, election: str, unit: str) -> Station | None:
        return self._stations.get((election, unit))

    def begin(self, election: Election) -> str:
        with self._lock:
            claimed = self._claimed.get(election.id)
            if claimed is None:
                self._claimed[election.id] = election.digest
                self.writes += 1
                return "new"
            if claimed != election.digest:
                raise Conflict(f"election {election.id!r} is already loaded from other files ({claimed})")
            return "complete" if election.id in self._complete else "resumed"

    def put_units(self, units: Iterable[Region | Station]) -> None:
        for unit in units:
            if isinstance(unit, Region):
                self._regions[unit.election, unit.id] = unit
            else:
                self._stations[unit.election, unit.id] = unit
            self.writes += 1

    def complete(self, election: Election) -> None:
        with self._lock:
            if self._claimed.get(election.id) != election.digest:
                raise Conflict(f"election {election.id!r} was not begun with these files ({election.digest})")
            self._contests.update({contest.key: contest for contest in election.contests})
            self._complete[election.id] = election
            self.writes += 1
