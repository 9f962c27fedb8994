"""Publish the checkout's description of the API on the stores of this machine, or of whatever account they are in."""

from __future__ import annotations

from datetime import UTC, datetime

from realcount.domain.instants import to_instant
from realcount.local.places import Places
from realcount.ports import PageCopies, PageStore
from realcount.usecases.publish_description import publish_description


def describe(places: Places, *, copies: PageCopies, pages: PageStore) -> None:
    document = (places.web / "docs" / "openapi.json").read_bytes()
    publish_description(document, to_instant(datetime.now(UTC)), copies=copies, pages=pages)
