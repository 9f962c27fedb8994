"""Who runs on which processor: the edge and its viewers on one, everything behind the edge on the other.

A CDN is not the origin's hardware, and a spike there takes nothing from the functions here. On one machine only
processors can stand for that, and going first, where we may ask for it: whoever else is at work on this machine has no
part in a CDN either. Where there is one processor alone, everything shares it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager

FIRST = -10
"""The niceness of those in front; only root may ask for less than none."""


def _halves() -> tuple[set[int], set[int]]:
    allowed = sorted(os.sched_getaffinity(0))
    half = max(1, len(allowed) // 2)
    return set(allowed[:half]), set(allowed[half:] or allowed)


@contextmanager
def in_front() -> Iterator[None]:
    """What is started here runs where the edge runs."""
    with _on(_halves()[0]), ahead():
        yield


@contextmanager
def behind() -> Iterator[None]:
    """What is started here runs where the machine runs."""
    with _on(_halves()[1]):
        yield


@contextmanager
def ahead() -> Iterator[None]:
    """What is started here goes first, on whichever processor."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, FIRST)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)


@contextmanager
def _on(processors: set[int]) -> Iterator[None]:
    """Threads and processes inherit it from the thread that starts them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
