"""The public log of an election as a folder: what anybody could copy from where it is published, to check it or keep it."""

from __future__ import annotations

from pathlib import Path

from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.notes import read_note
from realcount.domain.log.tiles import tile_names
from realcount.domain.log.unit_lists import UNITS
from realcount.log_ports import LogStore

CHECKPOINT = "checkpoint"


def copy_log(log: LogStore, folder: Path) -> int:
    """Copy the files of the log as it is published now; returns how many entries it has. 0, and nothing, before the first.

    Files of an earlier copy stay: what was published once is a part of every later log. The checkpoint comes last.
    """
    note, _ = log.checkpoint()
    if note is None:
        return 0
    size = read_checkpoint(read_note(note).text).size
    for path in (UNITS, *(name.path for name in tile_names(size))):
        _write(folder / path, log.file(path))
    _write(folder / CHECKPOINT, note)
    return size


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
