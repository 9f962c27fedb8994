"""What an official was allowed to upload, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal
from realcount.domain.form import ScanRef


@dataclass(frozen=True, slots=True)
class UploadFile:
    """One file of a grant: its `name` within the upload (`form`, `scan-1`…) and what it must be."""

    name: str
    content: ScanRef


@dataclass(frozen=True, slots=True)
class Upload:
    """A granted upload and what became of it.

    `id` is derived from the signed request, so the same request granted twice is one upload. `state` is `granted`,
    then `accepted` or `rejected`, which are final. `form_hash`, `version` and `receipt` (a signed note,
    `domain.log.receipts`) are set once accepted.
    """

    id: str
    contest: ContestKey
    station: str
    key: str
    files: tuple[UploadFile, ...]
    granted_at: str
    state: str = "granted"
    refusals: tuple[Refusal, ...] = ()
    form_hash: str | None = None
    version: int | None = None
    settled_at: str | None = None
    receipt: str | None = None
