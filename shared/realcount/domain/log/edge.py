"""The right edge of the tree: all a writer has to know to go on, however large the log is.

For each level the hashes of the tile that is not full yet, 255 at most. 800,000 entries leave about 150 hashes, so the
cost of an append does not depend on how much was appended before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from realcount.domain.log.hashing import complete_root, peaks_of, root_of_peaks
from realcount.domain.log.tiles import WIDTH, TileName, encode_tile


class Tile(NamedTuple):
    name: TileName
    data: bytes


@dataclass(frozen=True, slots=True)
class Edge:
    """`rows[L]` are the hashes of level L that fill no tile yet: `(size >> 8 * L) % 256` of them. No row ends the list
    empty, so that one log has one edge."""

    size: int = 0
    rows: tuple[tuple[bytes, ...], ...] = ()

    def __post_init__(self) -> None:
        """Raises `ValueError` if the rows are not those of a log of this size."""
        expected = _row_widths(self.size)
        found = [len(row) for row in self.rows]
        if found != expected:
            raise ValueError(f"a log of {self.size} entries has rows of {expected} hashes at its edge, not of {found}")

    def root(self) -> bytes:
        # A row's hashes lie left of everything in the rows below it, and cover more each.
        return root_of_peaks([peak for row in reversed(self.rows) for peak in peaks_of(row)])

    def append(self, leaves: Sequence[bytes]) -> tuple[Edge, list[Tile]]:
        """The edge after these leaf hashes, and every tile that a log of the new size has and one of the old size had not.

        Full tiles come as they fill; of the last one of a level, the partial tile of the new width. Pure: the same edge
        and the same leaves give the same tiles, so a writer that died may simply do it again.
        """
        rows: list[tuple[bytes, ...]] = []
        tiles: list[Tile] = []
        coming: Sequence[bytes] = leaves
        size = self.size + len(leaves)
        level = 0
        while coming or level < len(self.rows):
            held = self.rows[level] if level < len(self.rows) else ()
            first = (self.size >> (8 * level)) // WIDTH
            row = [*held, *coming]
            full, rest = divmod(len(row), WIDTH)
            blocks = [row[i * WIDTH : (i + 1) * WIDTH] for i in range(full)]
            tiles += [Tile(TileName(level, first + i), encode_tile(block)) for i, block in enumerate(blocks)]
            left = row[full * WIDTH :]
            if rest and coming:
                tiles.append(Tile(TileName(level, first + full, rest), encode_tile(left)))
            rows.append(tuple(left))
            coming = [complete_root(block) for block in blocks]
            level += 1
        while rows and not rows[-1]:
            rows.pop()
        return Edge(size, tuple(rows)), tiles


def _row_widths(size: int) -> list[int]:
    widths = []
    while size:
        widths.append(size % WIDTH)
        size //= WIDTH
    return widths
