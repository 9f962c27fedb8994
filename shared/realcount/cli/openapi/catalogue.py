"""Documents that say what there is: the index, the elections, one election, one contest."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from realcount.cli.openapi.values import Count, Date, Document, Id, Link, SelfLink, Sha256, Text
from realcount.domain.form import FIGURES

Figure = Literal[FIGURES]  # type: ignore[valid-type]


class IndexLinks(Document):
    elections: Link
    openapi: Link
    docs: Link
    changelog: Link


class Limits(Document):
    """What one address may ask of the edge in a minute, and how large things may be. Beyond: 429, 414, 413."""

    requests_per_minute: Count
    stations_per_minute: Count = Field(description="Pages of polling stations, of the requests above.")
    path_bytes: Count = Field(description="The longest path, as it is sent; longer ones are answered 414.")
    document_bytes: Count = Field(description="The largest signed document of an official.")
    scan_bytes: Count


class Licence(Document):
    """What may be done with the numbers of an election, and who is to be named."""

    election: Id
    licence: Text
    attribution: Text


class Index(Document):
    """Where to begin."""

    name: Literal["realcount"]
    about: Text
    licences: list[Licence]
    limits: Limits
    links: IndexLinks


class ElectionBriefLinks(Document):
    self: Link
    log: Link
    corrections: Link
    search: Link = Field(description="Where a search for a region by its name or id begins.")


class Shape(Document):
    """That the election is answered in the words of an older system, and with what."""

    parties: Link | None
    listed_at: Text | None
    revised_at: Text | None
    psu: Text | None


class ElectionBrief(Document):
    id: Id
    name: Text
    held_on: Date
    label: Text = Field(description="Printed on every page; invented elections begin with SIMULATION.")
    shapes: dict[Text, Shape]
    links: ElectionBriefLinks


class Elections(Document):
    """All elections that are completely loaded, by id."""

    elections: list[ElectionBrief]


class ContestBrief(Document):
    id: Id
    name: Text
    links: SelfLink


class Election(Document):
    """One election with its contests."""

    id: Id
    name: Text
    held_on: Date
    label: Text
    shapes: dict[Text, Shape]
    links: ElectionBriefLinks
    licence: Text
    attribution: Text
    digest: Sha256 = Field(description="Of the files the election was loaded from.")
    hierarchies: list[Text]
    levels: list[Text]
    contests: list[ContestBrief]


class Option(Document):
    id: Id
    number: Text = Field(description="What the ballot says.")
    name: Text
    full_name: Text | None
    colour: Text | None = Field(description="Such as `#0b57a4`.")
    local: bool | None
    serial: int | None
    parent: Id | None = Field(description="The option it belongs to: a candidate's party.")


class ContestLinks(Document):
    self: Link
    election: Link
    roots: list[Link] = Field(min_length=1)
    feeds: dict[Text, Link] = Field(description="Atom feeds by language.")


class Contest(Document):
    """One question on one ballot paper."""

    id: Id
    election: Id
    name: Text
    label: Text
    hierarchies: list[Text]
    fields: list[Figure] = Field(description="Figures that a complete form carries.")
    options: list[Option] = Field(description="In the order of the ballot.")
    links: ContestLinks
