"""Documents with numbers: a region with its children, and a polling station with every version of its form."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from realcount.cli.openapi.catalogue import Figure
from realcount.cli.openapi.values import Count, Document, Edition, Id, Instant, Link, Sha256, Text, Votes

FINDING_CODES = (
    *("votes-sum", "total-sum", "total-voters", "total-used", "group-sum", "sex-sum", "voters-registered"),
    *("voters-received", "ballots-sum", "votes-voters", "missing", "turnout"),
)
FindingCode = Literal[FINDING_CODES]  # type: ignore[valid-type]


class StationCounts(Document):
    """How many polling stations below: `expected` forms, of which `received`, of those `approved` (they count), `flagged` with
    numbers that contradict each other, `incomplete` without a figure that the contest asks for."""

    expected: Count
    received: Count
    approved: Count
    flagged: Count
    incomplete: Count


class Numbers(Document):
    votes: Votes
    valid: Count
    invalid: Count
    voters: Count
    registered: Count | None = Field(description="Registered voters; null where unknown.")
    stations: StationCounts


class Crumb(Document):
    id: Id
    level: Text
    name: Text
    link: Link | None = Field(description="Its page in this contest; null if it is no part of it.")


class Frame(Document):
    election: Id
    contest: Id
    label: Text
    provisional: Literal[True]
    edition: Edition
    updated_at: Instant | None = Field(description="When the latest event happened; null before any.")


class RegionName(Document):
    id: Id
    level: Text
    name: Text


class Example(Document):
    """A flagged station to look at."""

    station: Id
    link: Link


class Child(Numbers):
    id: Id
    name: Text
    edition: Edition
    findings: list[FindingCode] = Field(
        default=[], description="Of a flagged station: what was found; absent elsewhere."
    )
    link: Link


class ResultLinks(Document):
    self: Link
    contest: Link
    parents: list[Link]


class RegionLinks(ResultLinks):
    now: Link = Field(default="", description="Of upper regions alone, as is all that follows but the corrections.")
    changes: Link = ""
    history: Link = ""
    corrections: Link
    flagged: Link = ""
    editions: Link = Field(default="", description="A slash and the number of an edition follow.")


class Region(Frame, Numbers):
    """A region: its totals are the sum of exactly the children that it lists."""

    region: RegionName
    path: list[Crumb] = Field(description="The way up, the top first.")
    example: Example | None = Field(description="Null where nothing is flagged.")
    holds: Literal["regions", "stations"]
    children: list[Child]
    links: RegionLinks


class StationName(Document):
    id: Id
    kind: Text = Field(description="The field's word, such as TPS.")
    name: Text


class Finding(Document):
    """Something odd about a form. It changes no number."""

    code: FindingCode
    kind: Literal["incomplete", "inconsistent"]
    fields: list[Text]
    found: int | None
    expected: int | None


class Scan(Document):
    sha256: Sha256
    bytes: Count
    media: Literal["image/jpeg", "image/png"]
    page: int | None = Field(ge=1, description="Of the paper; null where nobody said.")


class Decision(Document):
    decision: Literal["approve", "return"]
    reason: Text | None
    by: Id
    at: Instant


class VersionRecall(Document):
    """A signature of this version turned out not to be trusted: `by` is the key, `form` and `sealed` the numbers of the
    entries that were the form, and that recalled it; null if it was never sealed."""

    by: Id
    role: Literal["submitter", "approver"]
    since: Instant
    reason: Text
    at: Instant
    form: Count | None
    sealed: Count | None


class Version(Document):
    """One version of a station's form, as it was signed, and what became of it."""

    version: int = Field(ge=1)
    kind: Literal["form", "correction", "withdrawal"]
    state: Literal["received", "approved", "returned", "superseded", "recalled"]
    hash: Sha256
    prev: Sha256 | None
    reason: Text | None
    received_at: Instant
    votes: dict[Id, Count | None] = Field(description="Null where the form says nothing.")
    figures: dict[Figure, Count]
    findings: list[Finding]
    scans: list[Scan]
    sealed: Count | None = Field(description="The number of its entry in the public log.")
    submitted_by: Id
    review: Decision | None
    recalls: list[VersionRecall] = Field(default=[], description="The oldest first; absent where there are none.")


class Station(Frame, Numbers):
    """A polling station: what counts, and every version there ever was."""

    station: StationName
    path: list[Crumb] = Field(description="The way up to the nation, the top first.")
    counted_version: int | None = Field(ge=1, description="The version whose numbers are counted; null if none is.")
    versions: list[Version]
    links: ResultLinks
