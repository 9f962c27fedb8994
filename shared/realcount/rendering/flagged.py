"""The documents of flagged stations: a list below a regency, and above it how many there are below each child.

They are the state as well: of which edition each child is listed stands in the document of the region above it. A list goes
on in parts, so that no document outgrows what holds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from realcount.domain.election import Child, Contest, ContestKey, Region
from realcount.domain.instants import EPOCH
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.rendering.deltas import UPPER, is_upper
from realcount.rendering.encoding import RENDERING, document_of, json_page
from realcount.rendering.lifetimes import FLAGGED
from realcount.rendering.paths import flagged_path, region_path, station_path

PART = 1_000
"""Stations in one part of a list: about 300 KB, 20 KB in each coding. The largest item of a table has 400 KB."""

FlaggedStation = dict[str, Any]
"""One station as its list has it."""


@dataclass(frozen=True, slots=True)
class Flags:
    """What is flagged below a region: at least all that its page shows at `edition`, which was updated at `at`.

    `waiting` of the `flagged` stations have forms that do not count yet. `findings` are how many stations each code was
    found at, by code.
    """

    edition: int = 0
    at: str = EPOCH
    flagged: int = 0
    waiting: int = 0
    findings: tuple[tuple[str, int], ...] = ()


def is_list(contest: Contest, region: Region, find: Callable[[str], Region | None]) -> bool:
    """Whether the document of an upper region is a list of stations: if it is as deep as that goes, or if something below it
    is no upper region, and so has no document to lead to. What `find` does not know, in a part of an election that is
    loaded by itself, lies one deeper."""
    if region.holds == "stations" or len(region.path) >= UPPER:
        return True
    below = (find(child.id) for child in region.children_in(contest))
    return not all(one is None or is_upper(one) for one in below)


def first_flagged(contest: Contest, region: Region, find: Callable[[str], Region | None]) -> Page:
    """The document before the polls close. `find` knows the regions of the election."""
    if is_list(contest, region, find):
        return next(list_pages(contest, region, (), Flags()))
    return overview_page(contest, region, {child.id: Flags() for child in region.children_in(contest)})


def flagged_station(contest: ContestKey, child: Child, row: Tally, way: Sequence[Region]) -> FlaggedStation:
    """`way` are the regions that the station lies in, from below the region of the list on."""
    return {
        "id": child.id,
        "kind": child.kind,
        "name": child.name,
        "path": [{"id": region.id, "name": region.name} for region in way],
        "edition": row.sv,
        "updated_at": row.at,
        "counts": bool(row.approved),
        "findings": list(row.findings),
        "link": station_path(contest, child.id),
    }


def flags_of(stations: Sequence[FlaggedStation], edition: int, at: str) -> Flags:
    codes = Counter(code for station in stations for code in station["findings"])
    waiting = sum(not station["counts"] for station in stations)
    return Flags(edition, at, len(stations), waiting, tuple(sorted(codes.items())))


def total_flags(many: Iterable[Flags]) -> Flags:
    total, codes = Flags(), Counter[str]()
    for one in many:
        codes.update(dict(one.findings))
        total = Flags(
            total.edition + one.edition, max(total.at, one.at), total.flagged + one.flagged, total.waiting + one.waiting
        )
    return Flags(total.edition, total.at, total.flagged, total.waiting, tuple(sorted(codes.items())))


def list_pages(
    contest: Contest, region: Region, stations: Sequence[FlaggedStation], flags: Flags, *, parts_before: int = 1
) -> Iterator[Page]:
    """The list in the order in which to store it: the first part, which leads to the others, last.

    Of a list that became shorter since it had `parts_before`, the parts that are in it no more come too, empty.
    """
    parts = max(1, -(-len(stations) // PART))
    for part in range(max(parts, parts_before), 0, -1):
        some = stations[(part - 1) * PART : part * PART]
        yield _page(contest, region, flags, "stations", [], some, part, parts)


def overview_page(contest: Contest, region: Region, children: Mapping[str, Flags]) -> Page:
    """How many there are below each child of a region; `children` has all of them."""
    below = [(child, children[child.id]) for child in region.children_in(contest)]
    told = [
        {
            "id": child.id,
            "name": child.name,
            **_counts(flags),
            "link": flagged_path(region_path(contest.key, child.id)),
        }
        for child, flags in below
    ]
    return _page(contest, region, total_flags(flags for _, flags in below), "regions", told, [], 1, 1)


def read_flags(page: Page | None) -> Flags | None:
    """What the document of a region came to; None if there is none, or one of an older rendering, to be made again."""
    return None if page is None or page.rendering < RENDERING else _flags(document_of(page))


def read_overview(page: Page | None) -> dict[str, Flags]:
    """What `overview_page` wrote; nothing as with `read_flags`."""
    if page is None or page.rendering < RENDERING:
        return {}
    return {child["id"]: _flags(child) for child in document_of(page)["children"]}


def read_parts(page: Page | None) -> int:
    """Of how many parts the stored list is."""
    return 1 if page is None else int(document_of(page)["parts"])


def _page(
    contest: Contest,
    region: Region,
    flags: Flags,
    holds: str,
    children: Sequence[Mapping[str, object]],
    stations: Sequence[FlaggedStation],
    part: int,
    parts: int,
) -> Page:
    page = region_path(contest.key, region.id)
    path = flagged_path(page, part)
    following = flagged_path(page, part + 1) if part < parts else None
    document = {
        "election": contest.key.election,
        "contest": contest.key.contest,
        "region": {"id": region.id, "level": region.level, "name": region.name},
        **_counts(flags),
        "holds": holds,
        "part": part,
        "parts": parts,
        "children": children,
        "stations": stations,
        "links": {"self": path, "page": page, "next": following},
    }
    return json_page(
        path,
        document,
        edition=flags.edition,
        updated_at=flags.at,
        max_age=FLAGGED,
        link=f'<{following}>; rel="next"' if following else None,
    )


def _counts(flags: Flags) -> dict[str, object]:
    return {
        "edition": flags.edition,
        "updated_at": None if flags.at == EPOCH else flags.at,
        "flagged": flags.flagged,
        "waiting": flags.waiting,
        "by_finding": dict(flags.findings),
    }


def _flags(said: Mapping[str, Any]) -> Flags:
    return Flags(
        said["edition"],
        said["updated_at"] or EPOCH,
        said["flagged"],
        said["waiting"],
        tuple(sorted(said["by_finding"].items())),
    )
