"""Public keys in files: the record that the registry is told, as JSON, read as strictly as anything from outside."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from realcount.domain import strict
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.official import ALGORITHMS, ALL_CONTESTS, PUBLIC_KEY_BYTES, ROLES, OfficialKey, is_public_key

MAX_REGIONS = 1_000


def read_records(file: Path) -> list[OfficialKey]:
    """The public keys in a file: one record, or a list of them. Raises `Rejected` with every reason, naming the file."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # Includes text that is not UTF-8.
        raise Rejected([Refusal("bad-key-file", str(file), f"is not JSON: {error}")]) from None
    try:
        return [read_record(record) for record in (value if isinstance(value, list) else [value])]
    except Rejected as refused:
        named = [Refusal(r.code, f"{file}: {r.field}" if r.field else str(file), r.detail) for r in refused.refusals]
        raise Rejected(named) from None


def read_record(value: object) -> OfficialKey:
    """A registry record from its JSON. Raises `Rejected`."""
    try:
        record = KeyRecord.model_validate(value)
    except ValidationError as invalid:
        raise Rejected([_refusal(error) for error in invalid.errors(include_url=False)]) from None
    return OfficialKey(**dict(record))


def _public_key(value: object) -> bytes:
    try:
        return base64.b64decode(strict.text(value), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be a public key in base64") from None


def _units(value: object) -> tuple[str, ...]:
    return tuple(strict.identifier(entry) for entry in strict.array(1, MAX_REGIONS)(value))


def _contests(value: object) -> tuple[str, ...]:
    return (ALL_CONTESTS,) if value == [ALL_CONTESTS] else _units(value)


Id = Annotated[str, PlainValidator(strict.identifier)]
Instant = Annotated[str, PlainValidator(strict.instant)]


class KeyRecord(BaseModel):
    """The members of a record, all of them needed and no others, each held to the rule that signed statements use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    holder: Id
    election: Id
    algorithm: Annotated[str, PlainValidator(strict.one_of(*ALGORITHMS))]
    public_key: Annotated[bytes, PlainValidator(_public_key)]
    role: Annotated[str, PlainValidator(strict.one_of(*ROLES))]
    regions: Annotated[tuple[str, ...], PlainValidator(_units)]
    contests: Annotated[tuple[str, ...], PlainValidator(_contests)]
    valid_from: Instant
    valid_until: Instant

    @field_validator("public_key")
    @classmethod
    def _of_its_algorithm(cls, value: bytes, others: ValidationInfo) -> bytes:
        algorithm = others.data.get("algorithm")
        if algorithm is not None and not is_public_key(algorithm, value):
            raise ValueError(
                f"must be the {PUBLIC_KEY_BYTES[algorithm]} bytes of a public key of {algorithm} in base64"
            )
        return value

    @field_validator("valid_until")
    @classmethod
    def _later(cls, value: str, others: ValidationInfo) -> str:
        if value <= others.data.get("valid_from", ""):
            raise ValueError("must be later than valid_from")
        return value


def _refusal(error: ErrorDetails) -> Refusal:
    code, detail = _WORDS.get(error["type"], ("bad-value", ""))
    return Refusal(
        code, ".".join(map(str, error["loc"])), detail or str(error.get("ctx", {}).get("error", error["msg"]))
    )


_WORDS = {
    "missing": ("missing-field", "is missing"),
    "extra_forbidden": ("unknown-field", "is not a member of this document"),
    "model_type": ("bad-type", "must be an object"),
}
