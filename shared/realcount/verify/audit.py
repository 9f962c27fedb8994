"""The whole check of one log, in order: its word, its files, its entries, its sums.

    1  the checkpoint: signed by the log's key, for this log, cosigned by as many witnesses as asked for
    2  every bundle and tile hashed, up to the signed root; the same for the root it signed when it was seen last
    3  every entry read, both signatures of every form checked, folded in order; who may sign what, where and when
    4  every snapshot's root and sums added up again at its size; the newest one's nodes as published, byte for byte

What is not readable (`Unavailable`) ends the check and is said in the report beside what was found until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from realcount.domain.errors import Unavailable
from realcount.domain.log.base64_text import to_base64
from realcount.domain.log.edge import Edge
from realcount.domain.log.notes import NoteKey
from realcount.domain.sum_tree import Sums, sums_document
from realcount.verify.checkpoint import Word, contradiction, read_word, remembered_word
from realcount.verify.count import Aside, Counting
from realcount.verify.findings import Findings
from realcount.verify.rehash import Progress, Rehashed, rehash
from realcount.verify.sources import KeptSource, Source
from realcount.verify.state import State
from realcount.verify.units import Units, read_units

SIGNATURES_STEP = 64 * 256
"""Entries between two notes of how far the signatures are checked."""


@dataclass(slots=True)
class Report:
    """What a check came to. `unreadable` says what could not be read, if that ended it; `remarks` are what a person should
    know though nothing is wrong."""

    source: str
    size: int = 0
    root: bytes = b""
    witnesses: tuple[tuple[str, int], ...] = ()
    files: int = 0
    forms: int = 0
    keys: int = 0
    snapshots: int = 0
    nodes: int = 0
    totals: list[tuple[str, str, tuple[str, ...], Sums]] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    remarks: list[str] = field(default_factory=list)
    unreadable: str | None = None

    @property
    def holds(self) -> bool:
        """Whether everything was read and nothing was found."""
        return not self.findings and self.unreadable is None

    def to_document(self) -> dict[str, object]:
        return {
            "holds": self.holds,
            "source": self.source,
            "size": self.size,
            "root": to_base64(self.root),
            "witnesses": [{"name": name, "at": at} for name, at in self.witnesses],
            "checked": {
                "files": self.files,
                "forms": self.forms,
                "keys": self.keys,
                "snapshots": self.snapshots,
                "nodes": self.nodes,
            },
            "totals": [
                {"contest": contest, "unit": unit, "options": list(options), "sums": sums_document(sums)}
                for contest, unit, options, sums in self.totals
            ],
            "findings": [finding.to_document() for finding in self.findings.kept()],
            "counts": dict(self.findings.counts),
            "remarks": self.remarks,
            "unreadable": self.unreadable,
        }


def _silent(_what: str, _done: int, _of: int | None) -> None:
    pass


@dataclass(slots=True)
class Audit:
    """A check of the log at `source` that was signed by `key`. `workers` processes check signatures; `fresh` believes
    nothing of what was kept before (the log's last word apart, which is what it is held to)."""

    source: Source
    key: NoteKey
    state: State
    witnesses: Sequence[NoteKey] = ()
    quorum: int = 0
    workers: int = 1
    fresh: bool = False
    progress: Progress = _silent
    counting: Counting | None = None
    """The count as it stands after `run`, for whoever wants to compare something else with it."""

    def run(self) -> Report:
        report = Report(self.source.name)
        try:
            self._run(report)
        except Unavailable as error:
            report.unreadable = str(error)
        return report

    def _run(self, report: Report) -> None:
        findings = report.findings
        word = read_word(self.source, self.key, self.witnesses, self.quorum, findings)
        if word is None:
            return
        report.size, report.root, report.witnesses = word.checkpoint.size, word.checkpoint.root, word.witnesses
        before = remembered_word(self.state, self.key)
        checked = None if self.fresh else self.state.signatures_checked()
        files = KeptSource(self.source, self.state.files, self.fresh)
        rehashed, aside = self._rehash(files, word, before, checked)
        findings.add_all(rehashed.findings)
        report.files = rehashed.files
        if word.witnessed is not None:
            self._hold_to_what_was_witnessed(word.witnessed, word, rehashed, report)
        self._hold_to_its_word(before, word, rehashed, findings, report)
        signed = checked[0] if checked and rehashed.roots.get(checked[0]) == checked[1] else 0
        units = None if aside.opening is None else read_units(files, aside.opening, aside.contests, findings)
        self._count(files, rehashed, aside, units, signed, report)

    def _rehash(
        self, files: KeptSource, word: Word, before: Word | None, checked: tuple[int, bytes] | None
    ) -> tuple[Rehashed, Aside]:
        sizes = {before.checkpoint.size} if before else set()
        sizes |= {checked[0]} if checked else set()
        sizes |= {word.witnessed.checkpoint.size} if word.witnessed else set()
        aside = Aside()
        rehashed = rehash(files, word.checkpoint, sizes, aside, self.progress)
        if rehashed.findings and files.used_kept:
            # A copy of ours may be what is damaged. Nobody is accused before everything was read from the log itself.
            files.fresh = True
            aside = Aside()
            rehashed = rehash(files, word.checkpoint, sizes, aside, self.progress)
            files.fresh = False
        return rehashed, aside

    def _hold_to_what_was_witnessed(self, witnessed: Word, word: Word, rehashed: Rehashed, report: Report) -> None:
        """A quorum of an earlier size is one only if the log goes on from there."""
        size = witnessed.checkpoint.size
        root_then = rehashed.roots.get(size)
        contradicts = contradiction(witnessed, word, root_then, self.state)
        if contradicts is not None:
            report.findings.add(contradicts)
            return
        report.witnesses = witnessed.witnesses
        if root_then is not None:
            more = word.checkpoint.size - size
            report.remarks.append(
                f"a quorum of witnesses has seen the first {size:,} entries; {more:,} newer ones not yet"
            )

    def _hold_to_its_word(
        self, before: Word | None, word: Word, rehashed: Rehashed, findings: Findings, report: Report
    ) -> None:
        whole = rehashed.size == word.checkpoint.size and "root-differs" not in findings.counts
        if before is None and self.state.remembered() is not None:
            report.remarks.append("what was remembered of the log is damaged: nothing is known of what it said before")
        elif before is None:
            report.remarks.append("the log was seen for the first time: nothing is known of what it said before")
        else:
            root_then = rehashed.roots.get(before.checkpoint.size) if whole else None
            contradicts = contradiction(before, word, root_then, self.state)
            if contradicts is not None:
                findings.add(contradicts)
                return
        if whole:
            self.state.remember(word.data)

    def _count(
        self, files: Source, rehashed: Rehashed, aside: Aside, units: Units | None, signed: int, report: Report
    ) -> None:
        # What is dear to read is not read twice: a node's hash is its name, so it cannot become another one.
        seen = self.state.sums_seen() if self.source.keeps and not self.fresh else set()
        known = len(seen)
        counting = self.counting = Counting(
            files, rehashed, aside, units, report.findings, self.progress, seen, signed, self.workers
        )
        edges = _SignedPrefix(self.state, rehashed, report.findings)
        try:
            counting.run(edges)
        finally:
            edges.keep(counting.signed)
            if self.source.keeps and len(seen) > known:
                self.state.sums_are_seen(seen)
        if rehashed.size and aside.opening is None:
            report.remarks.append(
                "without the opening there is no tree of the election: signers' reach and sums were not checked"
            )
        elif units is None:
            report.remarks.append("without the tree of the election signers' reach and sums were not checked")
        if counting.snapshots_unchecked:
            report.remarks.append(
                f"{counting.snapshots_unchecked} snapshots could not be added up, for what is missing or refused"
            )
        elif not aside.snapshots:
            report.remarks.append("the log holds no snapshot yet")
        fold = counting.fold
        report.forms, report.keys = len(fold.stations), len(fold.keys)
        report.snapshots, report.nodes = counting.snapshots_checked, counting.nodes_checked
        for (contest, root), sums in counting.settle_all().items():
            options = fold.contests[contest].options
            report.totals.append((str(contest), root, options, sums.branch(root).sums))


class _SignedPrefix:
    """Notes down, now and then, up to where all signatures hold, so that a check that is stopped need not begin again."""

    def __init__(self, state: State, rehashed: Rehashed, findings: Findings) -> None:
        self._state, self._rehashed = state, rehashed
        self._good = not findings.counts.keys() & {"root-differs", "entry-differs", "tile-differs"}
        self._edge = Edge()

    def __call__(self, size: int) -> None:
        if size - self._edge.size >= SIGNATURES_STEP:
            self.keep(size)

    def keep(self, size: int) -> None:
        if size <= self._edge.size or not self._good or not self._rehashed.readable(size):
            return
        leaves = [self._rehashed.leaf(index) for index in range(self._edge.size, size)]
        self._edge, _ = self._edge.append(leaves)
        self._state.signatures_are_checked(size, self._edge.root())
