"""What is remembered of the witnesses of one log: whom it was shown to, who cosigned which size and when, who refused.

One JSON document beside the checkpoint, in public. Nothing rests on it: cosignatures stand by themselves, and a witness
says which size it saw last. `edition` only grows, and is the edition of the page that shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from realcount.domain.instants import EPOCH, to_instant


@dataclass(frozen=True, slots=True)
class LastRefusal:
    """A witness would not cosign: asked for `size`, from the `seen` that it was believed to have seen; it answered `status`
    and `said`. `evidence` is where request and answer lie, word for word."""

    size: int
    seen: int
    status: int
    said: str
    at: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One witness. `size` and `root` (base64) are what it cosigned last, `at` when, by its own clock; None: never."""

    name: str
    key: str
    size: int = 0
    root: str = ""
    at: str | None = None
    refusal: LastRefusal | None = None


@dataclass(frozen=True, slots=True)
class WitnessBook:
    """`log` and `receipts` are the keys of the log and of receipts as they are published. `since` is when the log was first seen at this size, `began_at` when it was first seen with witnesses to show it to."""

    edition: int = 0
    log: str = ""
    receipts: str = ""
    size: int = 0
    root: str = ""
    since: str = EPOCH
    began_at: str | None = None
    updated_at: str = EPOCH
    quorum: int = 0
    sightings: tuple[Sighting, ...] = ()

    def cosigned(self) -> tuple[Sighting, ...]:
        """The witnesses that have cosigned the log as it is now."""
        return tuple(one for one in self.sightings if one.at is not None and self._is_current(one))

    @property
    def reached(self) -> bool:
        """Whether a quorum has cosigned the log as it is now. Never without witnesses."""
        return 0 < self.quorum <= len(self.cosigned())

    def quorum_seen_at(self) -> str | None:
        """Since when a quorum has not looked: the time of the last cosignature that completes one, whatever size it was
        over. None if there is nobody to ask, or nothing to show yet."""
        if not self.quorum or self.began_at is None:
            return None
        times = sorted((one.at for one in self.sightings if one.at is not None), reverse=True)
        return times[self.quorum - 1] if len(times) >= self.quorum else self.began_at

    def sighting(self, key: str) -> Sighting | None:
        return next((one for one in self.sightings if one.key == key), None)

    def to_bytes(self) -> bytes:
        document = {
            **{name: getattr(self, name) for name in _MEMBERS},
            "witnesses": [
                {
                    **{name: getattr(one, name) for name in _SIGHTING},
                    "refusal": one.refusal and {name: getattr(one.refusal, name) for name in _REFUSAL},
                }
                for one in self.sightings
            ],
        }
        return json.dumps(document, indent=1).encode() + b"\n"

    def _is_current(self, one: Sighting) -> bool:
        return (one.size, one.root) == (self.size, self.root)


_MEMBERS = ("edition", "log", "receipts", "size", "root", "since", "began_at", "updated_at", "quorum")
_SIGHTING = ("name", "key", "size", "root", "at")
_REFUSAL = ("size", "seen", "status", "said", "at", "evidence")


def read_book(data: bytes) -> WitnessBook | None:
    """What `to_bytes` wrote, or None for anything else: a book that is lost is begun anew."""
    try:
        document: dict[str, Any] = json.loads(data)
        sightings = tuple(
            Sighting(**_only(one, _SIGHTING), refusal=one["refusal"] and LastRefusal(**_only(one["refusal"], _REFUSAL)))
            for one in document["witnesses"]
        )
        return WitnessBook(**_only(document, _MEMBERS), sightings=sightings)
    except (ValueError, TypeError, KeyError):
        return None


def after(before: WitnessBook, now: WitnessBook, at: str) -> WitnessBook:
    """`now` with the next edition, or `before` if nothing but the time would be another."""
    same = replace(now, edition=before.edition, updated_at=before.updated_at)
    return before if same == before else replace(now, edition=before.edition + 1, updated_at=at)


def witness_time(seconds: int) -> str:
    """A cosignature's time as an instant. One that no calendar has is the epoch: its witness has no clock."""
    try:
        return to_instant(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        return EPOCH


def _only(document: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document[name] for name in names}
