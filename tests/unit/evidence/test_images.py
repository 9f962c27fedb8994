"""A scan is accepted if it is an image and nothing else; whatever else arrives is an answer, never a crash."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from realcount.evidence.images import MAX_PIXELS, PillowInspector
from realcount.evidence.layout import MAX_SCANS

inspect = PillowInspector().inspect


def picture(format_: str, size: tuple[int, int] = (160, 120), mode: str = "RGB", **options: object) -> bytes:
    image = Image.effect_noise(size, 60).convert(mode)
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, rows: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


JPEG, PNG = picture("JPEG"), picture("PNG")


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (JPEG, "image/jpeg"),
        (picture("JPEG", progressive=True), "image/jpeg"),
        (picture("JPEG", mode="L"), "image/jpeg"),
        (picture("JPEG", restart_marker_blocks=2), "image/jpeg"),
        (picture("JPEG", comment=b"C1-PPWP"), "image/jpeg"),
        (PNG, "image/png"),
        (picture("PNG", mode="RGBA"), "image/png"),
        (picture("PNG", mode="P"), "image/png"),
    ],
)
def test_a_scan_as_phones_and_scanners_write_it_is_accepted(content: bytes, media: str) -> None:
    assert inspect(content, media) is None


@pytest.mark.parametrize(
    ("content", "media", "why"),
    [
        (b"", "image/jpeg", "does not begin as a JPEG"),
        (b"", "image/png", "does not begin as a PNG"),
        (b"%PDF-1.7\n", "image/jpeg", "does not begin as a JPEG"),
        (PNG, "image/jpeg", "does not begin as a JPEG"),
        (JPEG, "image/png", "does not begin as a PNG"),
        (picture("GIF", mode="P"), "image/png", "does not begin as a PNG"),
        (picture("GIF", mode="P"), "image/gif", "only image/jpeg and image/png"),
        (b"<svg onload=alert(1)>", "image/svg+xml", "only image/jpeg and image/png"),
        (JPEG[: len(JPEG) // 2], "image/jpeg", "ends in the middle"),
        (JPEG[:-2], "image/jpeg", "ends in the middle"),
        (PNG[: len(PNG) // 2], "image/png", "ends in the middle"),
        (PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:], "image/png", "check sum"),
        (JPEG + b"PK\x03\x04 an archive", "image/jpeg", "goes on for 15 bytes"),
        (JPEG + b"<script>alert(1)</script>\xff\xd9", "image/jpeg", "goes on for 27 bytes"),
        (PNG + JPEG, "image/png", f"goes on for {len(JPEG)} bytes"),
        (b"GIF89a" + JPEG, "image/jpeg", "does not begin as a JPEG"),
    ],
)
def test_what_is_no_scan_is_refused_and_told_why(content: bytes, media: str, why: str) -> None:
    assert why in (inspect(content, media) or "accepted")


def test_a_file_of_the_right_structure_whose_pixels_are_garbage_is_refused() -> None:
    header = PNG[:33]
    garbage = header + chunk(b"IDAT", b"no zlib stream") + chunk(b"IEND", b"")
    short = header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    for content in (garbage, short):
        assert "cannot be decoded" in (inspect(content, "image/png") or "accepted")
    tables = JPEG.index(b"\xff\xdb"), JPEG.index(b"\xff\xc0")  # without its quantisation tables
    assert "cannot be decoded" in (inspect(JPEG[: tables[0]] + JPEG[tables[1] :], "image/jpeg") or "accepted")


def test_pillow_is_offered_one_decoder_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    offered: list[object] = []
    open_ = Image.open

    def spy(file: BytesIO, formats: object = None) -> Image.Image:
        offered.append(formats)
        return open_(file, formats=formats)  # type: ignore[arg-type]

    monkeypatch.setattr(Image, "open", spy)
    inspect(JPEG, "image/jpeg")
    inspect(PNG, "image/png")
    inspect(PNG, "image/jpeg")
    assert offered == [["JPEG"], ["PNG"]]


def test_a_photo_cut_short_and_closed_again_is_still_a_photo() -> None:
    """The decoder fills the rest with grey, and so would every viewer. What it shows is for the second official to judge."""
    assert inspect(JPEG[: len(JPEG) // 2] + b"\xff\xd9", "image/jpeg") is None


def test_a_small_file_that_unfolds_into_900_million_pixels_is_refused_unread() -> None:
    side = 30_000
    bomb = png_of(side, side, bytes((side // 8 + 1) * side))
    assert len(bomb) < 150_000
    assert "pixels" in (inspect(bomb, "image/png") or "accepted")


def test_the_limit_is_the_number_of_pixels_and_not_a_warning_of_the_library() -> None:
    width, height = 8_001, 5_000
    assert MAX_PIXELS < width * height < Image.MAX_IMAGE_PIXELS
    why = inspect(png_of(width, height, bytes((width // 8 + 1) * height)), "image/png")
    assert why == f"has {width} x {height} pixels; at most {MAX_PIXELS} are accepted"


def test_a_png_text_that_inflates_without_end_is_refused() -> None:
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64_000_000), 9))
    bomb = PNG[:33] + text + PNG[33:]
    assert "cannot be decoded" in (inspect(bomb, "image/png") or "accepted")


def test_a_jpeg_of_endless_passes_is_refused_before_it_is_decoded() -> None:
    progressive = picture("JPEG", progressive=True)
    last = progressive.rindex(b"\xff\xda")
    again = progressive[last:-2] * (MAX_SCANS + 1)
    assert f"more than {MAX_SCANS} passes" in (inspect(progressive[:-2] + again + b"\xff\xd9", "image/jpeg") or "")


def test_an_animation_is_not_a_scan() -> None:
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 128, 255)]
    out = BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert inspect(out.getvalue(), "image/png") == "holds more than one image"


@pytest.mark.parametrize(("original", "media"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
def test_five_thousand_damaged_files_are_answers_and_never_exceptions(original: bytes, media: str) -> None:
    """Half of them with the check sums put right again, so that the damage reaches the decoder."""
    random_ = random.Random(2019)
    refused = 0
    for round_ in range(2_500):
        data = bytearray(original)
        for _ in range(random_.randint(1, 8)):
            kind, at = random_.random(), random_.randrange(min(len(data), 700) if round_ % 3 else len(data))
            if kind < 0.7:
                data[at] = random_.randrange(256)
            elif kind < 0.85:
                del data[at : at + random_.randint(1, 40)]
            else:
                data[at:at] = random_.randbytes(random_.randint(1, 40))
        hostile = _with_right_sums(bytes(data)) if media == "image/png" and round_ % 2 else bytes(data)
        refused += inspect(hostile, media) is not None
    assert refused > 1_000


def _with_right_sums(data: bytes) -> bytes:
    out, at = bytearray(data[:8]), 8
    while at + 8 <= len(data):
        length = struct.unpack(">I", data[at : at + 4])[0]
        if at + 12 + length > len(data):
            break
        out += chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += 12 + length
    return bytes(out) + data[at:]
