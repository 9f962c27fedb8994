"""How commands show that they are at work: a bar on the terminal, and nothing at all where nobody looks.

What a command has found out goes to standard output, everything else to standard error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, overload

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

T = TypeVar("T")

STEP = 100
"""Items between two movements of a bar: a bar that moves a million times costs more than the work."""


class Bar:
    """One bar. Without a total it shows that something goes on, with one also how far it is."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def show(self, text: str, done: int = 0, total: int | None = None) -> None:
        self._progress.update(self._task, description=text, completed=done, total=total)

    def advance(self, by: int = 1) -> None:
        self._progress.advance(self._task, by)


class Watched(Sequence[T]):
    """A sequence that advances a bar whenever it is walked over."""

    def __init__(self, items: Sequence[T], shown: Bar) -> None:
        self._items = items
        self._shown = shown

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._items[index]

    def __iter__(self) -> Iterator[T]:
        for count, item in enumerate(self._items, start=1):
            yield item
            if count % STEP == 0:
                self._shown.advance(STEP)
        self._shown.advance(len(self._items) % STEP)


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar on standard error for as long as the block runs; invisible unless that is a terminal."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        yield Bar(progress)
