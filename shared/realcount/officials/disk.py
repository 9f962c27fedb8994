"""Writing so that it survives: a killed process and a lost power leave what was there before, or all of the new.

What counts is the order: content under a temporary name, content on the disk, the name moved, the folder on the disk.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

UNFINISHED = ".new-"
"""What begins so was never finished, and is nobody's."""


class Disk(Protocol):
    """What an outbox asks of a file system. Nothing is on the disk before `sync` of it, and no name before that of its folder."""

    def make_folder(self, path: Path) -> None:
        """The folder, unless it is there. The one above it exists."""
        ...

    def write(self, path: Path, content: bytes) -> None: ...

    def sync(self, path: Path) -> None:
        """Content of a file, or names in a folder, survive from here on."""
        ...

    def rename(self, was: Path, now: Path) -> None:
        """At once. A file replaces a file; a folder nothing."""
        ...

    def names(self, folder: Path) -> list[str]:
        """Sorted. Empty for a folder that is not there."""
        ...

    def read(self, path: Path) -> bytes | None: ...

    def remove(self, path: Path) -> None:
        """A file or a folder with all in it; nothing if it is not there."""
        ...


class RealDisk:
    """The file system. Files are for their owner alone: grants let whoever has them upload."""

    def make_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700, exist_ok=True)

    def write(self, path: Path, content: bytes) -> None:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)

    def sync(self, path: Path) -> None:
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

    def rename(self, was: Path, now: Path) -> None:
        os.rename(was, now)

    def names(self, folder: Path) -> list[str]:
        return sorted(os.listdir(folder)) if folder.is_dir() else []

    def read(self, path: Path) -> bytes | None:
        return path.read_bytes() if path.is_file() else None

    def remove(self, path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def put(disk: Disk, path: Path, content: bytes) -> None:
    """The file with this content, whole or not at all, and for ever once this returns."""
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    disk.write(unfinished, content)
    disk.sync(unfinished)
    disk.rename(unfinished, path)
    disk.sync(path.parent)


def put_folder(disk: Disk, path: Path, files: dict[str, bytes]) -> None:
    """A folder with these files, whole or not at all, and for ever once this returns. Nothing of its name is there yet."""
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    disk.remove(unfinished)
    disk.make_folder(unfinished)
    for name, content in files.items():
        disk.write(unfinished / name, content)
        disk.sync(unfinished / name)
    disk.sync(unfinished)
    disk.rename(unfinished, path)
    disk.sync(path.parent)


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Whether nobody else has it; a lock ends with its process, however that ends. `wait` until it is free."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
