"""What exports ask of the world: a place for files that everybody may have.

The rules of `ports` hold here as well: reads are strong, a write that raises `Unavailable` may have happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class BulkFiles(Protocol):
    """Files for everybody, by their public path under `/bulk/`. Nothing of ours trusts them; all can be made again from the
    public log."""

    def read(self, path: str) -> bytes | None:
        """The file, or None if there is none."""
        ...

    def write(self, path: str, data: bytes, media: str, name: str) -> None:
        """Write a file of a folder that has no index yet, so that nobody was led to it. `name` is what a browser saves it as."""
        ...

    def finish(self, path: str, data: bytes, media: str, name: str) -> None:
        """Write the index of a folder, if there is none: an existing one stays, as does whatever it names."""
        ...

    def let_go(self, paths: Iterable[str]) -> None:
        """Note that these are no longer led to. They go by themselves, two days after they were written or later. Idempotent; a
        file that is not there is none to let go."""
        ...
