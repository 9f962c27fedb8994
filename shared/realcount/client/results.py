"""The results of one region or station at one edition: what a page says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realcount.domain.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Results:
    """`body` is the page byte for byte, `document` what it says (docs/api.md), `path` where it lies."""

    path: str
    body: bytes
    document: Mapping[str, Any]

    @property
    def edition(self) -> int:
        return int(self.document["edition"])


def read_results(path: str, body: bytes) -> Results:
    """Raises `Unavailable` for bytes that are no page."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Unavailable(f"what lies at {path} is no JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("edition"), int):
        raise Unavailable(f"what lies at {path} is no page with an edition")
    return Results(path, body, document)
