"""An official's key: who may sign what, where, and until when. Persons are not named; a key id is opaque."""

from __future__ import annotations

from dataclasses import dataclass, replace

from realcount.domain.election import Station

SUBMITTER = "submitter"
APPROVER = "approver"
ROLES = (SUBMITTER, APPROVER)

ALL_CONTESTS = "*"

ED25519 = "ed25519"
P256 = "p256"
ALGORITHMS = (ED25519, P256)
"""Ed25519 (RFC 8032), and ECDSA on P-256 with SHA-256 for devices without it (FIPS 186-5)."""

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

PUBLIC_KEY_BYTES = {ED25519: 32, P256: 65}
"""Of P-256 the uncompressed point (SEC 1, 2.3.3: 04, x, y), as WebCrypto exports it raw."""


def is_public_key(algorithm: str, key: bytes) -> bool:
    """Whether these bytes have the form of a public key of this algorithm. Whether it is a point, verifying shows."""
    return len(key) == PUBLIC_KEY_BYTES.get(algorithm) and (algorithm != P256 or key[0] == 4)


def p256_halves(signature: bytes) -> tuple[int, int] | None:
    """r and s of a P-256 signature: 64 bytes, both big-endian, as WebCrypto makes it (IEEE P1363).

    None if it is none, or if s is in the upper half of the order: of the two s that would hold only the lower is taken, so
    that nobody can make a second signature out of the first.
    """
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return (r, s) if len(signature) == 64 and 0 < r < P256_ORDER and 0 < s <= P256_ORDER // 2 else None


@dataclass(frozen=True, slots=True)
class OfficialKey:
    """A registered public key. The algorithm is the record's, never the message's.

    `holder` is an opaque id of the person: the two signatures on a counted form are of two holders, not just two keys.
    `regions` are the units the key speaks for: a station is in scope if it, or a region above it, is among them.
    `contests` are contest ids or `*`. The key is good from `valid_from` (inclusive) to `valid_until` (exclusive), and
    from `revoked_at` on no more. What a revoked key signed from `distrusted_from` on, for `distrust_reason`, is recalled:
    that may be long before anybody knew.
    """

    id: str
    holder: str
    election: str
    algorithm: str
    public_key: bytes
    role: str
    regions: tuple[str, ...]
    contests: tuple[str, ...]
    valid_from: str
    valid_until: str
    revoked_at: str | None = None
    distrusted_from: str | None = None
    distrust_reason: str | None = None

    def state_at(self, now: str) -> str:
        """`active`, or the one word why not: `not-yet-valid`, `expired`, `revoked`."""
        if (self.revoked_at is not None and now >= self.revoked_at) or not self.trusted_at(now):
            return "revoked"
        if now < self.valid_from:
            return "not-yet-valid"
        if now >= self.valid_until:
            return "expired"
        return "active"

    def trusted_at(self, at: str) -> bool:
        """Whether what it signed at that time still stands."""
        return self.distrusted_from is None or at < self.distrusted_from

    def as_registered(self) -> OfficialKey:
        """Without what was said of it afterwards: two keys are the same one if these are."""
        return replace(self, revoked_at=None, distrusted_from=None, distrust_reason=None)

    def speaks_for(self, station: Station) -> bool:
        return station.id in self.regions or any(region in self.regions for region in station.ancestors)

    def may_sign(self, contest: str) -> bool:
        return ALL_CONTESTS in self.contests or contest in self.contests
