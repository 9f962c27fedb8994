"""The files of /docs/: the OpenAPI document, and a page made of it for people."""

from __future__ import annotations

from collections.abc import Mapping

from realcount.cli.openapi.document import openapi_bytes, openapi_document
from realcount.cli.openapi.readable import STYLE, readable_page


def description_files() -> Mapping[str, bytes]:
    """Name to content. The same on every machine."""
    return {
        "openapi.json": openapi_bytes(),
        "docs.css": STYLE.encode(),
        "index.html": readable_page(openapi_document()).encode(),
    }
