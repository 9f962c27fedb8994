"""The whole list of flagged stations below a region, put together from its parts."""

from __future__ import annotations

from typing import Any

from realcount.client.reading import Reader
from realcount.domain.errors import Unavailable

TRIES = 5
"""Readings of a list that is made anew meanwhile. It is every five minutes at most."""


def read_flagged(reader: Reader, path: str) -> dict[str, Any]:
    """The document at `path` with the stations of all parts, all of one edition. Raises `NotFound`, `Unavailable`."""
    for _ in range(TRIES):
        whole = reader.document(path)
        following = whole["links"]["next"]
        while following is not None:
            part = reader.document(following)
            if part["edition"] != whole["edition"]:
                break
            whole["stations"] += part["stations"]
            following = part["links"]["next"]
        else:
            return whole
    raise Unavailable(f"the list at {reader.address(path)} changed during each of {TRIES} readings")
