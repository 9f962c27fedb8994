"""The entries that say who may sign: a key was registered, a key was revoked. Whoever checks a form's two signatures finds
both keys here, before the form, and needs no registry.

    {"type": "realcount/sealed-key/v1", "event": "registered", "at": …, "key": {the record}}
    {"type": "realcount/sealed-key/v1", "event": "revoked", "at": …, "election": …, "id": …}
    {"type": "realcount/sealed-key/v1", "event": "distrusted", "at": …, "election": …, "id": …, "since": …, "reason": …}

The last follows a revocation and says from when on the key's signatures are not trusted. Behind it stand, at once and all
of them, the recalls of the forms that it signed from then on (`sealed_recalls`).
"""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain import strict
from realcount.domain.canonical import canonical_bytes
from realcount.domain.log.base64_text import from_base64, to_base64
from realcount.domain.official import ALL_CONTESTS, ROLES, OfficialKey

SEALED_KEY = "realcount/sealed-key/v1"
REGISTERED = "registered"
REVOKED = "revoked"
DISTRUSTED = "distrusted"

MAX_SCOPE = 1_000


@dataclass(frozen=True, slots=True)
class KeyRegistered:
    key: OfficialKey
    at: str


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    election: str
    key: str
    at: str


@dataclass(frozen=True, slots=True)
class KeyDistrusted:
    election: str
    key: str
    at: str
    since: str
    reason: str


def registration_entry(key: OfficialKey, at: str) -> bytes:
    """`key` as it was registered: a revocation is an entry of its own."""
    record = {
        "id": key.id,
        "holder": key.holder,
        "election": key.election,
        "algorithm": key.algorithm,
        "public_key": to_base64(key.public_key),
        "role": key.role,
        "regions": list(key.regions),
        "contests": list(key.contests),
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
    }
    return canonical_bytes({"type": SEALED_KEY, "event": REGISTERED, "at": at, "key": record})


def revocation_entry(election: str, key: str, at: str) -> bytes:
    return canonical_bytes({"type": SEALED_KEY, "event": REVOKED, "at": at, "election": election, "id": key})


def distrust_entry(election: str, key: str, at: str, since: str, reason: str) -> bytes:
    said = {"event": DISTRUSTED, "at": at, "election": election, "id": key, "since": since, "reason": reason}
    return canonical_bytes({"type": SEALED_KEY, **said})


def read_key_entry(value: dict[str, object]) -> KeyRegistered | KeyRevoked | KeyDistrusted:
    """Raises `Rejected` with every refusal."""
    members = strict.Members(value)
    members.take("type", strict.one_of(SEALED_KEY))
    event = members.take("event", strict.one_of(REGISTERED, REVOKED, DISTRUSTED))
    at = members.take("at", strict.instant)
    if event in (REVOKED, DISTRUSTED):
        election = members.take("election", strict.identifier)
        key = members.take("id", strict.identifier)
        if event == DISTRUSTED:
            since, reason = members.take("since", strict.instant), members.take("reason", strict.text)
            members.close()
            members.raise_if_refused()
            assert election and key and at and since and reason
            return KeyDistrusted(election, key, at, since, reason)
        members.close()
        members.raise_if_refused()
        assert election and key and at
        return KeyRevoked(election, key, at)
    record = _read_record(members)
    members.close()
    members.raise_if_refused()
    assert record and at
    return KeyRegistered(record, at)


def _read_record(members: strict.Members) -> OfficialKey | None:
    inner = strict.Members(members.raw("key"), "key", members.refusals)
    names = [inner.take(name, strict.identifier) for name in ("id", "holder", "election", "algorithm")]
    public = inner.take("public_key", _public_key)
    role = inner.take("role", strict.one_of(*ROLES))
    regions = inner.take("regions", _scope)
    contests = inner.take("contests", _contests)
    valid = [inner.take(name, strict.instant) for name in ("valid_from", "valid_until")]
    inner.close()
    if members.refusals or public is None or role is None or regions is None or contests is None:
        return None
    id_, holder, election, algorithm = (name or "" for name in names)
    valid_from, valid_until = (instant or "" for instant in valid)
    return OfficialKey(id_, holder, election, algorithm, public, role, regions, contests, valid_from, valid_until)


def _public_key(value: object) -> bytes:
    data = from_base64(value) if isinstance(value, str) else None
    if data:
        return data
    raise ValueError("must be a public key in base64")


def _scope(value: object) -> tuple[str, ...]:
    return tuple(strict.identifier(entry) for entry in strict.array(1, MAX_SCOPE)(value))


def _contests(value: object) -> tuple[str, ...]:
    return (ALL_CONTESTS,) if value == [ALL_CONTESTS] else _scope(value)
