"""The entry that says that a sealed form counts no more, as a key that signed it is not trusted (decision 0017).

    {"type": "realcount/sealed-recall/v1", "at": …, "election": …, "contest": …, "station": …, "version": …,
     "entry": <the form that is recalled>, "role": submitter | approver, "key": …, "since": …, "reason": …,
     "from": <what counted there until now>, "to": <what counts from now on, or null>}

Nothing is taken out of the log: the form stays where it is, and may be sealed again once it was approved by another key.
"""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain import strict
from realcount.domain.canonical import MAX_INTEGER, canonical_bytes
from realcount.domain.election import ContestKey
from realcount.domain.official import APPROVER, SUBMITTER

SEALED_RECALL = "realcount/sealed-recall/v1"


@dataclass(frozen=True, slots=True)
class SealedRecall:
    """`entry`, `counted` and `counts` are indices of forms: the one recalled, what counted at its station until then, and
    what counts there from then on (None: nothing)."""

    contest: ContestKey
    station: str
    version: int
    entry: int
    role: str
    key: str
    since: str
    reason: str
    counted: int
    counts: int | None
    at: str

    def to_bytes(self) -> bytes:
        return canonical_bytes(
            {
                "type": SEALED_RECALL,
                "at": self.at,
                "election": self.contest.election,
                "contest": self.contest.contest,
                "station": self.station,
                "version": self.version,
                "entry": self.entry,
                "role": self.role,
                "key": self.key,
                "since": self.since,
                "reason": self.reason,
                "from": self.counted,
                "to": self.counts,
            }
        )


def read_recall(value: dict[str, object]) -> SealedRecall:
    """Raises `Rejected` with every refusal."""
    members = strict.Members(value)
    members.take("type", strict.one_of(SEALED_RECALL))
    at, since = members.take("at", strict.instant), members.take("since", strict.instant)
    ids = [members.take(name, strict.identifier) for name in ("election", "contest", "station", "key")]
    version = members.take("version", strict.integer(1, MAX_INTEGER))
    entry, counted = members.take("entry", _index), members.take("from", _index)
    counts = members.take("to", _maybe_index)
    role, reason = members.take("role", strict.one_of(SUBMITTER, APPROVER)), members.take("reason", strict.text)
    members.close()
    members.raise_if_refused()
    election, contest, station, key = (each or "" for each in ids)
    assert at and since and version and role and reason and entry is not None and counted is not None
    where = ContestKey(election, contest), station, version, entry
    return SealedRecall(*where, role, key, since, reason, counted, counts, at)


_index = strict.integer(0, MAX_INTEGER)


def _maybe_index(value: object) -> int | None:
    return None if value is None else _index(value)
