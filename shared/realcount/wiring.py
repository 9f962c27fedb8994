"""The composition root: hands a function its adapters, the same ones for as long as its container lives.

In Lambda a function asks for its adapters while it starts (`prepare`), when time is cheap; anywhere else importing a
handler needs no environment at all.

While a function starts in Lambda the garbage collector is off, from the import of this module to the end of `prepare`:
importing makes a hundred thousand objects and no garbage, and to look for it is a twenty-fifth of a cold start.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from realcount.adapters import Adapters
from realcount.edge.settings import PORTS_OF

__all__ = ["Adapters", "adapters", "installed", "prepare"]

log = logging.getLogger(__name__)

STARTING = "AWS_LAMBDA_INITIALIZATION_TYPE"
"""Lambda says here how it starts a function: `on-demand`, `provisioned-concurrency` or `snap-start`."""

if STARTING in os.environ:
    gc.disable()

_installed: Adapters | None = None


def adapters(function: str) -> Adapters:
    """The adapters of a function, the same ones for as long as the container lives."""
    return _installed or _adapters(function)


def prepare(function: str, rehearse: Callable[[], object] | None = None) -> None:
    """In Lambda, make all of a function's adapters now. Incomplete settings so fail the start, not the first request.

    What a start has made lives as long as its environment, so the garbage collector, on again, need never look at it.
    `rehearse` answers one request for nobody; it is called if the environment is going to be a snapshot, from which
    others are restored ready to run.
    """
    if STARTING not in os.environ:
        return
    made = adapters(function)
    for port in PORTS_OF[function]:
        getattr(made, port)
    if rehearse is not None and os.environ[STARTING] == "snap-start":
        _rehearsed(made, rehearse)
    gc.freeze()
    gc.enable()


def _rehearsed(made: Adapters, rehearse: Callable[[], object]) -> None:
    """A rehearsal that fails must not stop a deployment: on its first day the role may not be known everywhere yet."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        rehearse()
    except (BotoCoreError, ClientError) as error:
        log.warning("the rehearsal before the snapshot failed: %s: %s", type(error).__name__, error)
    # A connection would be dead in whatever is restored, and a page old.
    made.let_go()


@contextmanager
def installed(given: Adapters) -> Iterator[None]:
    """Put these adapters behind every function of this process, for tests and for one machine."""
    global _installed
    before, _installed = _installed, given
    try:
        yield
    finally:
        _installed = before


@cache
def _adapters(function: str) -> Adapters:
    return Adapters(function)
