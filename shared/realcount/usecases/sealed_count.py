"""The count at the last sealed totals: what counts at every station after exactly the entries that they are over.

The log goes on while totals are sealed, so its end is not the state that a snapshot speaks of. What came after is undone
from a note of what it replaced; totals are sealed every five minutes, so that is never much.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from realcount.domain.election import ContestKey
from realcount.domain.log.edge import Edge
from realcount.domain.log.entries import Entry
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.paper import Paper, paper_of
from realcount.usecases.recount_log import LogCount
from realcount.usecases.snapshots import Place


class _Heard(NamedTuple):
    """A form, or the recall of one, that the last totals do not know of: its entry, its station, and what counted there before."""

    entry: int
    contest: ContestKey
    station: str
    before: Paper | None


@dataclass(slots=True)
class SealedCount(LogCount):
    """`covered` is the edge of the log that the last totals are over, `totals` the snapshots that say them, one for each
    root; nothing until the first of them were read. Kept from run to run, like any `LogCount`."""

    covered: Edge = field(default_factory=Edge)
    totals: Mapping[Place, Snapshot] = field(default_factory=dict)
    _papers: dict[ContestKey, dict[str, Paper]] = field(default_factory=dict)
    _earlier: dict[tuple[ContestKey, str], dict[int, Paper]] = field(default_factory=dict)
    _since: deque[_Heard] = field(default_factory=deque)
    _last: dict[ContestKey, int] = field(default_factory=dict)
    _leaves: list[bytes] = field(default_factory=list)
    _batch: dict[Place, Snapshot] = field(default_factory=dict)

    def papers(self, contest: ContestKey) -> dict[str, Paper]:
        """By station, what counts there in the totals."""
        found = dict(self._papers.get(contest, {}))
        for heard in reversed(self._since):
            if heard.contest != contest:
                continue
            if heard.before is None:
                found.pop(heard.station, None)
            else:
                found[heard.station] = heard.before
        return found

    def last_form(self, contest: ContestKey) -> int:
        """The entry of the last form of the contest, or recall of one, that is in the totals; -1 if there is none."""
        return self._last.get(contest, -1)

    def hear(self, said: Entry, leaf: bytes) -> None:
        index = self.fold.size
        LogCount.hear(self, said, leaf)
        self.moved.clear()  # Nobody here asks for them.
        self._leaves.append(leaf)
        match said:
            case SealedForm():
                self._keep(said, index)
            case SealedRecall():
                self._go_back(said, index)
            case Snapshot():
                self._cover(said)

    def forget(self) -> None:
        LogCount.forget(self)
        self.covered, self.totals = Edge(), {}
        for kept in (self._papers, self._earlier, self._since, self._last, self._leaves, self._batch):
            kept.clear()

    def _keep(self, said: SealedForm, index: int) -> None:
        form = said.form
        contest = ContestKey(form.election, form.contest)
        papers = self._papers.setdefault(contest, {})
        before = papers.get(form.station)
        self._since.append(_Heard(index, contest, form.station, before))
        if before is not None:
            self._earlier.setdefault((contest, form.station), {})[before.entry] = before
        papers[form.station] = paper_of(form, index, self.fold.contests[contest].options)

    def _go_back(self, said: SealedRecall, index: int) -> None:
        """The fold has taken the recall: what it says of what counts is so."""
        papers = self._papers[said.contest]
        self._since.append(_Heard(index, said.contest, said.station, papers.get(said.station)))
        if said.counts is None:
            del papers[said.station]
        elif said.counts != said.counted:
            papers[said.station] = self._earlier[said.contest, said.station][said.counts]

    def _cover(self, said: Snapshot) -> None:
        """Once every root has a snapshot of one size, they are the totals. They come in one batch, but a bundle may end
        between two of them."""
        size = said.size
        if any(one.size != size for one in islice(self._batch.values(), 1)):
            self._batch.clear()
        self._batch[said.contest, said.unit] = said
        if len(self._batch) < sum(len(frame.roots) for frame in self.fold.contests.values()):
            return
        new = size - self.covered.size
        self.covered, _ = self.covered.append(self._leaves[:new])
        del self._leaves[:new]
        self.totals = dict(self._batch)
        while self._since and self._since[0].entry < size:
            heard = self._since.popleft()
            self._last[heard.contest] = heard.entry
