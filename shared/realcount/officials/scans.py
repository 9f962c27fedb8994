"""Scans on the official's side: held to the very check of the server, and saved anew where a phone appended its own data."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from realcount.domain.errors import Refusal
from realcount.domain.statements import MAX_SCAN_SIZE
from realcount.evidence.images import PillowInspector
from realcount.officials.official import Scan

FOLLOWED = "goes on for"
"""How the check begins what it says of bytes after the end of an image."""

_MAGIC = {b"\xff\xd8": "image/jpeg", b"\x89PNG": "image/png"}


def read_scan(path: Path, page: int | None, field: str) -> Scan | Refusal:
    """The scan in a file, as the server would take it, or why it would not."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return Refusal("no-file", field, f"{path}: {error.strerror}")
    media = next((media for magic, media in _MAGIC.items() if content.startswith(magic)), "")
    why = PillowInspector().inspect(content, media) if media else "is neither JPEG nor PNG"
    if why is not None and media:
        content, why = _saved_anew(content, media, why)
    if why is not None:
        return Refusal("bad-image", field, f"{path.name} {why}")
    if len(content) > MAX_SCAN_SIZE:
        return Refusal("too-large", field, f"{path.name} has {len(content)} bytes; at most {MAX_SCAN_SIZE} are taken")
    return Scan(content, media, page)


def _saved_anew(content: bytes, media: str, why: str) -> tuple[bytes, str | None]:
    """The same picture without what follows it. What still is none, or was cut short, stays as it was, with `why`."""
    if not why.startswith(FOLLOWED):
        return content, why
    out = BytesIO()
    with Image.open(BytesIO(content), formats=["JPEG" if media == "image/jpeg" else "PNG"]) as image:
        if media == "image/jpeg":
            image.save(out, "JPEG", quality="keep")
        else:
            image.save(out, "PNG")
    saved = out.getvalue()
    again = PillowInspector().inspect(saved, media)
    return (saved, None) if again is None else (content, why)
