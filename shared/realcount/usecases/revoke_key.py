"""Strike a key off, and if need be what it signed before."""

from __future__ import annotations

from realcount.ports import KeyRegistry


def revoke_key(key: str, at: str, since: str | None, reason: str | None, *, keys: KeyRegistry) -> None:
    """Revoke a key from `at` on. With `since` and a reason its signatures from then on do not stand either: what it
    approved or submitted since goes back to review, which whoever seals forms sees to (`recall_forms`).

    A key that is revoked already keeps the time of that, and `since` may be said of it later, once. The order is the point: a
    key that signs no more is one whose forms can all be found. Dying in between leaves it revoked; do it again.

    Raises `NotFound`, `Unavailable`, and `Conflict` if `since` is after the revocation, which recalls nothing.
    """
    keys.revoke(key, at)
    if since is not None:
        assert reason is not None, "a recall says why"
        keys.distrust(key, since, reason)
