"""Public pages, held against the rows and the log. The documents are taken apart here as any reader would: nothing is
shared with the code that rendered them.

A page is read before the rows and the head that it was made from, and those only move on. So a page is never ahead of
them; what it shows of one at the same version must be the same; and whatever it shows must add up by itself, always.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import brotli

from realcount.domain.election import Contest
from realcount.domain.ledger import Head
from realcount.domain.page import Page
from realcount.domain.sum_tree import Sums
from realcount.domain.tally import Tally
from realcount.usecases.recount_report import PAGES, Difference, Lag
from realcount.usecases.recount_stations import Judged, StationSeen

_BROKEN = (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, RecursionError, brotli.error)


class Shown(NamedTuple):
    """The numbers that a document shows of one unit."""

    edition: int
    votes: tuple[int, ...]
    valid: int
    invalid: int
    voters: int
    received: int
    approved: int
    flagged: int
    incomplete: int


def shown_of(row: Tally | None, options: int) -> Shown:
    if row is None:
        return Shown(0, (0,) * options, 0, 0, 0, 0, 0, 0, 0)
    return Shown(
        row.sv, row.votes, row.valid, row.invalid, row.voters, row.received, row.approved, row.flagged, row.incomplete
    )


def judge_region_page(
    contest: Contest, region: str, page: Page | None, children: Iterable[str], rows: Mapping[str, Tally]
) -> Iterator[Judged]:
    """`rows` are those under the region, read after the page."""
    found = _Found(contest, region)
    if page is None:
        yield found.differs("page", "there", "nothing")
        return
    try:
        document = _document(page)
        own = _shown(document, contest)
        listed = {str(child["id"]): _shown(child, contest) for child in document["children"]}
        identity = (document["election"], document["contest"], document["region"]["id"])
    except _BROKEN as error:
        yield found.differs("page", "the numbers of a region", f"{type(error).__name__}: {error}")
        return
    if identity != (*contest.key, region) or own.edition != page.edition:
        yield found.differs("page", f"{(*contest.key, region)} at {page.edition}", f"{identity} at {own.edition}")
    if set(listed) != (expected := set(children)):
        yield found.differs("regions or stations", str(sorted(expected)), str(sorted(listed)))
    if own != (added := _added(listed.values(), len(contest.options))):
        yield found.differs("sum of what it lists", str(own), str(added))
    for child, shown in listed.items():
        row = shown_of(rows.get(child), len(contest.options))
        if shown.edition > row.edition:
            yield found.differs(f"edition of {child!r}", f"at most {row.edition}, that of its row", str(shown.edition))
        elif shown.edition == row.edition and shown != row:
            yield found.differs(f"numbers of {child!r}", str(row), str(shown))
    if page.edition < sum(rows[child].sv for child in listed if child in rows):
        yield Lag(PAGES, region, None, page.edition)


def judge_station_page(seen: StationSeen, page: Page | None) -> Iterator[Judged]:
    """The head of `seen` was read after the page, its versions after that."""
    contest, head = seen.contest, seen.head
    found = _Found(contest, seen.station)
    if page is None:
        yield found.differs("page", "there", "nothing")
        return
    try:
        document = _document(page)
        shown = _shown(document, contest)
        counts = document["counted_version"] or 0
        sealed = {v["version"]: (v["sealed"], v["hash"], _votes(v, contest)) for v in document["versions"]}
        identity = (document["election"], document["contest"], document["station"]["id"])
    except _BROKEN as error:
        yield found.differs("page", "the numbers of a station", f"{type(error).__name__}: {error}")
        return
    if identity != (*contest.key, seen.station) or shown.edition != page.edition:
        expected = f"{(*contest.key, seen.station)} at {page.edition}"
        yield found.differs("page", expected, f"{identity} at {shown.edition}")
    yield from _judge_against_head(found, shown.edition, counts, head)
    numbers = Sums(shown.approved, shown.valid, shown.invalid, shown.voters, shown.votes)
    if (by_log := seen.expected(counts)) is None:
        yield found.differs("version that counts", "one that is sealed in the log", f"version {counts}")
    elif numbers != by_log:
        yield found.differs(f"numbers, of version {counts}", str(by_log), str(numbers))
    for version, (index, hash_, votes) in sealed.items():
        counted = seen.versions.get(version)
        # A version that was recalled may have been sealed again since the page was made: then the page is behind.
        known = counted is not None and (index == counted.index or bool(head and head.round_of(version)))
        if index is not None and not known:
            yield found.differs(f"entry of version {version}", str(counted and counted.index), str(index))
        if counted is not None and (hash_, votes) != (counted.form, counted.sums.votes):
            expected = f"{counted.form} with {counted.sums.votes}"
            yield found.differs(f"version {version}", expected, f"{hash_} with {votes}")


def _judge_against_head(found: _Found, edition: int, counts: int, head: Head | None) -> Iterator[Judged]:
    seq = head.seq if head else 0
    if edition > seq:
        yield found.differs("edition", f"at most {seq}, as many things have happened", str(edition))
    elif edition < seq:
        yield Lag(PAGES, found.unit, None, edition)
    elif head is not None and counts != head.counted:
        yield found.differs("version that counts", str(head.counted), str(counts))


class _Found(NamedTuple):
    contest: Contest
    unit: str

    def differs(self, what: str, expected: str, found: str) -> Difference:
        return Difference(PAGES, self.contest.key, self.unit, None, what, expected, found)


def _document(page: Page) -> dict[str, Any]:
    """The document, if every coding that readers may be sent holds the same one. Raises one of `_BROKEN`."""
    unpack = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
    bodies = {unpack[coding](body) for coding, body in page.bodies.items()}
    if len(bodies) != 1:
        raise ValueError(f"its {len(page.bodies)} codings hold {len(bodies)} documents")
    document = json.loads(bodies.pop())
    if not isinstance(document, dict):
        raise TypeError("is no object")
    return document


def _shown(part: dict[str, Any], contest: Contest) -> Shown:
    votes, stations = part["votes"], part["stations"]
    if set(votes) != set(contest.option_ids()):
        raise ValueError("votes for others than those who stand")
    counts = (
        *(part["edition"], part["valid"], part["invalid"], part["voters"], *votes.values()),
        *(stations[name] for name in ("received", "approved", "flagged", "incomplete")),
    )
    if any(type(count) is not int for count in counts):
        raise TypeError("a number is none")
    return Shown(
        part["edition"],
        tuple(votes[option] for option in contest.option_ids()),
        *(part["valid"], part["invalid"], part["voters"]),
        *(stations["received"], stations["approved"], stations["flagged"], stations["incomplete"]),
    )


def _votes(version: dict[str, Any], contest: Contest) -> tuple[int, ...]:
    """Of one version; what is missing on the paper adds nothing."""
    return tuple(version["votes"].get(option) or 0 for option in contest.option_ids())


def _added(parts: Iterable[Shown], options: int) -> Shown:
    total = shown_of(None, options)
    for part in parts:
        votes = tuple(a + b for a, b in zip(total.votes, part.votes, strict=True))
        rest = (a + b for a, b in zip(total[2:], part[2:], strict=True))
        total = Shown(total.edition + part.edition, votes, *rest)
    return total
