"""What changed in the public API, newest first: the list that /docs/#changes shows."""

from __future__ import annotations

CHANGES: tuple[tuple[str, str], ...] = (
    ("2026-11-24", "The API has a description (/v1/openapi.json) and this page; /v1 names licences and limits."),
    ("2026-11-24", "`path` names the level and the page of each region on the way up."),
)
