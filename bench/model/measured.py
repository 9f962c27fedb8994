"""The renewal formula against the spike that was measured on one machine: same readers, same lifetimes, real cache.

The bench `spike` leaves in its result, under `renewal`, rows with `rate` (requests per second of one page), `lifetime`
(seconds) and `fetches` (per second, counted at the origin).
"""

from __future__ import annotations

from pathlib import Path

from bench.model.renewal import fetches
from bench.records import kept


def against_spike(results: Path) -> list[dict[str, float]]:
    """One row per page that was measured; none as long as the bench has not been run."""
    rows = (kept("spike", results) or {}).get("renewal", [])
    if not isinstance(rows, list):
        return []
    return [{**row, "model": fetches(row["rate"], row["lifetime"])} for row in rows]
