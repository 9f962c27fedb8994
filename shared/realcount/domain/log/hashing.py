"""What a leaf and a node of the log's tree hash to: RFC 6962, section 2.1 (the same in RFC 9162).

The first byte keeps the two apart, so that no node can be passed off as an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a log without entries."""

_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of sibling hashes. Raises `ValueError` for any other number."""
    if not hashes or len(hashes) & (len(hashes) - 1):
        raise ValueError(f"{len(hashes)} hashes do not fill a complete tree")
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def peaks_of(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the complete trees that a row of sibling hashes falls into, the largest (the leftmost) first."""
    peaks: list[bytes] = []
    start = 0
    while start < len(hashes):
        width = 1 << ((len(hashes) - start).bit_length() - 1)
        peaks.append(complete_root(hashes[start : start + width]))
        start += width
    return peaks


def root_of_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root of a tree from the roots of its complete parts, the largest first. Of none: `EMPTY_ROOT`."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over a row of leaf hashes: MTH of RFC 6962."""
    return root_of_peaks(peaks_of(hashes))
