"""What a check remembers for the next one, in a folder of its own for each log and key.

    checkpoint     the log's last word that held; the next one must go on from it
    evidence/      signed words that contradict each other: never deleted, and all one needs to convict the log
    files/         full tiles and bundles, as fetched
    signatures     up to which entry, and under which root, every official's signature was found right
    sums           hashes of the nodes of sum trees that were found published as they must be

Whoever can write here can keep the checker from noticing: the folder is as much to be guarded as the checker itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from realcount.domain.canonical import canonical_bytes, parse_canonical, sha256_hex
from realcount.domain.errors import Rejected
from realcount.domain.log.hashing import HASH_BYTES
from realcount.domain.log.notes import NoteKey


class State:
    def __init__(self, folder: Path, key: NoteKey) -> None:
        self.folder = folder / f"{quote(key.name, safe='')}+{key.id.hex()}"
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def files(self) -> Path:
        return self.folder / "files"

    def remembered(self) -> bytes | None:
        file = self.folder / "checkpoint"
        return file.read_bytes() if file.is_file() else None

    def remember(self, note: bytes) -> None:
        _replace(self.folder / "checkpoint", note)

    def keep_evidence(self, *notes: bytes) -> list[Path]:
        """Lay signed notes down where nothing deletes them; returns where they lie."""
        folder = self.folder / "evidence"
        folder.mkdir(exist_ok=True)
        kept = [folder / f"{sha256_hex(note)[:16]}.note" for note in notes]
        for file, note in zip(kept, notes, strict=True):
            if not file.exists():
                _replace(file, note)
        return kept

    def signatures_checked(self) -> tuple[int, bytes] | None:
        """Of how many entries, and the root of the log of so many."""
        file = self.folder / "signatures"
        try:
            value = parse_canonical(file.read_bytes()) if file.is_file() else {}
        except Rejected:
            return None  # Damaged: the signatures are checked again.
        size, root = value.get("size"), value.get("root")
        if type(size) is not int or not isinstance(root, str) or len(root) != 2 * HASH_BYTES:
            return None
        try:
            return size, bytes.fromhex(root)
        except ValueError:
            return None

    def signatures_are_checked(self, size: int, root: bytes) -> None:
        _replace(self.folder / "signatures", canonical_bytes({"size": size, "root": root.hex()}))

    def sums_seen(self) -> set[bytes]:
        file = self.folder / "sums"
        data = file.read_bytes() if file.is_file() else b""
        return {data[i : i + HASH_BYTES] for i in range(0, len(data) - HASH_BYTES + 1, HASH_BYTES)}

    def sums_are_seen(self, hashes: Iterable[bytes]) -> None:
        _replace(self.folder / "sums", b"".join(sorted(hashes)))


def _replace(file: Path, data: bytes) -> None:
    unfinished = file.with_name(file.name + ".part")
    unfinished.write_bytes(data)
    os.replace(unfinished, file)
