"""What says which files there are: the index of a folder, which never changes, and the page that leads to the newest one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from realcount.domain.election import Contest, ContestKey, Election
from realcount.domain.log.edge import Edge
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.page import Page
from realcount.rendering.bulk.columns import Column
from realcount.rendering.encoding import encode_document, json_page
from realcount.rendering.lifetimes import BULK
from realcount.rendering.paths import bulk_path, contest_path, log_path, nist_path

INDEX = "index.json"

NEWEST_KEPT = 12
"""Folders that stay, beside the last one of each day: three hours of them, if something new came in every quarter."""


class File(NamedTuple):
    """A finished file. `name` is its path in the folder; `rows` is None for what has none."""

    name: str
    media: str
    rows: int | None
    data: bytes


class Listed(NamedTuple):
    """A file as an index names it."""

    path: str
    media: str
    rows: int | None
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Folder:
    """Which files are meant: those of one contest over the first `covered.size` entries of the log. `totals` are the sealed
    snapshots of its roots, all over so many entries."""

    contest: ContestKey
    covered: Edge
    totals: Sequence[Snapshot]

    @property
    def size(self) -> int:
        return self.covered.size

    @property
    def sealed_at(self) -> str:
        return max(said.at for said in self.totals)


def folder_path(contest: ContestKey, size: int) -> str:
    return f"/bulk/{contest.election}/{contest.contest}/{size}"


def listed(folder: str, file: File) -> Listed:
    return Listed(f"{folder}/{file.name}", file.media, file.rows, len(file.data), hashlib.sha256(file.data).hexdigest())


def download_name(contest: ContestKey, size: int, name: str) -> str:
    """What a browser saves the file as. A colon, which ids may have, is none in the names of some systems."""
    return f"{contest.election}-{contest.contest}-{size}-{name}".replace("/", "-").replace(":", "_")


def folder_index(
    election: Election, contest: Contest, folder: Folder, columns: Sequence[Column], files: Iterable[Listed]
) -> bytes:
    """The index of a folder: nothing in it depends on when it was made."""
    return encode_document(
        {
            **_frame(election, contest),
            **_state(folder, contest),
            "columns": [{"name": column.name, "type": column.type} for column in columns],
            "files": [file._asdict() for file in files],
        }
    )


def bulk_page(
    election: Election, contest: Contest, index: Mapping[str, Any], packed: Listed, older: Sequence[Mapping[str, Any]]
) -> Page:
    """The page, from the index of the newest folder (decoded, and as a file) and what was the newest before. Files of parts
    are in the index alone."""
    folder = folder_path(contest.key, index["size"])
    document = {
        **_frame(election, contest),
        "edition": index["size"],
        "updated_at": index["sealed_at"],
        "size": index["size"],
        "root": index["root"],
        "sealed_at": index["sealed_at"],
        "totals": index["totals"],
        "files": [file for file in index["files"] if file["path"].count("/") == folder.count("/") + 1],
        "index": {"path": packed.path, "bytes": packed.bytes, "sha256": packed.sha256},
        "older": list(older),
        "links": {
            "self": bulk_path(contest.key),
            "contest": contest_path(contest.key),
            "log": log_path(election.id),
            "nist": nist_path(contest.key),
        },
    }
    return json_page(
        bulk_path(contest.key), document, edition=index["size"], updated_at=index["sealed_at"], max_age=BULK
    )


def kept(newest: Sequence[Mapping[str, Any]], most: int = NEWEST_KEPT) -> list[Mapping[str, Any]]:
    """Of entries of a page's `older`, newest first, those that stay: the first ones, and the last of each day (UTC)."""
    days: set[str] = set()
    found = []
    for place, entry in enumerate(newest):
        day = entry["sealed_at"][:10]
        if place < most or day not in days:
            found.append(entry)
        days.add(day)
    return found


def _frame(election: Election, contest: Contest) -> dict[str, object]:
    return {
        "election": election.id,
        "contest": contest.key.contest,
        "label": election.label,
        "licence": election.licence,
        "attribution": election.attribution,
    }


def _state(folder: Folder, contest: Contest) -> dict[str, object]:
    return {
        "size": folder.size,
        "root": folder.covered.root().hex(),
        "sealed_at": folder.sealed_at,
        "totals": [
            {
                "region": said.unit,
                "stations": said.sums.stations,
                "valid": said.sums.valid,
                "invalid": said.sums.invalid,
                "voters": said.sums.voters,
                "votes": dict(zip(contest.option_ids(), said.sums.votes, strict=True)),
                "sums": said.root.hex(),
            }
            for said in folder.totals
        ],
    }
