"""Where a log's files come from: a folder here, a URL in `url_source`, and on top of either what earlier checks kept.

Full tiles and full bundles never change, so what was fetched once is kept in the state folder, and a check that was
stopped goes on where it was. Nothing kept is believed: it is hashed again like everything else.
"""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from realcount.domain.errors import NotFound, RealcountError

T = TypeVar("T")
R = TypeVar("R")

GZIP = b"\x1f\x8b"


class TooLarge(RealcountError):
    """A file is larger than what was asked for may be."""


class Source(Protocol):
    """Files by their path below the log's prefix. `at_once` is how many it serves well at the same time."""

    name: str
    at_once: int
    keeps: bool
    """Whether reading is dear enough to keep what was read."""

    def get(self, path: str, limit: int) -> bytes:
        """The file. Raises `NotFound`, `TooLarge` beyond `limit` bytes, `Unavailable` if nobody can say."""
        ...


class FolderSource:
    at_once = 1
    keeps = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def get(self, path: str, limit: int) -> bytes:
        file = self._folder / path
        if not file.is_file():  # A pipe or a device would never end.
            raise NotFound(f"there is no file {file}")
        with file.open("rb") as opened:
            data = opened.read(limit + 1)
        if len(data) > limit:
            raise TooLarge(f"{file} has more than {limit} bytes")
        return data


class KeptSource:
    """A source whose full tiles and bundles are kept in a folder. `fresh` reads them again all the same."""

    def __init__(self, source: Source, folder: Path, fresh: bool = False) -> None:
        self._source = source
        self._folder = folder
        self.fresh = fresh
        self.name, self.at_once, self.keeps = source.name, source.at_once, False
        self.used_kept = False

    def get(self, path: str, limit: int) -> bytes:
        if not self._source.keeps or not path.startswith("tile/") or ".p/" in path:
            return self._source.get(path, limit)
        file = self._folder / path
        if not self.fresh and file.is_file() and file.stat().st_size <= limit:
            self.used_kept = True
            return file.read_bytes()
        data = self._source.get(path, limit)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a check may be stopped at any moment.
        unfinished = file.with_name(file.name + ".part")
        unfinished.write_bytes(data)
        os.replace(unfinished, file)
        return data


def ahead(work: Callable[[T], R], items: Iterable[T], at_once: int) -> Iterator[R]:
    """`work` on each item, in order, with a few under way before they are asked for. What it raises comes out in order."""
    if at_once <= 1:
        yield from map(work, items)
        return
    pending: deque[Future[R]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="reader") as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) >= 4 * at_once:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for waiting in pending:
                waiting.cancel()


def unpacked(data: bytes, limit: int) -> bytes:
    """A file that may lie there compressed with gzip. Raises `TooLarge`, and `ValueError` for a broken one."""
    if not data.startswith(GZIP):
        return data
    packer = zlib.decompressobj(wbits=31)
    try:
        plain = packer.decompress(data, limit + 1)
    except zlib.error as error:
        raise ValueError(f"is not what gzip writes: {error}") from None
    if len(plain) > limit:
        raise TooLarge(f"it unpacks to more than {limit} bytes")
    if not packer.eof or packer.unused_data:
        raise ValueError("is cut, or goes on after its end")
    return plain
