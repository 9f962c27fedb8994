"""Running calls at the same moment, and telling who won."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from realcount.domain.errors import RealcountError

T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | RealcountError]:
    """Run every call in a thread of its own, all let go together. One outcome per call: what it returned or raised.

    Only errors of the domain are outcomes; any other is raised here.
    """
    outcomes: list[T | BaseException] = [RuntimeError("never ran")] * len(calls)
    start = threading.Barrier(len(calls))

    def run(i: int) -> None:
        try:
            start.wait(30)
            outcomes[i] = calls[i]()
        except BaseException as error:  # noqa: BLE001 — handed to the caller, whatever it is
            outcomes[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    known: list[T | RealcountError] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, RealcountError):
            raise outcome
        known.append(outcome)
    return known


def winners(outcomes: Sequence[object]) -> list[int]:
    """The places of the calls that did not raise."""
    return [i for i, outcome in enumerate(outcomes) if not isinstance(outcome, RealcountError)]
