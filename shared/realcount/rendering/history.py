"""The documents of a region's curve: one of all days, one of each day. They are the state as well: what is published is read
and gone on from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from realcount.domain.curve import EVERY, HOURLY, Curve, Day, ListedDay, Point
from realcount.domain.election import Contest, Region
from realcount.domain.instants import EPOCH
from realcount.domain.page import Page
from realcount.rendering.encoding import document_of, json_page
from realcount.rendering.lifetimes import FINISHED, HISTORY
from realcount.rendering.paths import history_path, milestones_path, region_path

COLUMNS = ("at", "edition", "received", "approved", "flagged", "valid", "invalid", "voters")
"""Before a column of votes for each option."""


def history_page(contest: Contest, region: Region, curve: Curve, edition: int) -> Page:
    """`edition` is how often the document was written: the next one is one more, so two writers cannot both be next."""
    page = region_path(contest.key, region.id)
    path = history_path(page)
    document = {
        **_head(contest, region, HOURLY),
        "points": _rows(curve.points),
        "days": [
            {
                "date": day.date,
                "complete": day.complete,
                "edition": day.edition if day.complete else None,
                "link": history_path(page, day.date),
            }
            for day in curve.days
        ],
        "links": {
            "self": path,
            "page": page,
            **({"milestones": milestones_path(page)} if region.id in contest.roots else {}),
        },
    }
    return json_page(path, document, edition=edition, updated_at=_last(curve.points), max_age=HISTORY)


def day_page(contest: Contest, region: Region, day: Day, edition: int) -> Page:
    """`edition` as in `history_page`."""
    page = region_path(contest.key, region.id)
    path = history_path(page, day.date)
    document = {
        **_head(contest, region, EVERY),
        "date": day.date,
        "complete": day.complete,
        "points": _rows(day.points),
        "links": {
            "self": path,
            "history": history_path(page),
            "page": page,
        },
    }
    lifetime = FINISHED if day.complete else HISTORY
    return json_page(path, document, edition=edition, updated_at=_last(day.points), max_age=lifetime)


def read_history(page: Page | None) -> Curve:
    """What `history_page` wrote; nothing yet, if there is no page."""
    if page is None:
        return Curve()
    document = document_of(page)
    days = (ListedDay(day["date"], day["complete"], day["edition"] or 0) for day in document["days"])
    return Curve(_points(document), tuple(days))


def read_day(page: Page | None, date: str) -> Day:
    """What `day_page` wrote of this day; nothing yet, if there is no page."""
    if page is None:
        return Day(date)
    document = document_of(page)
    return Day(date, _points(document), document["complete"])


def point_of(page: Page, at: str, options: Sequence[str]) -> Point:
    """What a region's page says, as the point of a tick."""
    said = document_of(page)
    stations = said["stations"]
    return Point(
        at=at,
        edition=page.edition,
        received=stations["received"],
        approved=stations["approved"],
        flagged=stations["flagged"],
        valid=said["valid"],
        invalid=said["invalid"],
        voters=said["voters"],
        votes=tuple(said["votes"][option] for option in options),
    )


def _head(contest: Contest, region: Region, every: int) -> dict[str, object]:
    return {
        "election": contest.key.election,
        "contest": contest.key.contest,
        "region": {"id": region.id, "level": region.level, "name": region.name},
        "every": every,
        "columns": [*COLUMNS, *(f"votes.{option}" for option in contest.option_ids())],
    }


def _rows(points: Sequence[Point]) -> list[list[object]]:
    return [
        [
            *(point.at, point.edition, point.received, point.approved, point.flagged),
            *(point.valid, point.invalid, point.voters, *point.votes),
        ]
        for point in points
    ]


def _points(document: dict[str, Any]) -> tuple[Point, ...]:
    fixed = len(COLUMNS)
    return tuple(
        Point(**dict(zip(COLUMNS, row[:fixed], strict=True)), votes=tuple(row[fixed:])) for row in document["points"]
    )


def _last(points: Sequence[Point]) -> str:
    return points[-1].at if points else EPOCH
