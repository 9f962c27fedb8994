"""Base64 with one spelling: what is signed and what is compared must not be writable in two ways."""

from __future__ import annotations

import base64
import binascii


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """The bytes, or None for anything but the one canonical spelling (RFC 4648, section 3.5): no other trailing bits."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if to_base64(data) == text else None
