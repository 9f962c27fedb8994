"""An official's key: who may sign what, where, and until when. Persons are not named; a key id is opaque."""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain.election import Station

SUBMITTER = "submitter"
APPROVER = "approver"
ROLES = (SUBMITTER, APPROVER)

ALL_CONTESTS = "*"


@dataclass(frozen=True, slots=True)
class OfficialKey:
    """A registered public key. The algorithm is the record's, never the message's.

    `holder` is an opaque id of the person: the two signatures on a counted form are of two holders, not just two keys.
    `regions` are the units the key speaks for: a station is in scope if it, or a region above it, is among them.
    `contests` are contest ids or `*`. The key is good from `valid_from` (inclusive) to `valid_until` (exclusive), and
    from `revoked_at` on no more.
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

    def state_at(self, now: str) -> str:
        """`active`, or the one word why not: `not-yet-valid`, `expired`, `revoked`."""
        if self.revoked_at is not None and now >= self.revoked_at:
            return "revoked"
        if now < self.valid_from:
            return "not-yet-valid"
        if now >= self.valid_until:
            return "expired"
        return "active"

    def speaks_for(self, station: Station) -> bool:
        return station.id in self.regions or any(region in self.regions for region in station.ancestors)

    def may_sign(self, contest: str) -> bool:
        return ALL_CONTESTS in self.contests or contest in self.contests
