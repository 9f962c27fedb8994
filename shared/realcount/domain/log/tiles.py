"""How the tree is cut into files (C2SP tlog-tiles).

A tile of level L holds up to 256 hashes, each the root over 256**L entries; the tile number N of a level holds those from
256 * N on. A tile that is not full yet is a file of its own for every width, so that no file ever changes. Entries lie in
bundles of the same numbering, each entry behind its length in two bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from realcount.domain.log.hashing import HASH_BYTES

WIDTH = 256
BUNDLES = -1
"""The level, as it were, of the files that hold entries."""

MAX_ENTRY = 65_535
"""Bytes: the length that two bytes can say."""

MAX_BUNDLE = WIDTH * (2 + MAX_ENTRY)


class TileName(NamedTuple):
    """Which tile; `level` -1 is the bundle of entries. `width` is how many hashes or entries this file of it holds."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path under the log's prefix, as `tile/1/x001/234.p/7` or `tile/entries/067`."""
        level = "entries" if self.level < 0 else str(self.level)
        groups = []
        number = self.number
        while True:
            number, group = divmod(number, 1000)
            groups.append(f"{group:03d}")
            if not number:
                break
        text = "/".join(["x" + group for group in reversed(groups[1:])] + groups[:1])
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{text}{partial}"


def tile_names(size: int) -> Iterator[TileName]:
    """Every file that a log of `size` entries consists of, bundles first, each full or partial as the size says."""
    for level in (-1, *range(8)):
        hashes = size >> (8 * max(level, 0))
        if not hashes:
            return
        full, rest = divmod(hashes, WIDTH)
        yield from (TileName(level, number) for number in range(full))
        if rest:
            yield TileName(level, full, rest)


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    return b"".join(hashes)


def decode_tile(name: TileName, data: bytes) -> list[bytes]:
    """The hashes in a tile. Raises `ValueError` if it does not hold as many as its name says."""
    if len(data) != name.width * HASH_BYTES:
        raise ValueError(f"{name.path} is {len(data)} bytes; {name.width} hashes are {name.width * HASH_BYTES}")
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Raises `ValueError` for an entry that is longer than its length can say."""
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise ValueError(f"an entry of {len(entry)} bytes; a log takes {MAX_ENTRY} at most")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(name: TileName, data: bytes) -> list[bytes]:
    """The entries in a bundle. Raises `ValueError` if it is cut, or does not hold as many as its name says."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ValueError(f"{name.path} ends within its entry {len(entries)}")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != name.width:
        raise ValueError(f"{name.path} holds {len(entries)} entries; it should hold {name.width}")
    return entries
