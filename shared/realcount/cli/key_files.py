"""Public keys in files: the record that the registry is told, as JSON, read as strictly as anything from outside."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path

from realcount.domain import strict
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.official import ALL_CONTESTS, ROLES, OfficialKey

ALGORITHM = "ed25519"
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
    members = strict.Members(value)
    record = OfficialKey(
        id=members.take("id", strict.identifier) or "",
        holder=members.take("holder", strict.identifier) or "",
        election=members.take("election", strict.identifier) or "",
        algorithm=members.take("algorithm", strict.one_of(ALGORITHM)) or "",
        public_key=members.take("public_key", _public_key) or b"",
        role=members.take("role", strict.one_of(*ROLES)) or "",
        regions=members.take("regions", _units) or (),
        contests=members.take("contests", _contests) or (),
        valid_from=members.take("valid_from", strict.instant) or "",
        valid_until=members.take("valid_until", strict.instant) or "",
    )
    members.close()
    if record.valid_until <= record.valid_from and not members.refusals:
        members.refuse("valid_until", "bad-value", "must be later than valid_from")
    members.raise_if_refused()
    return record


def _public_key(value: object) -> bytes:
    try:
        decoded = base64.b64decode(strict.text(value), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != 32:
        raise ValueError("must be the 32 bytes of an Ed25519 public key in base64")
    return decoded


def _units(value: object) -> tuple[str, ...]:
    return tuple(strict.identifier(entry) for entry in strict.array(1, MAX_REGIONS)(value))


def _contests(value: object) -> tuple[str, ...]:
    return (ALL_CONTESTS,) if value == [ALL_CONTESTS] else _units(value)
