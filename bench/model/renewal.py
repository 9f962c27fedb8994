"""How often a cache asks its origin for one page: once per lifetime and the wait for the next reader after it.

Readers of a page come independently, λ per second. The cache fetches, keeps the page for T seconds, and the next reader
after that makes it fetch again: on average 1/λ later. So one fetch every T + 1/λ seconds, λ/(1+λT) per second, which is
λ for a page that nobody looks at and never more than 1/T for one that everybody does.

Readers that answer each other's news come in bursts, and bursts are kinder to a cache than this. What the formula leaves
out the other way is eviction: a cache may drop a page before its time if nobody asked for long.
"""

from __future__ import annotations

import random


def fetches(rate: float, lifetime: float, caches: float = 1) -> float:
    """Fetches per second of one page asked for `rate` times a second at `caches` caches that share the readers evenly."""
    return rate / (1 + rate * lifetime / caches)


def simulated_fetches(rate: float, lifetime: float, caches: int, readers: int, chance: random.Random) -> float:
    """The same, counted: so many readers come one after another, each to one of the caches."""
    now, until, fetched = 0.0, [0.0] * caches, 0
    for _ in range(readers):
        now += chance.expovariate(rate)
        cache = chance.randrange(caches)
        if now >= until[cache]:
            fetched += 1
            until[cache] = now + lifetime
    return fetched / now
