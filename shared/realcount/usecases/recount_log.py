"""The count out of the log alone, kept from one run to the next: what the recount holds everything else against.

It goes on from where it stands, bundle by bundle, with the hashes of what it read. At the size of the published checkpoint
its own root must be the one that the log's key signed; until then nothing is held against it.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from realcount.domain.counted import Counted
from realcount.domain.election import TOP, Contest, ContestKey, Parent
from realcount.domain.errors import Drift, NotFound, Rejected
from realcount.domain.fold import Fold
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.entries import Entry, read_entry
from realcount.domain.log.hashing import EMPTY_ROOT, leaf_hash
from realcount.domain.log.notes import NoteKey, Verify, read_note
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.log.tiles import BUNDLES, WIDTH, TileName, decode_bundle
from realcount.domain.log.unit_lists import UNITS, children_in, read_unit_list
from realcount.log_ports import PublishedLog

_GZIP = b"\x1f\x8b"

GoesOn = Callable[[], bool]
"""Whether there is time for another step."""


@dataclass(slots=True)
class LogCount:
    """The count after `fold.size` entries of one election's log; `edge` is its right edge. Lives in memory, costs about a
    kilobyte for each form (docs/performance.md), and is begun anew when it was led astray.

    `earlier` are versions that counted once: a row that is a moment behind may show them. `recalled` are the stations at
    which a form was recalled, with the last entry that says so. `moved` are the stations that
    were heard of since the last call of `take_moved`, once the log was read to its end a first time.
    """

    fold: Fold = field(default_factory=Fold)
    edge: Edge = field(default_factory=Edge)
    earlier: dict[tuple[ContestKey, str], list[Counted]] = field(default_factory=dict)
    recalled: dict[tuple[ContestKey, str], int] = field(default_factory=dict)
    moved: dict[tuple[ContestKey, str], None] = field(default_factory=dict)
    caught_up: bool = False

    def follow(self, log: PublishedLog, key: NoteKey, holds: Verify, goes_on: GoesOn) -> int:
        """Read the log up to its published checkpoint, as far as time goes; returns how many entries are left to read.

        Raises `Drift` if the log is not what its key signed, or no longer goes on from what it was. What was read of such
        a log is forgotten, so that the next call judges all of it again. Raises `Unavailable`; then the count stands.
        """
        checkpoint = _published(log, key, holds)
        size = checkpoint.size if checkpoint else 0
        if size < self.edge.size:
            # Nothing is forgotten here: the longer log was signed, and stays what the shorter one is held against.
            raise Drift(f"the log of {key.name} has {size} entries, and had {self.edge.size} before")
        try:
            return self._go_on(log, size, checkpoint.root if checkpoint else EMPTY_ROOT, goes_on)
        except Drift:
            self.forget()
            raise

    def versions(self, contest: ContestKey, station: str) -> dict[int, Counted]:
        """Every sealed version of a station, by its number."""
        latest = self.fold.stations.get((contest, station))
        known = [*self.earlier.get((contest, station), ()), *([latest] if latest else [])]
        return {counted.version: counted for counted in known}

    def counts(self, contest: ContestKey, station: str) -> tuple[int, int]:
        """The version that counts at a station (0: none), and the last entry that moved that; -1 if there is none."""
        counted = self.fold.stations.get((contest, station))
        since = max(counted.index if counted else -1, self.recalled.get((contest, station), -1))
        return counted.version if counted else 0, since

    def take_moved(self) -> list[tuple[ContestKey, str]]:
        moved = list(self.moved)
        self.moved.clear()
        return moved

    def forget(self) -> None:
        """Begin at the first entry again."""
        self.fold, self.edge, self.caught_up = Fold(), Edge(), False
        for kept in (self.earlier, self.recalled, self.moved):
            kept.clear()

    def _go_on(self, log: PublishedLog, size: int, root: bytes, goes_on: GoesOn) -> int:
        while self.edge.size < size:
            if not goes_on():
                return size - self.edge.size
            self._take(log, size)
        if self.edge.root() != root:
            raise Drift(
                f"the first {size} entries of the log have the root {self.edge.root().hex()}, "
                f"its checkpoint says {root.hex()}"
            )
        if self.fold.owed:
            raise Drift(f"the log ends at {size} entries with {len(self.fold.owed)} forms that it should have recalled")
        self.caught_up = True
        return 0

    def _take(self, log: PublishedLog, size: int) -> None:
        """The next bundle, or what is new in it."""
        number, held = divmod(self.edge.size, WIDTH)
        name = TileName(BUNDLES, number, min(WIDTH, size - number * WIDTH))
        try:
            entries = decode_bundle(name, log.file(name.path))
        except (NotFound, ValueError) as error:
            raise Drift(f"the log's file {name.path} is not there or not whole: {error}") from error
        leaves = [leaf_hash(entry) for entry in entries]
        if held and tuple(leaves[:held]) != self.edge.rows[0]:
            raise Drift(f"the log's file {name.path} begins with other entries than the file before it")
        for entry, leaf in zip(entries[held:], leaves[held:], strict=True):
            try:
                self.hear(read_entry(entry), leaf)
            except Rejected as error:
                raise Drift(f"entry {self.fold.size} of the log cannot stand where it does: {error}") from error
        self.edge, _ = self.edge.append(leaves[held:])

    def hear(self, said: Entry, leaf: bytes) -> None:
        """One entry more. Who keeps more of a log than what counts now hears it here. Raises `Rejected` as `Fold.apply`."""
        match said:
            case SealedForm():
                at = ContestKey(said.form.election, said.form.contest), said.form.station
            case SealedRecall():
                at = said.contest, said.station
            case _:
                self.fold.apply(said, leaf)
                return
        before, index = self.fold.stations.get(at), self.fold.size
        self.fold.apply(said, leaf)
        if isinstance(said, SealedRecall):
            self.recalled[at] = index
        if before is not None:
            self.earlier.setdefault(at, []).append(before)
        if self.caught_up:
            self.moved[at] = None


def _published(log: PublishedLog, key: NoteKey, holds: Verify) -> Checkpoint | None:
    data, _ = log.checkpoint()
    if data is None:
        return None
    try:
        note = read_note(data)
        checkpoint = read_checkpoint(note.text)
    except Rejected as error:
        raise Drift(f"the checkpoint of the log of {key.name} is none: {error}") from error
    if not note.signed_by(key, holds) or checkpoint.origin != key.name:
        raise Drift(f"the checkpoint of {checkpoint.origin!r} is not signed by the key of the log of {key.name}")
    return checkpoint


@dataclass(frozen=True, slots=True)
class Tree:
    """The units as the log's own file has them: what lies under what, in a contest's hierarchies."""

    contest: Contest
    units: Mapping[str, tuple[Parent, ...]]
    children: Mapping[str, tuple[str, ...]]

    def parents(self, unit: str) -> tuple[str, ...]:
        """The regions that the unit's numbers flow into; `TOP` for a root; none for what does not vote here."""
        if unit in self.contest.roots:
            return (TOP,)
        return tuple(
            dict.fromkeys(
                parent.unit
                for parent in self.units.get(unit, ())
                if parent.hierarchy in self.contest.hierarchies and parent.unit in self.children
            )
        )

    def holds_stations(self, region: str) -> bool:
        return not any(child in self.children for child in self.children[region])

    def above(self, unit: str) -> Iterator[str]:
        """Every region above the unit, each once."""
        waiting, seen = [*self.parents(unit)], {TOP}
        while waiting:
            region = waiting.pop()
            if region not in seen:
                seen.add(region)
                yield region
                waiting += self.parents(region)


def read_units(log: PublishedLog, digest: str | None) -> dict[str, tuple[Parent, ...]]:
    """The parents of every unit. `digest` is what the log's opening names the file by. Raises `Drift`, `Unavailable`."""
    try:
        data = log.file(UNITS)
        data = gzip.decompress(data) if data.startswith(_GZIP) else data
        found = hashlib.sha256(data).hexdigest()
        if digest is not None and found != digest:
            raise Drift(f"the log's file {UNITS} has the hash {found}; its opening names {digest}")
        # Siblings share their parents: a nation has ten units for each set of them.
        shared: dict[tuple[Parent, ...], tuple[Parent, ...]] = {}
        return {
            unit.id: shared.setdefault(unit.parents, unit.parents)
            for unit in read_unit_list(data.splitlines(keepends=True))
        }
    except (NotFound, Rejected, OSError, EOFError) as error:
        raise Drift(f"the log's file {UNITS} is not there or not whole: {error}") from error


def tree_of(contest: Contest, units: Mapping[str, tuple[Parent, ...]]) -> Tree:
    """As far as the contest's roots reach."""
    below = children_in(units, contest.hierarchies)
    reached: dict[str, tuple[str, ...]] = {}
    waiting = list(contest.roots)
    while waiting:
        region = waiting.pop()
        if region in below and region not in reached:
            reached[region] = below[region]
            waiting += below[region]
    return Tree(contest, units, reached)
