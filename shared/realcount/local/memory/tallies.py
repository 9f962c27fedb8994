"""TallyStore in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict
from realcount.domain.tally import Row, RowChange, Tally


class MemoryTallies:
    """Refuses by assertion what no caller may ever do: take a row back to a lower version."""

    def __init__(self, on_change: Callable[[RowChange], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._on_change = on_change
        self._rows: dict[tuple[ContestKey, str], dict[str, Tally]] = {}
        self.writes = 0

    def row(self, contest: ContestKey, parent: str, child: str) -> Tally | None:
        return self._rows.get((contest, parent), {}).get(child)

    def children(self, contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        with self._lock:
            return dict(self._rows.get((contest, parent), {}))

    def all_rows(self, election: str) -> Iterator[Row]:
        for contest, parent in [at for at in self._rows if at[0].election == election]:
            for child, tally in self.children(contest, parent).items():
                yield Row(contest, parent, child, tally)

    def replace(self, contest: ContestKey, parent: str, child: str, tally: Tally, was: int) -> None:
        with self._lock:
            rows = self._rows.setdefault((contest, parent), {})
            known = rows.get(child)
            if (known.sv if known else 0) != was:
                raise Conflict(f"the row of {child!r} under {parent!r} is no longer at version {was}")
            assert tally.sv > was, "a row was replaced by one that is not newer"
            rows[child] = tally
            self.writes += 1
        self._changed(contest, parent, child)

    def advance(self, contest: ContestKey, parent: str, child: str, tally: Tally) -> bool:
        with self._lock:
            rows = self._rows.setdefault((contest, parent), {})
            known = rows.get(child)
            if known is not None and known.sv >= tally.sv:
                return False
            rows[child] = tally
            self.writes += 1
        self._changed(contest, parent, child)
        return True

    def _changed(self, contest: ContestKey, parent: str, child: str) -> None:
        if self._on_change is not None:
            self._on_change(RowChange(contest, parent, child))
