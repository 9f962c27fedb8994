"""Who runs on which processor: the edge and its viewers on one, everything behind the edge on the other.

A CDN is not the origin's hardware, and a spike there takes nothing from the functions here. On one machine only
processors can stand for that; where there is one alone, everything shares it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def _halves() -> tuple[set[int], set[int]]:
    allowed = sorted(os.sched_getaffinity(0))
    half = max(1, len(allowed) // 2)
    return set(allowed[:half]), set(allowed[half:] or allowed)


@contextmanager
def in_front() -> Iterator[None]:
    """What is started here runs where the edge runs."""
    with _on(_halves()[0]):
        yield


@contextmanager
def behind() -> Iterator[None]:
    """What is started here runs where the machine runs."""
    with _on(_halves()[1]):
        yield


@contextmanager
def _on(processors: set[int]) -> Iterator[None]:
    """Threads and processes inherit it from the thread that starts them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
