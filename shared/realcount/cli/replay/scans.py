"""Pictures of the papers, for want of the real ones: small, readable, and the same for the same station every time."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw, ImageFont

from realcount.officials.official import Scan

_TYPE = ImageFont.load_default_imagefont()


def picture(station: str, lines: Mapping[str, int]) -> Scan:
    """A JPEG of a sheet of paper with these numbers on it, about 6 KB."""
    sheet = Image.new("L", (280, 360), 238)
    draw = ImageDraw.Draw(sheet)
    text = [
        f"C1-PPWP 2019  {station}",
        "(replay; not the real paper)",
        "",
        *(f"{k:<16}{v:>8}" for k, v in lines.items()),
    ]
    draw.multiline_text((16, 16), "\n".join(text), fill=24, font=_TYPE, spacing=4)
    held = io.BytesIO()
    sheet.save(held, "JPEG", quality=60)
    return Scan(held.getvalue())
