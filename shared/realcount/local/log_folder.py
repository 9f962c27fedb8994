"""The public log of an election as a folder: what anybody could copy from where it is published, to check it or keep it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from realcount.domain.election import ContestKey
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.entries import read_entry
from realcount.domain.log.notes import read_note
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.log.sums_files import node_path
from realcount.domain.log.tiles import decode_bundle, tile_names
from realcount.domain.log.unit_lists import UNITS, read_unit_list
from realcount.domain.sum_tree import read_node
from realcount.log_ports import LogStore

CHECKPOINT = "checkpoint"


def copy_log(log: LogStore, folder: Path) -> int:
    """Copy the files of the log as it is published now, and the sum trees of its newest snapshots; returns how many entries
    it has. 0, and nothing, before the first.

    Files of an earlier copy stay: what was published once is a part of every later log. The checkpoint comes last.
    """
    note, _ = log.checkpoint()
    if note is None:
        return 0
    size = read_checkpoint(read_note(note).text).size
    for path in (UNITS, *(name.path for name in tile_names(size))):
        _write(folder / path, log.file(path))
    _copy_sums(log, size, folder)
    _write(folder / CHECKPOINT, note)
    return size


def _copy_sums(log: LogStore, size: int, folder: Path) -> None:
    stations = {unit.id for unit in read_unit_list(log.file(UNITS).splitlines(keepends=True)) if unit.station}
    newest: dict[tuple[ContestKey, str], bytes] = {
        (said.contest, said.unit): said.root for said in _snapshots(log, size)
    }
    waiting = list(newest.values())
    while waiting:
        path = node_path(waiting.pop())
        data = log.file(path)
        _write(folder / path, data)
        below = [branch for branch in read_node(data).branches if branch.unit not in stations]
        waiting += [branch.hash for branch in below if branch.hash is not None]


def _snapshots(log: LogStore, size: int) -> Iterator[Snapshot]:
    for name in tile_names(size):
        if name.level < 0:
            for entry in decode_bundle(name, log.file(name.path)):
                if isinstance(said := read_entry(entry), Snapshot):
                    yield said


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
