"""What publishing asks of the world beyond pages and their copies. The rules of `ports` hold here as well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from realcount.domain.page import Page


class EditionStore(Protocol):
    """The page of every edition of the upper regions, for ever, at an address that names the edition.

    A page's edition is kept before the page is stored, and never replaced: whatever was served at an edition can be served
    again for it, byte for byte (decision 0013). Trusted for what was said in the past, and for nothing that is said now.
    Loss: nobody can make it again, as rows of the past are kept nowhere; what is published from then on is not affected.
    """

    def keep(self, page: Page) -> None:
        """Keep the page under its edition, unless one is kept there: the first stays, in whatever way it was rendered."""
        ...

    def keep_all(self, pages: Iterable[Page]) -> None:
        """`keep` for many pages (a load). If it raises, any of them may be kept."""
        ...

    def find(self, path: str, edition: int) -> bytes | None:
        """The body, without content coding, that was kept of the page at `path` for an edition."""
        ...
