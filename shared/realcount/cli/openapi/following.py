"""Documents of upper regions for whoever follows a count: which edition is the newest, and what moved."""

from __future__ import annotations

from pydantic import Field

from realcount.cli.openapi.results import Child, Example, StationCounts
from realcount.cli.openapi.values import Count, Document, Edition, Id, Instant, Link, Votes


class NowLinks(Document):
    page: Link
    changes: Link
    history: Link


class Now(Document):
    """Which edition of a region's page is the newest."""

    election: Id
    contest: Id
    region: Id
    edition: Edition
    updated_at: Instant | None
    stations: StationCounts
    links: NowLinks


class Moved(Document):
    """Members of the page that replace those you hold."""

    edition: Edition
    updated_at: Instant | None
    votes: Votes
    valid: Count
    invalid: Count
    voters: Count
    stations: StationCounts
    example: Example | None


class NextWindow(Document):
    from_: Edition = Field(alias="from")
    after: Instant | None


class ChangesLinks(Document):
    page: Link
    now: Link


class Changes(Document):
    """What brings a page of any edition between `from` and `to` to edition `to`, byte for byte."""

    election: Id
    contest: Id
    region: Id
    from_: Edition = Field(alias="from")
    to: Edition
    from_at: Instant | None
    next: NextWindow
    set: Moved
    children: list[Child]
    links: ChangesLinks
