"""ScanInspector with Pillow. Decides whether bytes are one decodable image of the type they are said to be.

Everything here is fed by strangers. The order keeps the price of a bad file low: structure first, then the size that the
header declares, and only then the pixels, all of them, because a truncated photo shows only when it is decoded.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

from PIL import Image

from realcount.evidence.layout import fault_in_jpeg, fault_in_png

MAX_PIXELS = 40_000_000
"""Pixels of one scan: a phone's 12 to 24 million fit, and so does A4 at 600 dpi (35 million). Decoding takes up to 4 bytes each."""

_UNREADABLE = (
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,  # truncated, unknown, damaged
    SyntaxError,  # a broken PNG
    ValueError,  # nonsense in a header, text that inflates without end
    LookupError,
    ArithmeticError,
    TypeError,
    EOFError,
    struct.error,
    zlib.error,
)
"""What Pillow raises on hostile input; it documents none of it. The first five came up in 40,000 damaged files, the others
are what its parsers can raise by their make. Anything else fails this one upload's event, and no other's."""


class _Kind(NamedTuple):
    format: str
    fault: Callable[[bytes], str | None]


_KINDS = {"image/jpeg": _Kind("JPEG", fault_in_jpeg), "image/png": _Kind("PNG", fault_in_png)}
"""The allow-list. Pillow is never offered a decoder that is not in it."""


class PillowInspector:
    def inspect(self, content: bytes, media: str) -> str | None:
        """None if the bytes are a decodable image of exactly this media type within the limits, else why not.

        Total on hostile input: truncated files, polyglots and decompression bombs are answers, not exceptions.
        """
        kind = _KINDS.get(media)
        if kind is None:
            return f"is {media}; only {' and '.join(_KINDS)} are accepted"
        return kind.fault(content) or _fault_in_pixels(content, kind.format)


def _fault_in_pixels(content: bytes, format_: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=[format_]) as image:
                if image.format != format_ or getattr(image, "n_frames", 1) != 1:
                    return "holds more than one image"
                if image.width * image.height > MAX_PIXELS:
                    return f"has {image.width} x {image.height} pixels; at most {MAX_PIXELS} are accepted"
                image.load()
    except _UNREADABLE as error:
        return f"cannot be decoded as {format_}: {error}"[:300]
    return None
