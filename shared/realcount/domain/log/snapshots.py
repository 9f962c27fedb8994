"""The entries that say what it all comes to: the count is opened with nothing in it, contest by contest, and from time to
time the root of each sum tree is sealed, so that no total that was shown can be denied later.

    {"type": "realcount/opening/v1", "at": …, "election": …, "digest": …, "units": …}
    {"type": "realcount/contest/v1", "at": …, "election": …, "contest": …, "options": [ids], "hierarchies": […],
     "roots": [ids]}
    {"type": "realcount/snapshot/v1", "at": …, "election": …, "contest": …, "unit": <a root>,
     "size": <entries that were folded>, "sums": {…}, "root": <hash of the root's node>}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from realcount.domain import strict
from realcount.domain.canonical import MAX_INTEGER, canonical_bytes
from realcount.domain.election import Contest, ContestKey, Election
from realcount.domain.sum_tree import Sums, read_sums, sums_document

OPENING = "realcount/opening/v1"
CONTEST = "realcount/contest/v1"
SNAPSHOT = "realcount/snapshot/v1"

MAX_OPTIONS = 2_000
MAX_ROOTS = 1_000


@dataclass(frozen=True, slots=True)
class ContestFrame:
    """What a checker has to know of a contest: the order of its votes, which parents its numbers follow, and the regions
    its trees end in."""

    options: tuple[str, ...]
    hierarchies: tuple[str, ...]
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """The election as it was when nothing had come in. `digest` names its files (`Election.digest`), `units` is the
    SHA-256 of its tree as published (`unit_lists`)."""

    election: str
    digest: str
    units: str
    at: str


@dataclass(frozen=True, slots=True)
class OpenedContest:
    """One contest of an election that was opened before. Each has an entry of its own: all of a nation's would not fit
    into one (`tiles.MAX_ENTRY`), and whoever checks one station needs one of them."""

    contest: ContestKey
    frame: ContestFrame
    at: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The root of one sum tree over the first `size` entries of the log."""

    contest: ContestKey
    unit: str
    size: int
    sums: Sums
    root: bytes
    at: str


def opening_entry(election: Election, units: str, at: str) -> bytes:
    return canonical_bytes(
        {
            "type": OPENING,
            "at": at,
            "election": election.id,
            "digest": election.digest,
            "units": units,
        }
    )


def contest_entry(contest: Contest, at: str) -> bytes:
    return canonical_bytes(
        {
            "type": CONTEST,
            "at": at,
            "election": contest.key.election,
            "contest": contest.key.contest,
            "options": list(contest.option_ids()),
            "hierarchies": list(contest.hierarchies),
            "roots": list(contest.roots),
        }
    )


def snapshot_entry(snapshot: Snapshot) -> bytes:
    return canonical_bytes(
        {
            "type": SNAPSHOT,
            "at": snapshot.at,
            "election": snapshot.contest.election,
            "contest": snapshot.contest.contest,
            "unit": snapshot.unit,
            "size": snapshot.size,
            "sums": sums_document(snapshot.sums),
            "root": snapshot.root.hex(),
        }
    )


def read_opening(value: dict[str, object]) -> Opening:
    """Raises `Rejected` with every refusal."""
    members = strict.Members(value)
    members.take("type", strict.one_of(OPENING))
    at = members.take("at", strict.instant)
    election = members.take("election", strict.identifier)
    digest = members.take("digest", strict.digest)
    units = members.take("units", strict.digest)
    members.close()
    members.raise_if_refused()
    assert election and digest and units and at
    return Opening(election, digest, units, at)


def read_contest(value: dict[str, object]) -> OpenedContest:
    """Raises `Rejected` with every refusal."""
    members = strict.Members(value)
    members.take("type", strict.one_of(CONTEST))
    at = members.take("at", strict.instant)
    election = members.take("election", strict.identifier)
    contest = members.take("contest", strict.identifier)
    options = members.take("options", _ids(MAX_OPTIONS))
    hierarchies = members.take("hierarchies", _ids(MAX_ROOTS))
    roots = members.take("roots", _ids(MAX_ROOTS))
    members.close()
    members.raise_if_refused()
    assert election and contest and options and hierarchies and roots and at
    return OpenedContest(ContestKey(election, contest), ContestFrame(options, hierarchies, roots), at)


def read_snapshot(value: dict[str, object]) -> Snapshot:
    """Raises `Rejected` with every refusal."""
    members = strict.Members(value)
    members.take("type", strict.one_of(SNAPSHOT))
    at = members.take("at", strict.instant)
    election = members.take("election", strict.identifier)
    contest = members.take("contest", strict.identifier)
    unit = members.take("unit", strict.identifier)
    size = members.take("size", strict.integer(0, MAX_INTEGER))
    sums = members.take("sums", read_sums)
    root = members.take("root", strict.digest)
    members.close()
    members.raise_if_refused()
    assert election and contest and unit and sums and root and at
    return Snapshot(ContestKey(election, contest), unit, size or 0, sums, bytes.fromhex(root), at)


def _ids(most: int) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        return tuple(strict.identifier(entry) for entry in strict.array(1, most)(value))

    return read
