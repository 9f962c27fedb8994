"""Every error of realcount, by what the caller can do about it.

One root and few children. Adapters translate what their service says into one of these; `edge/problems.py` is the one
place that turns them into HTTP. Whatever is not one of these is a fault of ours and propagates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why input was refused: which field, what was wrong with it, what would be right.

    `field` is the path of the member as the sender wrote it (`votes.21`, `scans[0].sha256`, `signature`).
    `code` is stable and documented in docs/api.md; `detail` is for the person who reads it.
    """

    code: str
    field: str
    detail: str


class RealcountError(Exception):
    """Root of every error realcount raises on purpose."""


class Rejected(RealcountError):
    """The input cannot be what it claims to be. Nothing was changed. Carries every refusal found, never just the first."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals: tuple[Refusal, ...] = tuple(refusals)
        super().__init__("; ".join(f"{r.field}: {r.detail}" for r in self.refusals))


class Forbidden(RealcountError):
    """The signer is known, or is not, but may not do this. `code` says why in one stable word."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class NotFound(RealcountError):
    """The thing named does not exist in this election."""


class Conflict(RealcountError):
    """Somebody else was faster: the state is no longer what the caller read. Read again, then decide again."""


class Unavailable(RealcountError):
    """A store did not answer, or not in time. The same call may succeed later; it may also have succeeded already."""


class Drift(RealcountError):
    """Two numbers that must be equal are not. Never repaired in passing: it is shown to a person."""
