"""How bad a run is: which faults happen and how often, drawn once per seed.

Each fault is absent in a third of the seeds, rare in a third and frequent in a third, so that every combination occurs
and no fault hides another ("swarm testing").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from realcount.domain.instants import to_instant

_START = datetime(2019, 4, 17, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weather:
    """Probabilities per store operation (`lost`, `landed`, `late`), per step (`crash`), per trigger (the rest).

    `lost`: the request never arrives. `landed`: the write is done and reported as failed. `late`: the write is reported
    as failed and done later, when nobody expects it any more. `torn`: between two rows of one query others may write.
    `stall`: a worker stands still for long while the others go on.
    """

    lost: float
    landed: float
    late: float
    torn: float
    stall: float
    crash: float
    dropped: float
    duplicated: float
    replayed: float
    reordered: bool
    revocations: int
    sweeps: int
    skew_seconds: int


def draw(rng: Random) -> Weather:
    def grade(rare: float, frequent: float) -> float:
        return rng.choice((0.0, rare, frequent))

    return Weather(
        lost=grade(0.01, 0.06),
        landed=grade(0.02, 0.12),
        late=grade(0.02, 0.10),
        torn=rng.choice((0.0, 0.3, 0.7)),
        stall=rng.choice((0.0, 0.02, 0.08, 0.15)),
        crash=grade(0.003, 0.02),
        dropped=rng.choice((0.0, 0.0, 0.03, 0.25)),
        duplicated=grade(0.05, 0.25),
        replayed=grade(0.02, 0.10),
        reordered=rng.random() < 0.7,
        revocations=rng.choice((0, 0, 1, 2)),
        sweeps=rng.choice((0, 0, 1, 2)),
        skew_seconds=rng.choice((0, 60, 290, 900)),
    )


def draw_slow_queries(rng: Random) -> Weather:
    """As `draw`, with queries that always take long: for faults that need one to be overtaken twice."""
    return replace(draw(rng), torn=1.0, stall=0.08)


class Clock:
    """Time goes on by ten milliseconds a look; every machine's clock is off by something of its own."""

    def __init__(self, rng: Random, skew_seconds: int) -> None:
        self._skews = [rng.randint(-skew_seconds, skew_seconds) for _ in range(5)]
        self._looks = 0

    def now(self, machine: int) -> str:
        self._looks += 1
        skew = timedelta(seconds=self._skews[machine % len(self._skews)])
        return to_instant(_START + timedelta(milliseconds=10 * self._looks) + skew)
