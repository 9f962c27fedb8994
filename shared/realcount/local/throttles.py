"""How many requests a route takes before API Gateway answers for it: token buckets, as the template sets them.

Every route has a bucket of its own, filled with so many tokens per second and holding a burst of them, so a flood of one
route takes nothing from another. AWS calls its limits a target and not a ceiling; here they are exact.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from realcount.local.stack import Route, Throttle


class Bucket:
    """One token bucket. It starts full; `clock` gives seconds and never goes back."""

    def __init__(self, throttle: Throttle, clock: Callable[[], float]) -> None:
        self._throttle = throttle
        self._clock = clock
        self._tokens = throttle.burst
        self._at = clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token if there is a whole one."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._throttle.burst, self._tokens + (now - self._at) * self._throttle.rate)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class Throttles:
    """The buckets of these routes; a route without a limit takes everything."""

    def __init__(self, routes: tuple[Route, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = {route: Bucket(route.throttle, clock) for route in routes if route.throttle is not None}

    def allow(self, route: Route) -> bool:
        """Whether this request may pass."""
        bucket = self._buckets.get(route)
        return bucket is None or bucket.take()
