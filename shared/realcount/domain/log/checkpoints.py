"""What a log says of itself (C2SP tlog-checkpoint): three lines, signed as a note.

<origin: the name of the log>
<size: how many entries, in decimal>
<root: base64 of the root over them>
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from realcount.domain.errors import Refusal, Rejected
from realcount.domain.log.base64_text import from_base64, to_base64
from realcount.domain.log.hashing import HASH_BYTES

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def log_name(origin: str, election: str) -> str:
    """The origin of an election's log: each has its own, so that no checkpoint can be shown for another's."""
    return f"{origin}/{election}"


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text; lines after the third are extensions and are left alone. Raises `Rejected`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or "" in lines[:-1]:
        raise _refused("is not three lines, each ended by a line feed: origin, size and root")
    origin, size, encoded = lines[:3]
    if not _SIZE.fullmatch(size):
        raise _refused(f"gives no size in its second line, but {size[:40]!r}")
    root = from_base64(encoded)
    if root is None or len(root) != HASH_BYTES:
        raise _refused("gives no root in its third line: base64 of 32 bytes was expected")
    return Checkpoint(origin, int(size), root)


def _refused(detail: str) -> Rejected:
    return Rejected([Refusal("bad-checkpoint", "checkpoint", detail)])
