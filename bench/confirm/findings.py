"""What a look at a deployment finds."""

from __future__ import annotations

from dataclasses import dataclass

HOLDS, FAILS, SEEN, UNSEEN = "holds", "FAILS", "seen", "not seen"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `outcome` is HOLDS or FAILS for what must be so, SEEN for a figure that is only told, UNSEEN
    for what could not be looked at, with the reason in `seen`."""

    what: str
    outcome: str
    seen: str
    expected: str = ""


def check(what: str, good: bool, seen: object, expected: str) -> Finding:
    """Something that must be so."""
    return Finding(what, HOLDS if good else FAILS, str(seen), expected)
