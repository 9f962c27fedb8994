"""A station's proof, for whoever asks: out of the log's public files, with what the ledger noted of where to look.

Nobody has to believe any of it. Whatever is wrong here, with what was noted or with a file, makes a proof that does not hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain.election import Contest, ContestKey, Region, Station
from realcount.domain.errors import Drift, NotFound, Rejected
from realcount.domain.ledger import sealed_before
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.entries import read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.notes import read_note
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.log.station_proofs import LogReading, Places, assemble, nodes_on
from realcount.log_ports import LogStore
from realcount.ports import ElectionStore, FormStore
from realcount.usecases.seal_subjects import contest_subject, registration_subject
from realcount.usecases.snapshots import SNAPSHOT


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof file, and when the total was sealed that it leads to."""

    data: bytes
    at: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nothing of the station is in the totals that were sealed last, at `since`; None if none were."""

    since: str | None


def read_proof(
    contest: ContestKey, station: str, *, elections: ElectionStore, forms: FormStore, log: LogStore
) -> Proven | NotYet:
    """The proof of the form that the totals sealed last count at the station. `log` is the election's own.

    A correction that was sealed after them is proven with the next ones. Raises `NotFound` if the contest has no such
    station, `Unavailable`, and `Drift` if the log is not what was noted of it.
    """
    frame = elections.election(contest.election)
    opened = frame.contest(contest.contest) if frame else None
    unit = elections.station(contest.election, station)
    if opened is None or unit is None or not opened.covers(unit):
        raise NotFound(f"there is no station {station!r} in {contest}")
    way = _way(opened, unit, elections)
    index = log.last_mark((SNAPSHOT, contest.contest, way[0]))
    # What is noted is published: the checkpoint is read after it, and has that entry.
    note, _ = log.checkpoint()
    if index is None or note is None:
        return NotYet(None)
    reading = LogReading(note, read_checkpoint(read_note(note).text).size, lambda path, _: log.file(path))
    try:
        return _proven(reading, contest, station, way, index, forms, log)
    except (Rejected, NotFound, NotProven, ValueError) as error:
        raise Drift(f"the log of {contest.election} does not prove station {station!r} in {contest}: {error}") from None


def _proven(
    reading: LogReading,
    contest: ContestKey,
    station: str,
    way: tuple[str, ...],
    index: int,
    forms: FormStore,
    log: LogStore,
) -> Proven | NotYet:
    snapshot = read_entry(reading.entry(index))
    if not isinstance(snapshot, Snapshot):
        raise Drift(f"entry {index} of the log of {contest.election} was noted as a snapshot, and is none")
    listed = nodes_on(reading, snapshot, way)[-1].branch(station)
    if listed is None or listed.hash is None:
        return NotYet(snapshot.at)
    sealed = sealed_before(forms.seals(contest, station), forms.recalls(contest, station), snapshot.size)
    if not sealed:
        raise Drift(f"the sums of {contest} count a form at station {station!r}, and none was noted")
    at = sealed[max(sealed)]
    entry = reading.entry(at)
    form = read_entry(entry)
    if leaf_hash(entry) != listed.hash or not isinstance(form, SealedForm):
        raise Drift(f"entry {at} is not the form that the sums of {contest} count at station {station!r}")
    subjects = (
        contest_subject(contest.contest),
        registration_subject(form.form.key),
        registration_subject(form.review.key),
    )
    marks = log.marks(subjects)
    if missing := [subject for subject in subjects if subject not in marks]:
        raise Drift(
            f"entry {at} of the log of {contest.election} is a form, and nothing was noted of {missing} before it"
        )
    opened, submitter, approver = (marks[subject] for subject in subjects)
    places = Places(0, opened, submitter, approver, at, index, way)
    return Proven(assemble(reading, places).to_bytes(), snapshot.at)


def _way(contest: Contest, station: Station, elections: ElectionStore) -> tuple[str, ...]:
    """The regions from a root of the contest down to the one that lists the station."""
    way: list[str] = []
    unit: Region | Station = station
    while unit.id not in contest.roots:
        above = (elections.region(contest.key.election, parent) for parent in contest.parents_of(unit))
        found = next((region for region in above if region is not None and contest.covers(region)), None)
        if found is None:
            raise Drift(f"{unit.id!r} votes in {contest.key}, and lies below none of its roots")
        unit = found
        way.append(unit.id)
    return tuple(reversed(way))
