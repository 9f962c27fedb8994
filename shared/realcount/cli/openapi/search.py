"""What regions are found by."""

from __future__ import annotations

from pydantic import Field

from realcount.cli.openapi.values import Count, Document, Id, Link, Text


class FoundRegion(Document):
    """`link` is its page in the first of its `contests`; in the others it has the same id."""

    id: Id
    level: Text
    name: Text
    above: list[Text] = Field(description="Names of the regions above it, the top first.")
    contests: list[Id] = Field(min_length=1)
    link: Link


class SearchLinks(Document):
    self: Link
    election: Link
    next: Link | None = Field(
        description="More regions that have the prefix itself as a word; or one that is longer than prefixes are."
    )


class Search(Document):
    """Regions with a word in their name, or an id, that begins with `prefix`.

    All `found` are in `matches` if `more` is empty and `parts` is 1; otherwise the first are, higher levels first, and every other one is
    in a document of `more` or in a part that follows. Words are spelled without case, accents and punctuation.
    """

    election: Id
    prefix: Text
    found: Count
    part: int = Field(ge=1)
    parts: int = Field(ge=1)
    matches: list[FoundRegion]
    more: dict[Text, Link] = Field(description="The next letters that have a document of their own, and where that is.")
    links: SearchLinks
