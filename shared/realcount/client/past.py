"""What a page said at a time: the curve names the edition that was current then, and that edition is kept for ever."""

from __future__ import annotations

from typing import Any

from realcount.client.reading import Reader
from realcount.client.results import Results, read_results
from realcount.domain.errors import NotFound


def edition_of(reader: Reader, path: str, edition: int) -> Results:
    """The page as it was served at an edition. Raises `NotFound` for one that never was, and for lower regions."""
    return read_results(path, reader.get(f"{path}/editions/{edition}"))


def results_at(reader: Reader, path: str, at: str) -> Results:
    """The page that was current at the last tick of the curve up to the instant `at`. Raises `NotFound` before the first one."""
    for curve in (f"{path}/history/{at[:10]}", f"{path}/history"):
        try:
            edition = _last(reader.document(curve), at)
        except NotFound:
            continue
        if edition is not None:
            return edition_of(reader, path, edition)
    raise NotFound(f"nothing is known of {path} at {at}: the curve of the count begins later, or the region has none")


def _last(curve: dict[str, Any], at: str) -> int | None:
    """The edition of the last point up to `at`, if there is one."""
    time, edition = curve["columns"].index("at"), curve["columns"].index("edition")
    before = [point for point in curve["points"] if point[time] <= at]
    return int(max(before, key=lambda point: str(point[time]))[edition]) if before else None
