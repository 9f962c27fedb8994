"""The entries of a log as its files have them, each bundle held to the edge that its writer keeps.

Whoever goes on from what the files say must not be told something else than what was hashed: a full bundle's root stands
in a tile, that tile's root in one above it, and so on up to the edge; what is not full is at the edge itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import complete_root, leaf_hash
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.tiles import BUNDLES, WIDTH, TileName, decode_bundle, decode_tile


class Leaf(NamedTuple):
    """An entry, its index, and its hash in the log."""

    at: int
    entry: bytes
    hash: bytes


class Bundles:
    """The bundles of the log that `edge` is the edge of. `read` gives the bytes of a file by its path and raises what it
    likes; it may be called from several threads. Tiles are read once."""

    def __init__(self, edge: Edge, read: Callable[[str], bytes]) -> None:
        self.edge = edge
        self._read = read
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def holding(self, start: int, end: int) -> range:
        """The numbers of the bundles that hold the entries from `start` up to `end`, which is not among them."""
        return range(start // WIDTH, -(-end // WIDTH))

    def leaves(self, number: int) -> list[Leaf]:
        """All entries of a bundle. Raises `NotProven` if they are not those that the log was made of, which names it."""
        first = number * WIDTH
        name = TileName(BUNDLES, number, min(WIDTH, self.edge.size - first))
        try:
            entries = decode_bundle(name, self._read(name.path))
        except ValueError as error:
            raise NotProven(str(error)) from None
        hashes = [leaf_hash(entry) for entry in entries]
        self._require(name, 0, number, hashes)
        return [Leaf(first + i, entry, hashes[i]) for i, entry in enumerate(entries)]

    def _require(self, name: TileName, level: int, number: int, hashes: list[bytes]) -> None:
        if len(hashes) < WIDTH:
            proven = tuple(hashes) == self.edge.rows[level]
        else:
            proven = complete_root(hashes) == self._hash(level + 1, number)
        if not proven:
            raise NotProven(f"{name.path} does not hold what the log was made of")

    def _hash(self, level: int, index: int) -> bytes:
        number, place = divmod(index, WIDTH)
        held = (self.edge.size >> (8 * level)) - number * WIDTH
        if held < WIDTH:
            return self.edge.rows[level][place]
        known = self._tiles.get((level, number))
        if known is None:
            name = TileName(level, number)
            try:
                known = decode_tile(name, self._read(name.path))
            except ValueError as error:
                raise NotProven(str(error)) from None
            self._require(name, level, number, known)
            self._tiles[level, number] = known
        return known[place]
