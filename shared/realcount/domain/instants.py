"""Moments in time, as text. Always UTC, always `2019-04-17T13:00:00.000Z`: 24 characters that sort as time does.

The domain never asks what time it is: clocks are parameters of the use cases.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_INSTANT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z")

EPOCH = "1970-01-01T00:00:00.000Z"
"""Stands for 'never yet': the time of a row or page on which nothing has happened."""


def to_instant(moment: datetime) -> str:
    """Format an aware datetime; fractions below a millisecond are cut. Raises `ValueError` for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_instant(text: str) -> datetime:
    """Parse what `to_instant` writes, and nothing else. Raises `ValueError`."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not of the form 2019-04-17T13:00:00.000Z")
    year, month, day, hour, minute, second, millisecond = map(int, found.groups())
    return datetime(year, month, day, hour, minute, second, millisecond * 1000, UTC)


def within(text: str, of: str, seconds: int) -> bool:
    """Whether two instants lie at most `seconds` apart."""
    return abs(from_instant(text) - from_instant(of)) <= timedelta(seconds=seconds)
