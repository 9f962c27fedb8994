"""A station's row and its place in the ledger, held against the log. Every judgement here is certain, at any moment.

That rests on the order in which things are written and the order in which they are read here, each read strong:

    written   checkpoint with version v  →  head of the station counts v  →  the log's writer is at rest behind v
              head at `seq`              →  row at `sv` = seq, with the numbers of the version that head counts
    read      row, then the log's writer, then head, then the log's checkpoint and what is new up to it

So, whatever moved in between:

- A head counts a version only if the log that was read after it has it.
- A head counts every version whose entry lies before where the writer was at rest (`settled`): marking them came first.
- A row is not ahead of its head, which was read later, and heads only move on.
- A row at the head's `seq` was made from this very head, so its numbers are those of the version that the head counts.
- A row behind it was made from an earlier head, so its numbers are those of some sealed version up to that one, or none.

What is behind is not wrong. What is wrong stays wrong however often it is read, until somebody writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realcount.domain.canonical import sha256_hex
from realcount.domain.counted import Counted, sums_of
from realcount.domain.election import Contest
from realcount.domain.ledger import RECEIVED, FormVersion, Head
from realcount.domain.log.snapshots import ContestFrame
from realcount.domain.sum_tree import Sums, nothing
from realcount.domain.tally import Tally
from realcount.usecases.recount_report import LEDGER, TALLY, Difference, Lag

Judged = Difference | Lag


def numbers_of(tally: Tally) -> Sums:
    """What of a row the log knows as well."""
    return Sums(tally.approved, tally.valid, tally.invalid, tally.voters, tally.votes)


@dataclass(frozen=True, slots=True)
class StationSeen:
    """What was read of a station, in the order above. `rows` are those under each of its parents that was looked at;
    `versions` what the log had then, by number, and `counts` which of them it counted, and since which entry; entries
    before `settled` were marked in the ledger already."""

    contest: Contest
    station: str
    rows: Mapping[str, Tally | None]
    head: Head | None
    settled: int
    versions: Mapping[int, Counted]
    counts: tuple[int, int]

    def judge(self) -> Iterator[Judged]:
        yield from self._judge_head()
        for parent, row in self.rows.items():
            yield from self._judge_row(parent, row)

    def expected(self, version: int) -> Sums | None:
        """The numbers of a sealed version (0: of none); None if the log has no such version."""
        if not version:
            return nothing(len(self.contest.options))
        counted = self.versions.get(version)
        return None if counted is None else counted.sums

    def _judge_head(self) -> Iterator[Judged]:
        counts = self.head.counted if self.head else 0
        if counts and counts not in self.versions:
            yield self._of_ledger("version that counts", "one that is sealed in the log", f"version {counts}")
            return
        by_log, since = self.counts
        if by_log != counts and (self.head is None or since < self.settled):
            where = f"version {by_log}, by entry {since} of the log" if by_log else f"none, by entry {since} of the log"
            yield self._of_ledger("version that counts", where, f"version {counts}" if counts else "none")

    def _judge_row(self, parent: str, row: Tally | None) -> Iterator[Judged]:
        seq = self.head.seq if self.head else 0
        sv = row.sv if row else 0
        if sv > seq:
            yield self._of_row(parent, "version", f"at most {seq}, as many things have happened", str(sv))
            return
        if sv < seq:
            yield Lag(TALLY, self.station, parent, sv)
        if row is None:
            return
        found = numbers_of(row)
        counts = self.head.counted if self.head else 0
        if sv == seq:
            expected = self.expected(counts)
            if expected is not None and found != expected:
                yield self._of_row(parent, "numbers", _words(expected), _words(found))
            if self.head is not None:
                yield from self._judge_rest(parent, row, self.head)
        elif any((*found[:4], *found.votes)) and found not in [
            counted.sums for number, counted in self.versions.items() if number <= counts or self._recalled()
        ]:
            yield self._of_row(parent, "numbers", f"those of a sealed version up to {counts}", _words(found))

    def _recalled(self) -> bool:
        """Whether what counts here ever went back: a row that is behind may then show a later version."""
        return self.head is not None and bool(self.head.recalls)

    def _judge_rest(self, parent: str, row: Tally, head: Head) -> Iterator[Judged]:
        """What no log knows, but the head does."""
        received = int(bool(row.approved) or head.latest_state == RECEIVED or head.approved > head.counted)
        if row.received != received:
            yield self._of_row(parent, "forms received", str(received), str(row.received))
        if row.at != head.at:
            yield self._of_row(parent, "time", head.at, row.at)

    def _of_row(self, parent: str, what: str, expected: str, found: str) -> Difference:
        return Difference(TALLY, self.contest.key, self.station, parent, what, expected, found)

    def _of_ledger(self, what: str, expected: str, found: str) -> Difference:
        return Difference(LEDGER, self.contest.key, self.station, None, what, expected, found)


def judge_version(
    contest: Contest, station: str, counted: Counted, version: FormVersion | None, index: int | None
) -> Iterator[Difference]:
    """The version that counts, as it lies in the ledger, against its entry in the log. Both never change."""
    key = contest.key
    if version is None:
        yield Difference(LEDGER, key, station, None, f"version {counted.version}", "there, as it counts", "nothing")
        return
    if index != counted.index:
        expected, found = f"entry {counted.index} of the log", f"entry {index}"
        yield Difference(LEDGER, key, station, None, f"seal of version {counted.version}", expected, found)
    form = version.form
    if form.hash != counted.form or sha256_hex(version.payload) != counted.form:
        found = form.hash if form.hash != counted.form else sha256_hex(version.payload)
        yield Difference(LEDGER, key, station, None, f"hash of version {form.version}", counted.form, found)
    numbers = sums_of(form, ContestFrame(contest.option_ids(), contest.hierarchies, contest.roots))
    if numbers != counted.sums:
        expected, found = _words(counted.sums), _words(numbers)
        yield Difference(LEDGER, key, station, None, f"numbers of version {form.version}", expected, found)


def is_overdue(head: Head, overdue: str) -> bool:
    """Whether an approved version has waited to be sealed since before `overdue`."""
    return head.approved > head.counted and head.at < overdue


def _words(sums: Sums) -> str:
    return (
        f"{sums.stations} counted, votes {list(sums.votes)}, valid {sums.valid}, invalid {sums.invalid}, "
        f"voters {sums.voters}"
    )
