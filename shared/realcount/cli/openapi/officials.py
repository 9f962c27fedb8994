"""What officials' clients are told, and every problem document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from realcount.cli.openapi.values import Count, Document, Id, Instant, Link, Sha256, Text
from realcount.edge.problems import PROBLEMS

TYPES = tuple(f"/problems/{code}" for code in PROBLEMS)


class Refusal(Document):
    code: Text
    field: Text
    detail: Text


class Problem(Document):
    """RFC 9457. Rely on `type` and `code`; the other texts are for people."""

    type: Literal[TYPES]  # type: ignore[valid-type]
    title: Text
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str = Field(description="The path that was asked for.")
    refusals: list[Refusal] = Field(default=[], description="Why a signed document was refused: all reasons.")


class GatewayMessage(Document):
    """What API Gateway says where no function of ours was reached."""

    message: Text


class UploadFile(Document):
    name: Text
    sha256: Sha256
    bytes: Count
    media: Text


class GrantedFile(UploadFile):
    url: str = Field(description="Where to post the file, as multipart/form-data.")
    fields: dict[str, str] = Field(description="Form fields to send before the file.")


class UploadLinks(Document):
    self: Link
    station: Link


class Upload(Document):
    """What became of an upload."""

    upload: Text
    state: Literal["granted", "accepted", "rejected"]
    election: Id
    contest: Id
    station: Id
    granted_at: Instant
    settled_at: Instant | None
    version: int | None = Field(ge=1)
    form: Sha256 | None
    receipt: str | None = Field(description="A signed note (C2SP): which form was received when.")
    refusals: list[Refusal]
    links: UploadLinks
    files: list[UploadFile]


class Grant(Upload):
    """An upload that is granted: where each file goes."""

    expires_in: Count = Field(description="Seconds.")
    files: list[GrantedFile]  # type: ignore[assignment]


class ReviewLinks(Document):
    station: Link


class Review(Document):
    """A decision as it is recorded."""

    election: Id
    contest: Id
    station: Id
    version: int = Field(ge=1)
    form: Sha256
    decision: Literal["approve", "return"]
    reason: Text | None
    by: Id
    decided_at: Instant
    links: ReviewLinks
