"""Every file of the log's tree against every other, from the entries up.

Every bundle is hashed, every tile of every level compared with what the entries below it hash to. Sampling proofs would
not do: one flipped bit in one tile hides from any sample. Where a bundle and the tile above it disagree, the signed root
tells which of them is the log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from realcount.domain.errors import NotFound, RealcountError
from realcount.domain.log.base64_text import to_base64
from realcount.domain.log.checkpoints import Checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import HASH_BYTES, leaf_hash
from realcount.domain.log.tiles import MAX_BUNDLE, WIDTH, TileName, decode_bundle, decode_tile, tile_names
from realcount.verify.findings import Finding, shown
from realcount.verify.sources import Source, TooLarge, ahead

BUNDLE = -1

Progress = Callable[[str, int, int | None], None]
"""What is being done, how much of it is, and of how much."""


@dataclass(slots=True)
class Rehashed:
    """`leaves` are the hashes of all entries as they were read, one behind the other. `unread` are indices of entries in
    bundles that could not be read. `size` is how far the log could be followed at all; `roots` are those it had at the
    sizes that were asked for."""

    size: int = 0
    leaves: bytearray = field(default_factory=bytearray)
    unread: list[range] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    files: int = 0

    def leaf(self, index: int) -> bytes:
        return bytes(self.leaves[index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def readable(self, size: int) -> bool:
        """Whether all of the first `size` entries could be read."""
        return size <= self.size and not any(gap.start < size for gap in self.unread)


class _Tree:
    """A tree as it grows: its edge, its tiles above the lowest, and its root at the sizes asked for."""

    def __init__(self, final: int, sizes: Sequence[int]) -> None:
        self._final, self._sizes = final, sizes
        self.edge = Edge()
        self.roots: dict[int, bytes] = {}
        self.tiles: dict[TileName, bytes] = {}

    def copy(self) -> _Tree:
        other = _Tree(self._final, self._sizes)
        other.edge, other.roots, other.tiles = self.edge, dict(self.roots), dict(self.tiles)
        return other

    def append(self, leaves: Sequence[bytes]) -> None:
        start, first = self.edge.size, 0
        for size in (*(s for s in self._sizes if start < s < start + len(leaves)), start + len(leaves)):
            self.edge, tiles = self.edge.append(leaves[first : size - start])
            first = size - start
            self.tiles.update((name, data) for name, data in tiles if name.level > 0 and self._is_final(name))
            if size in self._sizes:
                self.roots[size] = self.edge.root()

    def _is_final(self, name: TileName) -> bool:
        return name.width == WIDTH or name.number * WIDTH + name.width == self._final >> (8 * name.level)


def rehash(
    source: Source,
    checkpoint: Checkpoint,
    sizes: Collection[int],
    aside: Callable[[int, bytes], None],
    progress: Progress,
) -> Rehashed:
    """Read and hash the whole log. `aside` is shown every entry with its index. Raises `Unavailable`.

    `sizes` are those at which the root is wanted.
    """
    done = Rehashed()
    of_entries = _Tree(checkpoint.size, sorted(sizes))
    of_tiles: _Tree | None = None  # Parts from the other one at the first difference.
    differences: list[tuple[int, list[int]]] = []
    bundles = -(-checkpoint.size // WIDTH)
    for number, bundle, tile in ahead(lambda n: _pair(source, checkpoint.size, n), range(bundles), source.at_once):
        name = _name(BUNDLE, checkpoint.size, number)
        hashes = _decoded(decode_tile, name._replace(level=0), tile, "bad-tile", done.findings)
        entries = _decoded(decode_bundle, name, bundle, "bad-bundle", done.findings)
        leaves = None if entries is None else [leaf_hash(entry) for entry in entries]
        known = leaves if leaves is not None else hashes
        if known is None:
            done.size = number * WIDTH
            return done
        if entries is None:
            done.unread.append(range(number * WIDTH, number * WIDTH + name.width))
        for i, entry in enumerate(entries or ()):
            aside(number * WIDTH + i, entry)
        if leaves is not None and hashes is not None and leaves != hashes:
            of_tiles = of_tiles or of_entries.copy()
            differences.append((number, [i for i, (a, b) in enumerate(zip(leaves, hashes, strict=True)) if a != b]))
        of_entries.append(known)
        if of_tiles is not None:
            of_tiles.append(hashes or known)
        done.leaves += b"".join(known)
        done.files += 2
        progress("hashing", number + 1, bundles)
    done.size = checkpoint.size
    right = of_entries
    if of_tiles is not None and of_entries.edge.root() != checkpoint.root == of_tiles.edge.root():
        right = of_tiles
    done.roots = right.roots
    if right.edge.root() != checkpoint.root:
        found = f"root {to_base64(right.edge.root())} over {checkpoint.size} entries"
        done.findings.append(Finding("root-differs", "checkpoint", found, f"{to_base64(checkpoint.root)}, as signed"))
    for number, places in differences:
        done.findings.append(_difference(source, checkpoint, done, number, places, right is of_tiles))
    done.findings += _upper(source, checkpoint, right, done, progress)
    return done


def _name(level: int, size: int, number: int) -> TileName:
    return TileName(level, number, min(WIDTH, (size >> (8 * max(level, 0))) - number * WIDTH))


def _pair(source: Source, size: int, number: int) -> tuple[int, bytes | RealcountError, bytes | RealcountError]:
    name = _name(BUNDLE, size, number)
    return number, _read(source, name), _read(source, name._replace(level=0))


def _read(source: Source, name: TileName) -> bytes | RealcountError:
    try:
        return source.get(name.path, MAX_BUNDLE if name.level == BUNDLE else name.width * HASH_BYTES)
    except (NotFound, TooLarge) as error:
        return error


def _decoded(
    decode: Callable[[TileName, bytes], list[bytes]],
    name: TileName,
    data: bytes | RealcountError,
    code: str,
    findings: list[Finding],
) -> list[bytes] | None:
    first = name.number * WIDTH * 256 ** max(name.level, 0)
    expected = f"{name.width} {'entries' if name.level == BUNDLE else 'hashes'}, from entry {first} on"
    if isinstance(data, RealcountError):
        kind = "missing" if isinstance(data, NotFound) else "too-large"
        findings.append(Finding(kind, name.path, str(data), expected, first))
        return None
    try:
        return decode(name, data)
    except ValueError as error:
        findings.append(Finding(code, name.path, str(error), expected, first))
        return None


def _difference(
    source: Source, checkpoint: Checkpoint, done: Rehashed, number: int, places: list[int], tiles_are_right: bool
) -> Finding:
    bundle, tile = _name(BUNDLE, checkpoint.size, number), _name(0, checkpoint.size, number)
    entry = number * WIDTH + places[0]
    more = f", and {len(places) - 1} more of this file" if len(places) > 1 else ""
    hashed = f"it hashes to {shown(done.leaf(entry))}{more}"
    if tiles_are_right:
        return Finding("entry-differs", bundle.path, hashed, f"the hash in {tile.path}, which was signed", entry)
    return Finding("tile-differs", tile.path, f"another hash for entry {entry}{more}", hashed, entry)


def _upper(
    source: Source, checkpoint: Checkpoint, tree: _Tree, done: Rehashed, progress: Progress
) -> Iterator[Finding]:
    names = [name for name in tile_names(checkpoint.size) if name.level > 0]
    for name, data in zip(names, ahead(lambda n: _read(source, n), names, source.at_once), strict=True):
        problems: list[Finding] = []
        hashes = _decoded(decode_tile, name, data, "bad-tile", problems)
        yield from problems
        done.files += 1
        if hashes is not None and data != tree.tiles[name]:
            right = decode_tile(name, tree.tiles[name])
            at = next(i for i, (a, b) in enumerate(zip(hashes, right, strict=True)) if a != b)
            entry = (name.number * WIDTH + at) * 256**name.level
            yield Finding("tile-differs", name.path, f"hash {at} is {shown(hashes[at])}", shown(right[at]), entry)
    progress("hashing", len(names), len(names))
