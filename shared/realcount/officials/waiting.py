"""What waits for a second official, found as anybody can find it: on the public pages, from a region down to its stations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realcount.client.reading import Reader
from realcount.domain.canonical import sha256_hex
from realcount.domain.findings import Finding
from realcount.domain.instants import from_instant
from realcount.domain.official import APPROVER
from realcount.domain.statements import MAX_SCAN_SIZE


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that nobody has decided on: its station's `page`, and what the page says of the version."""

    page: Mapping[str, Any]
    version: Mapping[str, Any]

    @property
    def station(self) -> str:
        return str(self.page["station"]["id"])

    @property
    def where(self) -> str:
        return " / ".join(str(crumb["name"]) for crumb in self.page["path"])

    def age(self, now: str) -> int:
        return max(0, int((from_instant(now) - from_instant(self.version["received_at"])).total_seconds()))

    def findings(self) -> list[Finding]:
        return [
            Finding(one["code"], one["kind"], tuple(one["fields"]), one["found"], one["expected"])
            for one in self.version["findings"]
        ]


def waiting_below(
    reader: Reader, region: str, *, everywhere: bool, told: Callable[[int], None] = lambda pages: None
) -> Iterator[Waiting]:
    """What waits below the region whose page lies at the path `region`, the top of the list first.

    A page's numbers tell where first versions wait: more are received than approved. Of a correction they tell nothing, as
    the version before it counts on: for those `everywhere` looks at every station's page. Raises `NotFound`, `Unavailable`.
    """
    pages, looked = [region], 0
    while pages:
        page = reader.document(pages.pop())
        looked += 1
        told(looked)
        if "versions" in page:
            found = waiting_at(page)
            if found is not None:
                yield found
            continue
        open_children = [
            child["link"]
            for child in page["children"]
            if everywhere or child["stations"]["received"] > child["stations"]["approved"]
        ]
        pages += reversed(open_children)


def waiting_at(page: Mapping[str, Any]) -> Waiting | None:
    """The version that a station's page shows as undecided; there is one at most."""
    open_versions = [version for version in page["versions"][-1:] if _waits(version)]
    return Waiting(page, open_versions[-1]) if open_versions else None


def _waits(version: Mapping[str, Any]) -> bool:
    """Of the latest version. One that was recalled waits anew, unless it is the submitter who is not trusted."""
    recalled = version["state"] == "recalled" and version["recalls"][-1]["role"] == APPROVER
    return bool(version["state"] == "received" or recalled)


def scans_in(folder: Path, wanted: set[str]) -> dict[str, Path]:
    """Files below a folder that are one of the scans, by what they are: the name says nothing."""
    found: dict[str, Path] = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and 0 < file.stat().st_size <= MAX_SCAN_SIZE:
            digest = sha256_hex(file.read_bytes())
            if digest in wanted:
                found.setdefault(digest, file)
    return found
