"""The curve of a region: which page was current at which tick of the clock.

A point is what a page said; nothing is added up or guessed. Ticks are five minutes apart, and a tick at which nothing new
could be seen has no point. The points of a day lie together; of all days, the first point of each hour once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from realcount.domain.instants import from_instant, to_instant

EVERY = 300
"""Seconds between two ticks."""

HOURLY = 3_600
"""Seconds between two points of the curve of all days, at least."""


@dataclass(frozen=True, slots=True)
class Point:
    """The page of `edition` was current at the tick `at`. The counts are of stations; `votes` in the contest's order."""

    at: str
    edition: int
    received: int
    approved: int
    flagged: int
    valid: int
    invalid: int
    voters: int
    votes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The points of one UTC day (`date`: `2019-04-17`), oldest first. `complete` once none can be added any more."""

    date: str
    points: tuple[Point, ...] = ()
    complete: bool = False

    def with_point(self, point: Point, last_edition: int) -> Day:
        """With this point, if it is of the day, later than all of it, and shows more than edition `last_edition`."""
        late = bool(self.points) and point.at <= self.points[-1].at
        if self.complete or late or day_of(point.at) != self.date or point.edition <= last_edition:
            return self
        return replace(self, points=(*self.points, point))


@dataclass(frozen=True, slots=True)
class ListedDay:
    """A day that has points. `edition` is the last of a complete day; while it is not complete its points tell."""

    date: str
    complete: bool = False
    edition: int = 0


@dataclass(frozen=True, slots=True)
class Curve:
    """All days that have points, and of their points the first of each hour, oldest first."""

    points: tuple[Point, ...] = ()
    days: tuple[ListedDay, ...] = ()

    def open_day(self) -> str | None:
        """The day that was not yet found to be over."""
        return self.days[-1].date if self.days and not self.days[-1].complete else None

    def last_edition(self) -> int:
        """The newest edition of complete days, 0 if there are none."""
        return max((day.edition for day in self.days), default=0)

    def with_day(self, day: Day) -> Curve:
        """With what a day came to since. Idempotent; days come in their order, and one without points is not listed."""
        if not day.points:
            return self
        points = [*self.points]
        for point in day.points:
            if not points or hour_of(point.at) > hour_of(points[-1].at):
                points.append(point)
        listed = ListedDay(day.date, day.complete, day.points[-1].edition if day.complete else 0)
        others = tuple(one for one in self.days if one.date != day.date)
        return Curve(tuple(points), (*others, listed))


def tick_of(now: str) -> str:
    """The last tick that has come."""
    moment = from_instant(now)
    return to_instant(moment - timedelta(seconds=moment.timestamp() % EVERY))


def day_of(at: str) -> str:
    return at[:10]


def hour_of(at: str) -> str:
    return at[:13]
