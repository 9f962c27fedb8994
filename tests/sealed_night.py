"""A night of the small election as its public log sees it: what is approved waits for the sealer, and totals are sealed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from realcount.domain.election import ContestKey, Region
from realcount.domain.fold import Fold
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.notes import read_note
from realcount.domain.log.sealed_forms import form_entry
from realcount.domain.log.sealed_keys import registration_entry
from realcount.domain.log.snapshots import Snapshot, contest_entry, opening_entry
from realcount.domain.log.sums_files import node_path
from realcount.domain.log.tiles import decode_bundle, tile_names
from realcount.domain.sum_tree import Node, Sums, sum_tree
from realcount.local.memory import KeptKey, MemoryElections, MemoryLog
from realcount.local.memory.log import MemorySeals
from realcount.log_ports import LogStore, Subject
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.seal_marks import form_subject
from realcount.usecases.seal_totals import Totals, seal_totals
from realcount.usecases.zero_report import lay_down_zeros, zero_snapshots
from tests import small_election as small
from tests.property.test_fold import approved

SIGNER = KeptKey("count.example/small", bytes(range(32)))
SIGNER.sign = cache(SIGNER.sign)  # type: ignore[method-assign]  # thousands of runs sign the same few roots
ROOTS = [(contest.key, root) for contest in small.election().contests for root in contest.roots]


@cache
def elections() -> MemoryElections:
    found = MemoryElections()
    found.begin(small.election())
    found.put_units(small.units())
    found.complete(small.election())
    return found


@cache
def _opened() -> MemoryLog:
    """With zeros for everything, and two keys."""
    log = MemoryLog()
    lay_down_zeros(small.election(), small.units(), log)
    opening = [
        opening_entry(small.election(), "0" * 64, small.DAWN),
        *(contest_entry(contest, small.DAWN) for contest in small.election().contests),
    ]
    zeros = zero_snapshots(small.election(), elections(), log, len(opening), small.DAWN)
    keys = [registration_entry(key, small.DAWN) for key in (small.submitter(), small.approver())]
    first = [Pending(entry, (str(i),)) for i, entry in enumerate(opening)]
    last = [Pending(entry, ("key", str(i))) for i, entry in enumerate(keys)]
    append_log(lambda: [*first, *zeros, *last], log=log, seals=MemorySeals(), signer=SIGNER)
    return log


class Marks:
    """The sealer's: forms in the ledger's place, and all else beside the log's head."""

    def __init__(self, night: SealedNight, log: LogStore) -> None:
        self._night, self._log = night, log

    def mark(self, subjects: Sequence[Subject], first: int) -> None:
        places = {subject: first + i for i, subject in enumerate(subjects)}
        self._log.mark({subject: at for subject, at in places.items() if subject[0] != "form"})
        for subject, at in places.items():
            if subject[0] == "form":
                assert self._night.seals.setdefault(subject, at) == at


class SealedNight:
    """`waiting` are approved forms, `seals` where those that were sealed stand."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.waiting: dict[Subject, bytes] = {}
        self.seals: dict[Subject, int] = {}
        self._latest: dict[tuple[ContestKey, str], tuple[int, str]] = {}
        before = _opened()
        self.log.checkpoints = list(before.checkpoints)
        self.log.files = dict(before.files)
        self.log._marks = dict(before._marks)
        self.log.advance(self.log.head(), before.head())

    def approve(self, of: ContestKey, station: str, votes: tuple[int, int], kind: str = "correction") -> None:
        version, previous = self._latest.get((of, station), (0, None))
        made, review = approved(of, station, version + 1, previous, kind if version else "form", votes)
        self._latest[of, station] = version + 1, made.form.hash
        self.waiting[form_subject(of.contest, station, version + 1)] = form_entry(made, review)

    def unsealed(self) -> list[Pending]:
        return [Pending(entry, subject) for subject, entry in self.waiting.items() if subject not in self.seals]

    def seal(self, log: Any = None) -> int:
        log = log or self.log
        return append_log(self.unsealed, log=log, seals=Marks(self, log), signer=SIGNER)

    def totals(self, log: Any = None, pause: Callable[[int], None] = lambda attempt: None, **given: Any) -> Totals:
        log = log or self.log
        return seal_totals(
            small.ELECTION, small.DUSK, elections=elections(), log=log, signer=SIGNER, pause=pause, **given
        )

    def entries(self, log: LogStore | None = None) -> list[bytes]:
        log = log or self.log
        note, _ = log.checkpoint()
        assert note is not None
        names = tile_names(read_checkpoint(read_note(note).text).size)
        return [entry for name in names if name.level < 0 for entry in decode_bundle(name, log.file(name.path))]

    def check(self, log: LogStore | None = None) -> list[Snapshot]:
        """Every entry stands where it can; every snapshot says what the entries before its size come to, and each node of
        its tree lies there. Returns the snapshots."""
        log = log or self.log
        entries = tuple(self.entries(log))
        snapshots = _snapshots(entries)
        for said in snapshots:
            sums, root, nodes = _trees(entries[: said.size])[said.contest, said.unit]
            assert (said.sums, said.root) == (sums, root), "a snapshot says something else"
            assert all(log.file(path) == data for path, data in nodes.items()), "a node is another"
        return snapshots


@cache
def _snapshots(entries: tuple[bytes, ...]) -> list[Snapshot]:
    fold = Fold()
    fold.take(entries)
    return [said for _, said in fold.snapshots]


@cache
def _trees(entries: tuple[bytes, ...]) -> dict[tuple[ContestKey, str], tuple[Sums, bytes, dict[str, bytes]]]:
    """Of every root over these entries: sums, hash, and its tree's nodes by their paths."""
    fold = Fold()
    fold.take(entries)
    found = {}
    for of, root in ROOTS:
        nodes = tree(of, root, fold)
        files = {node_path(node.hash()): node.to_bytes() for node in nodes}
        found[of, root] = nodes[-1].sums, nodes[-1].hash(), files
    return found


def tree(of: ContestKey, root: str, fold: Fold) -> list[Node]:
    """From scratch, as `sum_tree` makes it, the root's node last."""
    contest = small.contest(of)
    regions = {unit.id: unit for unit in small.units() if isinstance(unit, Region)}

    def children_of(unit: str) -> Sequence[str] | None:
        region = regions.get(unit)
        return None if region is None else sorted({child.id for child in region.children_in(contest)})

    return list(sum_tree(of, root, children_of, fold.leaves(of), len(contest.options)))
