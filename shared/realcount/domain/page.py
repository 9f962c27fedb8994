"""A page: a public document, rendered once when its numbers changed, stored as the bytes that will be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class Page:
    """The document at one public path.

    `edition` is the `sv` of what it shows and only grows; `rendering` is the version of the code that wrote it, so that
    a new release may replace a page of the same edition. `etag` is the opaque tag without quotes, derived from edition
    and bytes. `bodies` maps a content coding (`identity`, `gzip`, `br`) to the bytes; either `identity` alone (small
    documents) or `gzip` and `br`. `max_age` is how long a cache may keep it, in seconds. `link` is the header of that name
    (RFC 8288) for a document that goes on in another.
    """

    path: str
    edition: int
    rendering: int
    etag: str
    media: str
    max_age: int
    updated_at: str
    bodies: Mapping[str, bytes]
    link: str | None = None

    def supersedes(self, other: Page | None) -> bool:
        """Whether this page may take the other's place: never an older edition over a newer one."""
        return other is None or (self.edition, self.rendering) > (other.edition, other.rendering)


class Stored(IntEnum):
    """What became of a page that was to be stored. False if it was not."""

    CURRENT = 0
    """What is there is as new, or newer."""

    RENDERED_ANEW = 1
    """It replaced one of the same edition: the numbers were there already."""

    NEWER = 2
    """Its edition was not there before."""
