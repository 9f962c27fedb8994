"""An answer as it comes over the wire: one of its headers, and whether its body is a whole page, and the right one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

import brotli


def header(head: bytes, name: bytes) -> bytes | None:
    """The value of a header; `name` in lower case."""
    at = head.lower().find(b"\r\n" + name + b":")
    if at < 0:
        return None
    at += len(name) + 3
    end = head.find(b"\r\n", at)
    return head[at : end if end >= 0 else len(head)].strip()


def is_whole(path: str, head: bytes, body: bytes) -> bool:
    """Whether the body is a page, and the page of this path."""
    coding = header(head, b"content-encoding")
    if header(head, b"content-length") is None:
        return True  # In pieces; whoever asks next gets it whole.
    try:
        plain = brotli.decompress(body) if coding == b"br" else gzip.decompress(body) if coding == b"gzip" else body
        page: Mapping[str, Any] = json.loads(plain)
    except (ValueError, OSError, brotli.error):
        return False
    unit = page.get("region") or page["station"]
    return path.endswith(f"/{unit['id']}")
