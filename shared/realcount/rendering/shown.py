"""What a station's page of /v1 says that other systems' words have room for: the numbers that count, the scans there are.

Numbers are those of the counted version and no other. Scans are shown as soon as a version has come in: of the latest
version that waits or was approved, so a form that waits for its second official shows photographs and no numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from realcount.domain.instants import from_instant

Document = Mapping[str, Any]

WITHDRAWN = "withdrawal"
_SHOWN = ("received", "approved")

JAKARTA = timedelta(hours=7)
"""Western Indonesian time (WIB) is this much ahead of UTC, in summer and winter."""

_SUFFIX = {"image/png": ".png"}


def counted_version(station: Document) -> Document | None:
    """The version whose numbers count; None while none does, and where the form was withdrawn."""
    number = station["counted_version"]
    found = next((version for version in station["versions"] if version["version"] == number), None)
    return found if found is not None and found["kind"] != WITHDRAWN else None


def shown_scans(station: Document) -> dict[int, tuple[Document, str]]:
    """By page of the paper, from 1: the scan, and when its version was received.

    A scan that does not say its page takes the first that is free, in the order of the form.
    """
    version = next((one for one in reversed(station["versions"]) if one["state"] in _SHOWN), None)
    scans = version["scans"] if version else []
    by_page: dict[int, tuple[Document, str]] = {}
    for scan in scans:
        if scan["page"] is not None:
            by_page[scan["page"]] = scan, version["received_at"] if version else ""
    for scan in scans:
        if scan["page"] is None:
            free = next(page for page in range(1, len(scans) + 1) if page not in by_page)
            by_page[free] = scan, version["received_at"] if version else ""
    return by_page


def suffix(scan: Document) -> str:
    return _SUFFIX.get(scan["media"], ".jpg")


def utc_text(instant: str | None) -> str | None:
    """An instant as `2019-04-19 23:00:03`, in UTC."""
    return None if instant is None else f"{instant[:10]} {instant[11:19]}"


def jakarta_text(instant: str | None) -> str | None:
    """An instant as `2024-02-16 16:25:10`, in Western Indonesian time."""
    return None if instant is None else (from_instant(instant) + JAKARTA).strftime("%Y-%m-%d %H:%M:%S")


def whole(text: str) -> int | None:
    """A number that is written as a text, or None if it is none."""
    return int(text) if text.isascii() and text.isdigit() else None
