"""Every order in which actors can take their steps, each step done, lost, or done and reported as failed: a search in depth.

An actor is a greenlet that gives way before each request it makes (`Steps`). Runs are made again from the start, choice by
choice, so nothing has to be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from greenlet import GreenletExit, greenlet

from realcount.domain.errors import Unavailable

T = TypeVar("T")

LOST, LANDED = "lost", "landed"
DONE = ""


class Broken(AssertionError):
    """A state was reached that must not be."""


class Steps:
    """The way to all stores: waits to be resumed before each request, and is told its fate then."""

    def __init__(self, hub: greenlet) -> None:
        self._hub = hub

    def read(self, what: str, do: Callable[[], T]) -> T:
        return self.write(what, do)

    def write(self, what: str, do: Callable[[], T]) -> T:
        fate = self._hub.switch()
        if fate == LOST:
            raise Unavailable(what)
        done = do()
        if fate == LANDED:
            raise Unavailable(what)
        return done


class Choices:
    """The choices of one run: `wanted` first, then the first there is. `taken` are the numbers of those that were made."""

    def __init__(self, wanted: Sequence[int] = ()) -> None:
        self._wanted = wanted
        self.taken: list[int] = []
        self._widths: list[int] = []

    def of(self, width: int) -> int:
        at = len(self.taken)
        self.taken.append(self._wanted[at] if at < len(self._wanted) else 0)
        self._widths.append(width)
        return self.taken[-1]

    def next(self) -> Choices | None:
        """Those of the run after this one, None after the last."""
        wanted = list(self.taken)
        while wanted and wanted[-1] + 1 == self._widths[len(wanted) - 1]:
            wanted.pop()
        return Choices([*wanted[:-1], wanted[-1] + 1]) if wanted else None


def interleave(
    actors: Sequence[greenlet], choices: Choices, look: Callable[[], None], *, faults: int, fates: Sequence[str]
) -> bool:
    """Let the actors take their steps, `look` after each; at most `faults` of them meet a fate other than done.

    Returns whether any did.
    """
    failed = False
    alive = list(actors)
    for actor in alive:
        actor.switch()  # Up to its first request.
    try:
        while alive := [actor for actor in alive if not actor.dead]:
            options = [(actor, fate) for fate in (DONE, *(fates if faults else ())) for actor in alive]
            actor, fate = options[choices.of(len(options))]
            faults -= fate != DONE
            failed = failed or fate != DONE
            actor.switch(fate)
            look()
    finally:
        for actor in alive:
            actor.throw(GreenletExit)
    return failed


class Run(Protocol):
    choices: Choices


R = TypeVar("R", bound=Run)


def every_run(start: Callable[[Choices], R]) -> Iterator[R]:
    """All runs that `start` can make, each from the choices it is given."""
    choices: Choices | None = Choices()
    while choices is not None:
        run = start(choices)
        yield run
        choices = run.choices.next()
