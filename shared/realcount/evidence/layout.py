"""Where an image file ends, read from its own structure and without decoding a pixel.

A decoder stops at the end of the image and never looks further; a file that goes on may be something else as well (an
archive, a page with scripts). So the end is found here, by walking the file's segments, and must be the last byte.
"""

from __future__ import annotations

import zlib

MAX_SCANS = 64
"""Passes of a progressive JPEG. Encoders write about ten; thousands of tiny ones keep a decoder busy for minutes."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


def fault_in_jpeg(data: bytes) -> str | None:
    """Why the bytes are not one whole JPEG from the first to the last, or None. Total."""
    if data[:2] != b"\xff\xd8":
        return "does not begin as a JPEG does"
    at, scans = 2, 0
    while True:
        if at + 1 >= len(data):
            return "ends in the middle of the image"
        if data[at] != 0xFF:
            return f"is no JPEG at byte {at}: a segment was expected"
        marker = data[at + 1]
        if marker == 0xFF:  # A fill byte before a marker.
            at += 1
            continue
        at += 2
        if marker == _EOI:
            return _trailing(data, at)
        if marker in _WITHOUT_LENGTH:
            continue
        if marker in (0x00, _SOI):
            return f"is no JPEG at byte {at - 2}: a segment was expected"
        at += int.from_bytes(data[at : at + 2], "big")
        if marker == _SOS:
            scans += 1
            if scans > MAX_SCANS:
                return f"has more than {MAX_SCANS} passes"
            at = _end_of_scan(data, at)


def fault_in_png(data: bytes) -> str | None:
    """Why the bytes are not one whole PNG from the first to the last, or None. Checks every chunk's CRC. Total."""
    if not data.startswith(_PNG_SIGNATURE):
        return "does not begin as a PNG does"
    at = len(_PNG_SIGNATURE)
    while True:
        body_end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if body_end + 4 > len(data):
            return "ends in the middle of the image"
        kind = data[at + 4 : at + 8]
        if zlib.crc32(data[at + 4 : body_end]) != int.from_bytes(data[body_end : body_end + 4], "big"):
            return f"is damaged: the check sum of the part at byte {at} is wrong"
        at = body_end + 4
        if kind == b"IEND":
            return _trailing(data, at)


def _end_of_scan(data: bytes, at: int) -> int:
    """The place of the first marker after the compressed data: FF followed by neither 00 (a stuffed byte) nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != 0x00 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _trailing(data: bytes, end: int) -> str | None:
    return None if end == len(data) else f"goes on for {len(data) - end} bytes after the end of the image"
