"""What a stored page says, for those who translate it into somebody else's words."""

from __future__ import annotations

import gzip
import json
from typing import Any

from realcount.domain.errors import NotFound
from realcount.domain.page import Page
from realcount.ports import PageReader


def document_of(page: Page) -> dict[str, Any]:
    """The JSON object of a page."""
    bodies = page.bodies
    found: dict[str, Any] = json.loads(bodies["identity"] if "identity" in bodies else gzip.decompress(bodies["gzip"]))
    return found


def stored_document(pages: PageReader, path: str) -> tuple[Page, dict[str, Any]]:
    """The page at `path`, and what it says. Raises `NotFound`."""
    page = pages.get(path)
    if page is None:
        raise NotFound(f"there is no page at {path}")
    return page, document_of(page)
