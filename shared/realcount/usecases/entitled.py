"""Whether a signer is entitled to what they signed: the check that every signed statement goes through."""

from __future__ import annotations

from realcount.domain.election import Contest, ContestKey, Station
from realcount.domain.errors import Forbidden, NotFound, Refusal, Rejected
from realcount.domain.official import OfficialKey
from realcount.domain.signed import SignedDocument
from realcount.ports import ElectionStore, KeyRegistry, SignatureVerifier


def station_of(contest: ContestKey, station: str, elections: ElectionStore) -> tuple[Contest, Station]:
    """The contest and station that a statement names.

    Raises `NotFound` if either is unknown, or if the station does not vote in that contest.
    """
    found = elections.contest(contest)
    if found is None:
        raise NotFound(f"there is no contest {contest.contest!r} in election {contest.election!r}")
    unit = elections.station(contest.election, station)
    if unit is None or not found.covers(unit):
        raise NotFound(f"there is no polling station {station!r} in contest {contest}")
    return found, unit


def require_entitled(
    document: SignedDocument,
    key_id: str,
    role: str,
    contest: ContestKey,
    station: Station,
    now: str,
    *,
    keys: KeyRegistry,
    verifier: SignatureVerifier,
) -> OfficialKey:
    """The key that signed `document`, if it may sign this. In order, cheapest first:

    1. the key is registered, for this election
    2. it is active now
    3. it has the role
    4. it speaks for the station and may sign for the contest
    5. the signature is its over exactly the payload's bytes

    Raises `Forbidden` for 1 to 4 and `Rejected` for 5. That 1 to 4 come first tells a stranger nothing: key ids and
    scopes are public.
    """
    key = keys.find(key_id)
    if key is None or key.election != contest.election:  # (1)
        raise Forbidden("unknown-key", f"key {key_id!r} is not registered for election {contest.election!r}")
    state = key.state_at(now)
    if state != "active":  # (2)
        raise Forbidden(state, f"key {key_id!r} is {state.replace('-', ' ')}")
    if key.role != role:  # (3)
        raise Forbidden("wrong-role", f"key {key_id!r} is a {key.role}'s; this needs a {role}'s")
    if not key.speaks_for(station) or not key.may_sign(contest.contest):  # (4)
        raise Forbidden(
            "out-of-scope", f"key {key_id!r} does not speak for station {station.id!r} in contest {contest}"
        )
    if not verifier.verify(key, document.payload, document.signature):  # (5)
        raise Rejected([Refusal("bad-signature", "signature", f"is not key {key_id!r}'s signature over the payload")])
    return key
