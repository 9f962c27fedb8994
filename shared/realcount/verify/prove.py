"""Making a station's proof from a log and the published nodes of its sum trees.

`station_proofs.assemble` is what a server does that knows where everything is. `find_places` looks for it the long way
round, from the files alone, which takes a reading of the lowest tiles.
"""

from __future__ import annotations

from collections.abc import Iterator

from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound
from realcount.domain.log.hashing import HASH_BYTES
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import KeyRegistered
from realcount.domain.log.snapshots import OpenedContest, Opening, Snapshot
from realcount.domain.log.station_proofs import LogReading, Places, nodes_on
from realcount.domain.log.tiles import WIDTH, TileName
from realcount.verify.checkpoint import Word
from realcount.verify.findings import Findings
from realcount.verify.reading import is_form, read_safely
from realcount.verify.rehash import Progress
from realcount.verify.sources import Source, ahead
from realcount.verify.units import Units, read_units


class LogFiles(LogReading):
    """Entries and tiles of a log as one checkpoint has it."""

    def __init__(self, source: Source, word: Word) -> None:
        super().__init__(word.data, word.checkpoint.size, source.get)
        self.source, self.word = source, word

    def bundles(self, downwards: bool = False) -> Iterator[tuple[int, list[bytes]]]:
        numbers = range(-(-self.size // WIDTH))
        for number in reversed(numbers) if downwards else numbers:
            yield number, self.bundle(number)


def find_places(log: LogFiles, contest: ContestKey | None, station: str, progress: Progress) -> Places:
    """Look for the newest snapshot of the first root above the station, and for the form of the station that it counts.

    Without `contest`, the first one that was opened and has the station. Raises `NotFound` if no form of it counts.
    """
    opening = read_safely(log.entry(0))
    if not isinstance(opening, Opening):
        raise NotFound("the log does not begin with an opening")
    opened = {said.contest: (index, said.frame) for index, said in _contests(log)}
    findings = Findings()
    units = read_units(log.source, opening, {key: frame for key, (_, frame) in opened.items()}, findings)
    if units is None or findings:
        raise NotFound("; ".join(map(str, findings.kept())))
    for key, (index, frame) in opened.items():
        if contest in (None, key):
            for root in frame.roots:
                way = _way(units, key, root, station)
                found = None if way is None else _newest(log, key, root, progress)
                if way is not None and found is not None:
                    return _places(log, key, index, *found, way, station, progress)
    raise NotFound(f"no snapshot of {contest or 'any contest'} in the log has a station {station}")


def _contests(log: LogFiles) -> Iterator[tuple[int, OpenedContest]]:
    """Those right behind the opening, which is where a log has all of them, each with its index."""
    for index in range(1, log.size):
        said = read_safely(log.entry(index))
        if not isinstance(said, OpenedContest):
            return
        yield index, said


def _places(
    log: LogFiles,
    contest: ContestKey,
    contest_index: int,
    snapshot_index: int,
    snapshot: Snapshot,
    way: tuple[str, ...],
    station: str,
    progress: Progress,
) -> Places:
    branch = nodes_on(log, snapshot, way)[-1].branch(station)
    if branch is None or branch.hash is None:
        raise NotFound(f"station {station} has no form in the newest snapshot of {contest}")
    index = _index_of(log, branch.hash, progress)
    form = read_safely(log.entry(index))
    if not isinstance(form, SealedForm):
        raise NotFound(f"entry {index}, which the sums count, is no form")
    keys = _keys(log, form, index, progress)
    return Places(0, contest_index, keys[form.form.key], keys[form.review.key], index, snapshot_index, way)


def _way(units: Units, contest: ContestKey, root: str, station: str) -> tuple[str, ...] | None:
    for tree, region in units.votes_in(contest, station):
        if tree.root != root:
            continue
        way = [region]
        while way[-1] != root:
            way.append(
                next(
                    parent.unit
                    for parent in units.parents[way[-1]]
                    if parent.hierarchy in tree.hierarchies and parent.unit in tree.depth
                )
            )
        return tuple(reversed(way))
    return None


def _newest(log: LogFiles, contest: ContestKey, root: str, progress: Progress) -> tuple[int, Snapshot] | None:
    for number, entries in log.bundles(downwards=True):
        progress("looking for the newest snapshot", 0, None)
        for i in range(len(entries) - 1, -1, -1):
            if not is_form(entries[i]):
                said = read_safely(entries[i])
                if isinstance(said, Snapshot) and (said.contest, said.unit) == (contest, root):
                    return number * WIDTH + i, said
    return None


def _index_of(log: LogFiles, leaf: bytes, progress: Progress) -> int:
    """Which entry has this hash: a look through the lowest tiles."""
    total = -(-log.size // WIDTH)
    names = [TileName(0, number, min(WIDTH, log.size - number * WIDTH)) for number in range(total)]

    def search(name: TileName) -> int | None:
        data = log.source.get(name.path, name.width * HASH_BYTES)
        at = data.find(leaf)
        while at >= 0 and at % HASH_BYTES:
            at = data.find(leaf, at + 1)
        return name.number * WIDTH + at // HASH_BYTES if at >= 0 else None

    for done, found in enumerate(ahead(search, names, log.source.at_once), start=1):
        progress("looking for the form", done, total)
        if found is not None:
            return found
    raise NotFound("the sums count an entry that is not in the log")


def _keys(log: LogFiles, form: SealedForm, before: int, progress: Progress) -> dict[str, int]:
    wanted = {form.form.key, form.review.key}
    found: dict[str, int] = {}
    for number, entries in log.bundles():
        progress("looking for the officials' keys", number, None)
        for i, entry in enumerate(entries):
            index = number * WIDTH + i
            if index >= before:
                break
            if not is_form(entry):
                said = read_safely(entry)
                if isinstance(said, KeyRegistered) and said.key.election == form.form.election:
                    found.setdefault(said.key.id, index)
        if wanted <= found.keys():
            return found
        if number * WIDTH >= before:
            break
    raise NotFound(f"no entry before {before} registers {', '.join(sorted(wanted - found.keys()))}")
