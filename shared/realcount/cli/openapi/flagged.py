"""Lists of flagged stations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from realcount.cli.openapi.past import PlaceOnTheWay
from realcount.cli.openapi.results import FindingCode, RegionName
from realcount.cli.openapi.values import Count, Document, Edition, Id, Instant, Link, Text


class FlagCounts(Document):
    """`waiting` of the `flagged` stations have forms that do not count yet."""

    edition: Edition
    updated_at: Instant | None
    flagged: Count
    waiting: Count
    by_finding: dict[FindingCode, Count] = Field(description="At how many stations each code was found.")


class FlaggedBelow(FlagCounts):
    """What is flagged below a child; `link` leads to its own document."""

    id: Id
    name: Text
    link: Link


class FlaggedStation(Document):
    id: Id
    kind: Text
    name: Text
    path: list[PlaceOnTheWay] = Field(description="The way down to it, from below the region of the list on.")
    edition: Edition = Field(description="That of the station's own page.")
    updated_at: Instant
    counts: bool = Field(description="Whether the form counts; otherwise it waits.")
    findings: list[FindingCode] = Field(min_length=1)
    link: Link


class FlaggedLinks(Document):
    self: Link
    page: Link
    next: Link | None


class Flagged(FlagCounts):
    """The flagged stations below a region that `holds` stations in its list, or how many there are below each child.

    Counts are those of the whole list, whatever `part` of it this is.
    """

    election: Id
    contest: Id
    region: RegionName
    holds: Literal["regions", "stations"]
    part: int = Field(ge=1)
    parts: int = Field(ge=1)
    children: list[FlaggedBelow] = Field(description="All of them; none in a list.")
    stations: list[FlaggedStation] = Field(description="None in the document of a region of regions.")
    links: FlaggedLinks
