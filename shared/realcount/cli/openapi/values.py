"""The values that documents are made of: ids, counts, instants, links, and the base of every model."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ID = r"^[A-Za-z0-9_.:-]{1,64}$"
INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$"


class Document(BaseModel):
    """Unknown members are refused here, so that a page and its model cannot part. The published schema allows them: members
    may be added at any time."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True, serialize_by_alias=True)


Id = Annotated[str, Field(pattern=ID, description="An opaque id: never take it apart.")]
Count = Annotated[int, Field(ge=0, description="A whole number.")]
Edition = Annotated[
    int, Field(ge=0, description="Grows with every change of what the document shows; never goes back.")
]
Instant = Annotated[
    str,
    Field(
        pattern=INSTANT,
        description="A time in UTC (RFC 3339, always with milliseconds and Z).",
        json_schema_extra={"format": "date-time"},
    ),
]
Date = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        description="A date without a zone.",
        json_schema_extra={"format": "date"},
    ),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256, in hexadecimal.")]
Link = Annotated[
    str,
    Field(
        pattern=r"^/[!-~]*$",
        description="A path on this host (RFC 3986 path-absolute).",
        json_schema_extra={"format": "uri-reference"},
    ),
]
Text = Annotated[str, Field(max_length=4_000)]
Votes = Annotated[dict[Id, Count], Field(description="Votes by option, in the order of the ballot.")]


class SelfLink(Document):
    self: Link
