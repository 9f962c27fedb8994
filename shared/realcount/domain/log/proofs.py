"""That an entry is in a log, and that a log only grew: proofs of RFC 6962 (section 2.1.1 and 2.1.2), made and checked.

Checking follows the algorithms of RFC 9162 (sections 2.1.3.2 and 2.1.4.2) to the letter. A proof that does not hold
raises `NotProven`; there is no half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from realcount.domain.errors import RealcountError
from realcount.domain.log.hashing import complete_root, node_hash, root_of_peaks
from realcount.domain.log.tiles import WIDTH, TileName, decode_tile

TILE_HEIGHT = 8


class NotProven(RealcountError):
    """What was claimed does not follow from what was shown. Says which claim."""


class Tree:
    """The tree of a log of `size` entries, read through its tiles; each tile is read once.

    `read` gives the bytes of a tile and raises what it likes. A tile of the wrong length raises `NotProven`.
    """

    def __init__(self, size: int, read: Callable[[TileName], bytes]) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def root(self) -> bytes:
        return self._range_root(0, self.size)

    def root_at(self, size: int) -> bytes:
        """The root that the log had when it was so long. Raises `ValueError` for a longer one."""
        if not 0 <= size <= self.size:
            raise ValueError(f"a log of {self.size} entries was never one of {size}")
        return self._range_root(0, size)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The proof that entry `index` is in the log, from its sibling up. Raises `ValueError` for no entry of the log."""
        if not 0 <= index < self.size:
            raise ValueError(f"a log of {self.size} entries has no entry {index}")
        proof: list[bytes] = []
        low, high = 0, self.size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                proof.append(self._range_root(middle, high))
                high = middle
            else:
                proof.append(self._range_root(low, middle))
                low = middle
        return proof[::-1]

    def consistency_proof(self, earlier: int) -> list[bytes]:
        """The proof that the log of `earlier` entries is the beginning of this one. Raises `ValueError` for a longer one."""
        if not 0 <= earlier <= self.size:
            raise ValueError(f"a log of {self.size} entries did not grow from one of {earlier}")
        if earlier in (0, self.size):
            return []
        proof: list[bytes] = []
        low, high = 0, self.size
        whole = True  # Whether the earlier log is exactly a subtree of what is left: then the checker knows its root.
        while earlier != high:
            middle = low + _split(high - low)
            if earlier <= middle:
                proof.append(self._range_root(middle, high))
                high = middle
            else:
                proof.append(self._range_root(low, middle))
                low, whole = middle, False
        return ([] if whole else [self._range_root(low, high)]) + proof[::-1]

    def _range_root(self, low: int, high: int) -> bytes:
        """The root over entries `low` to `high`; `low` is a multiple of the largest power of two below their number."""
        peaks: list[bytes] = []
        while low < high:
            height = (high - low).bit_length() - 1
            peaks.append(self._node(height, low >> height))
            low += 1 << height
        return root_of_peaks(peaks)

    def _node(self, height: int, index: int) -> bytes:
        level, above = divmod(height, TILE_HEIGHT)
        first = index << above
        hashes = self._tile(level, first // WIDTH)
        start = first % WIDTH
        return complete_root(hashes[start : start + (1 << above)])

    def _tile(self, level: int, number: int) -> list[bytes]:
        known = self._tiles.get((level, number))
        if known is None:
            width = min(WIDTH, (self.size >> (TILE_HEIGHT * level)) - number * WIDTH)
            name = TileName(level, number, width)
            try:
                known = decode_tile(name, self._read(name))
            except ValueError as error:
                raise NotProven(str(error)) from None
            self._tiles[level, number] = known
        return known


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """That `leaf` is the hash of entry `index` in the log of this size and root. Raises `NotProven`."""
    place, last, found = index, size - 1, leaf
    if not 0 <= index < size:
        raise NotProven(f"a log of {size} entries has no entry {index}")
    for sibling in proof:
        if last == 0:
            raise NotProven(f"the proof for entry {index} of {size} is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise NotProven(f"the proof for entry {index} of {size} is too short")
    if found != root:
        raise NotProven(f"entry {index} is not what the log of {size} entries has there")


def check_consistency(earlier: int, size: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes) -> None:
    """That the log of `earlier` entries with its root is the beginning of the log of `size`. Raises `NotProven`."""
    claim = f"the log of {size} entries does not go on from the log of {earlier} that was seen before"
    if not 0 <= earlier <= size:
        raise NotProven(f"{claim}: it is shorter")
    if earlier in (0, size):
        if proof or (earlier == size and earlier_root != root):
            raise NotProven(claim)
        return
    path = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    if not path:
        raise NotProven(f"{claim}: the proof is empty")
    place, last = earlier - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for node in path[1:]:
        if last == 0:
            raise NotProven(f"{claim}: the proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, node)
        place, last = place >> 1, last >> 1
    if last != 0 or before != earlier_root or after != root:
        raise NotProven(claim)


def _split(width: int) -> int:
    """The largest power of two below `width`: where RFC 6962 cuts a tree of that many entries."""
    return 1 << ((width - 1).bit_length() - 1)
