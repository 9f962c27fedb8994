"""Run one seed from beginning to end, and say how to run it again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from realcount.rendering import encoding
from tests.simulation.world import Parts, World


@dataclass(frozen=True, slots=True)
class Run:
    """What a seed came to: its steps, and how much went wrong on the way to the right result."""

    trace: tuple[str, ...]
    faults: int
    races: int
    deaths: int
    events: int


class SeedFailed(AssertionError):
    """A seed did not come out right. The message ends with the one command that replays exactly this run."""

    def __init__(self, seed: int, cause: BaseException, trace: Sequence[str], mutant: str | None) -> None:
        self.seed, self.cause, self.trace = seed, cause, tuple(trace)
        options = f" --mutant {mutant}" if mutant else ""
        super().__init__(
            f"seed {seed}: {type(cause).__name__}: {cause}\n"
            f"replay it, step for step:  python -m tests.simulation {seed}{options}"
        )


def simulate(seed: int, parts: Parts | None = None, *, mutant: str | None = None) -> Run:
    """Raises `SeedFailed` if an invariant does not hold, during the run or at its end. `mutant` is for its message only."""
    with plain_pages_and_no_log():
        world = World(seed, parts or Parts())
        scheduler = world.scheduler
        try:
            world.run()
            world.settle_accounts()
        except Exception as cause:  # whatever it is, the seed that finds it must be named
            raise SeedFailed(seed, cause, scheduler.trace, mutant) from cause
        finally:
            scheduler.bury()
    return Run(tuple(scheduler.trace), world.line.faults, world.line.races, scheduler.deaths, world.officials.events)


@contextmanager
def plain_pages_and_no_log() -> Iterator[None]:
    """Pages stay uncompressed, for the watch to read, and workers do not log the faults that are made on purpose."""
    compress_from, logged = encoding.COMPRESS_FROM, logging.root.manager.disable
    encoding.COMPRESS_FROM = 10**9
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        encoding.COMPRESS_FROM = compress_from
        logging.disable(logged)
