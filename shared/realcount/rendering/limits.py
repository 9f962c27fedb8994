"""What the public may ask for, as the index says it. Each is enforced elsewhere; tests hold both together."""

from __future__ import annotations

from collections.abc import Mapping

MAX_PATH = 512
"""Bytes of a path. The longest that is a page of this API has 420."""

LIMITS: Mapping[str, int] = {
    "requests_per_minute": 60_000,
    "stations_per_minute": 6_000,
    "path_bytes": MAX_PATH,
    "document_bytes": 32 * 1024,
    "scan_bytes": 8 * 1024 * 1024,
}
"""By address: the firewall's (infra/edge.yaml), ours (`edge.http`), and those of officials' documents and scans."""
