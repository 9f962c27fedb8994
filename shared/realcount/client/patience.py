"""How long to wait before asking again: as the server says, or longer each time, never as everybody else does.

Clock, sleep and randomness are handed in.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

TRIES = 6
FIRST = 0.5
LONGEST = 20.0
"""Seconds between two tries at most, where the server says nothing."""

OBEYED = 120.0
"""Seconds. Who is told to wait for longer is told so, instead of being kept waiting."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`now` is the time in seconds since 1970, for servers that name a date; `chance` is a number from 0 up to 1."""

    tries: int = TRIES
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random

    def pause(self, tried: int, retry_after: str | None = None) -> bool:
        """Wait after so many tries. False if there is no other: too many were made, or the server wants too much.

        Half of the time is by chance, so that those who failed together do not come back together. What the server asks
        for is the least there is.
        """
        if tried >= self.tries:
            return False
        told = self._told(retry_after)
        if told > OBEYED:
            return False
        longer = min(
            LONGEST, FIRST * 2 ** min(tried - 1, 16)
        )  # Who never gives up gets no number of a thousand digits.
        self.sleep(max(told, longer / 2) + self.chance() * longer / 2)
        return True

    def between(self, seconds: float) -> None:
        """Wait between two looks at the same thing: about so long, a fifth more or less."""
        self.sleep(seconds * (0.8 + 0.4 * self.chance()))

    def _told(self, retry_after: str | None) -> float:
        """RFC 9110, Retry-After: seconds, or a date. What is neither says nothing."""
        if retry_after is None:
            return 0.0
        text = retry_after.strip()
        if text.isdecimal() and text.isascii():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self.now())
        except (ValueError, TypeError):
            return 0.0
