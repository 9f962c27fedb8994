"""What was: curves, milestones, and corrections."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from realcount.cli.openapi.results import RegionName
from realcount.cli.openapi.values import Count, Date, Document, Edition, Id, Instant, Link, Text


class PageLinks(Document):
    self: Link
    page: Link


class HistoryLinks(PageLinks):
    milestones: Link = Field(default="", description="Of a root alone.")


class DayLinks(PageLinks):
    history: Link


class ListedDay(Document):
    date: Date
    complete: bool
    edition: Edition | None
    link: Link


class Curve(Document):
    election: Id
    contest: Id
    region: RegionName
    every: Literal[300, 3600] = Field(description="Seconds between two ticks.")
    columns: list[Text] = Field(description="What the numbers of a point are.")
    points: list[list[Instant | Count]] = Field(description="Each is the page that was current at a tick.")


class History(Curve):
    """The curve of a region: a point an hour, and the days that have curves of their own."""

    days: list[ListedDay]
    links: HistoryLinks


class HistoryDay(Curve):
    """The curve of a region on one day (UTC): a point every five minutes."""

    date: Date
    complete: bool
    links: DayLinks


class MilestoneRegion(Document):
    id: Id
    name: Text
    link: Link


class Milestone(Document):
    kind: Literal["first-form", "share", "complete"]
    per_cent: Count | None
    region: MilestoneRegion
    approved: Count
    expected: Count
    at: Instant
    edition: Edition
    page: Link


class Milestones(Document):
    """What the count below a root has reached, newest first."""

    election: Id
    contest: Id
    region: RegionName
    milestones: list[Milestone]
    links: PageLinks


class PlaceOnTheWay(Document):
    id: Id
    name: Text


class CorrectedStation(Document):
    id: Id
    kind: Text
    name: Text
    path: list[PlaceOnTheWay]
    link: Link


class CountedVersion(Document):
    version: int = Field(ge=1)
    sealed: Count
    votes: dict[Id, Count | None] | None
    valid: Count | None
    invalid: Count | None
    voters: Count | None


class Correction(Document):
    """A form that counts after another one at the same station, or a recall: that one does not count any more, as a key that
    signed it is not trusted. `sealed` names it."""

    sealed: Count
    kind: Literal["form", "correction", "withdrawal", "recall"]
    reason: Text | None
    approved_at: Instant = Field(description="Of a recall, when it was sealed.")
    station: CorrectedStation
    from_: CountedVersion = Field(alias="from")
    to: CountedVersion | None = Field(description="Null if nothing counts after a recall.")


class CorrectionsLinks(PageLinks):
    history: Link | None
    next: Link | None


class ChunkLinks(Document):
    self: Link
    newest: Link
    next: Link | None


class Corrections(Document):
    """The newest corrections below a region, newest first; `links.next` goes on."""

    election: Id
    contest: Id
    region: RegionName
    count: Count
    corrections: list[Correction]
    links: CorrectionsLinks


class CorrectionsChunk(Document):
    """A hundred older corrections. It never changes."""

    election: Id
    contest: Id
    region: RegionName
    chunk: int = Field(ge=1)
    corrections: list[Correction]
    links: ChunkLinks


class ListedContest(Document):
    contest: Id
    count: Count
    lists: list[Link]
    link: Link


class ListedLinks(Document):
    self: Link
    election: Link
    log: Link


class ListedCorrections(Document):
    """How far into the public log corrections are listed."""

    election: Id
    size: Count
    contests: list[ListedContest]
    links: ListedLinks
