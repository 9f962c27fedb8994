"""Seal what officials approved: with the keys that signed it, as entries of the election's public log. Only then it counts.

Which forms wait, their stations' heads say: those approved after the last one that counts. A form's seal and the step of
its head are one transaction, so nothing that is sealed waits, and nothing that waits is sealed.

What was signed by a key that is not trusted any more is not sealed, and what was sealed of it is recalled (`recall_forms`).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound, Rejected
from realcount.domain.ledger import FormVersion, Review
from realcount.domain.log.sealed_forms import form_entry
from realcount.domain.log.sealed_keys import registration_entry, revocation_entry
from realcount.domain.log.snapshots import contest_entry, opening_entry
from realcount.domain.log.unit_lists import UNITS
from realcount.domain.official import OfficialKey
from realcount.domain.tally import StationChange
from realcount.log_ports import LogStore, Signer
from realcount.ports import ElectionStore, FormStore, KeyRegistry
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.recall_forms import fence, seal_recalls, send_back, untrusted
from realcount.usecases.renew_sums import Each
from realcount.usecases.seal_marks import SealMarks, form_subject
from realcount.usecases.seal_subjects import (
    contest_subject,
    opening_subject,
    registration_subject,
    revocation_subject,
)
from realcount.usecases.zero_report import zero_snapshots

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Sealed:
    """What one call came to: entries written, how many of them are forms, and when the one that waited longest was
    approved (None: no form). `recalled` are forms that went back to review. `failed` are stations whose forms cannot be
    sealed as they are, with why, and `untrusted` those where one was met that must not be."""

    entries: int = 0
    forms: int = 0
    since: str | None = None
    recalled: int = 0
    untrusted: set[StationChange] = field(default_factory=set)
    failed: dict[StationChange, NotFound | Rejected] = field(default_factory=dict)


def seal_forms(
    election: str,
    changes: Iterable[StationChange],
    now: str,
    *,
    elections: ElectionStore,
    forms: FormStore,
    keys: KeyRegistry,
    log: LogStore,
    signer: Signer,
) -> Sealed:
    """Seal what waits at these stations of one election.

    Raises `Conflict` if another sealer was faster, `Unavailable`, `NotFound` if the election is not loaded, and `Drift` if
    the log is not what it must be. In every case what waited still waits, and the trigger comes again.
    """
    sealed = Sealed()
    stations = list(dict.fromkeys(changes))
    waiting = _Waiting(election, now, elections, keys, log)
    _append(lambda: _all_of(waiting, _unsealed(stations, forms), sealed), sealed, election, forms, log, signer)
    if sealed.untrusted:
        fence(log)
        sealed.recalled = send_back([one[:2] for one in _unsealed(list(sealed.untrusted), forms)], now, forms, keys)
    return sealed


def seal_untold(
    election: str,
    now: str,
    *,
    elections: ElectionStore,
    forms: FormStore,
    keys: KeyRegistry,
    log: LogStore,
    signer: Signer,
    each: Each = map,
) -> Sealed:
    """Seal what no trigger tells of. Raises as above.

    The opening with its zero report, as soon as the election is loaded and not with its first form; and every revocation
    that is not in the log yet, also that of a key which will never sign again, with the recalls that follow from it.

    A batch that was committed and not finished is finished here too, if no form comes any more.
    """
    sealed = Sealed()
    waiting = _Waiting(election, now, elections, keys, log)
    _append(
        lambda: [*waiting.opening(), *waiting.keys_alone(keys.revoked(election))], sealed, election, forms, log, signer
    )
    sealed.recalled = seal_recalls(election, now, forms=forms, keys=keys, log=log, signer=signer, each=each)
    return sealed


def _append(
    pending: Callable[[], Sequence[Pending]],
    sealed: Sealed,
    election: str,
    forms: FormStore,
    log: LogStore,
    signer: Signer,
) -> None:
    sealed.entries = append_log(pending, log=log, seals=SealMarks(election, forms, log), signer=signer)


class _Unsealed(NamedTuple):
    """An approved version that waits, its approval, and how often it was recalled before."""

    version: FormVersion
    review: Review
    turn: int


def _unsealed(stations: Sequence[StationChange], forms: FormStore) -> list[_Unsealed]:
    by_contest: dict[ContestKey, list[str]] = {}
    for contest, station in stations:
        by_contest.setdefault(contest, []).append(station)
    found: list[_Unsealed] = []
    for contest, names in by_contest.items():
        heads = forms.heads(contest, names)
        waiting = {name: head for name, head in heads.items() if head.approved > head.counted}
        if waiting:
            found += [
                _Unsealed(version, review, waiting[version.form.station].round_of(version.form.version))
                for version, review in forms.unsealed(contest, waiting)
            ]
    return found


def _all_of(waiting: _Waiting, found: Sequence[_Unsealed], sealed: Sealed) -> list[Pending]:
    """The entries of these forms, each after its keys'. What cannot be an entry is left out, and the rest goes on."""
    entries: list[Pending] = []
    known = waiting.signers_of(found)
    for version, review, turn in found:
        form = version.form
        change = StationChange(ContestKey(form.election, form.contest), form.station)
        if change in sealed.failed or change in sealed.untrusted:
            continue  # Versions are sealed in their order, or not at all.
        if untrusted(version, review, waiting.records) is not None:
            sealed.untrusted.add(change)
            continue
        try:
            before = [entry for key in (form.key, review.key) for entry in waiting.key(key, known)]
            entry = form_entry(version, review)
        except (NotFound, Rejected) as error:
            logger.error("version %d of station %s cannot be sealed: %s", form.version, form.station, error)
            sealed.failed[change] = error
            continue
        entries += [*before, Pending(entry, form_subject(form.contest, form.station, form.version, turn))]
        sealed.forms += 1
        sealed.since = min(sealed.since or review.decided_at, review.decided_at)
    return [*waiting.opening(), *entries] if entries else []


class _Waiting:
    """What must stand in the log before a form, and is not there yet."""

    def __init__(self, election: str, now: str, elections: ElectionStore, keys: KeyRegistry, log: LogStore) -> None:
        self._election, self._now = election, now
        self._elections, self._keys, self._log = elections, keys, log
        self.records: Mapping[str, OfficialKey] = {}

    def opening(self) -> Iterator[Pending]:
        """The batch that begins the log: the election, all its contests, and what they come to at first, which is nothing.
        No entries if it has begun."""
        if self._log.head().edge.size:
            return
        election = self._elections.election(self._election)
        if election is None:
            raise NotFound(f"there is no election {self._election!r}")
        units = hashlib.sha256(self._log.file(UNITS)).hexdigest()
        yield Pending(opening_entry(election, units, self._now), opening_subject())
        for contest in election.contests:
            yield Pending(contest_entry(contest, self._now), contest_subject(contest.key.contest))
        yield from zero_snapshots(election, self._elections, self._log, 1 + len(election.contests), self._now)

    def signers_of(self, found: Iterable[_Unsealed]) -> dict[str, list[Pending]]:
        """By key, what has to be said about it before it can be believed; nothing for what the log says already."""
        ids = dict.fromkeys(key for version, review, _ in found for key in (version.form.key, review.key))
        self.records = self._keys.find_all(list(ids))
        return self._events(self.records.values())

    def keys_alone(self, keys: Sequence[OfficialKey]) -> Iterator[Pending]:
        return (entry for events in self._events(keys).values() for entry in events)

    @staticmethod
    def key(key_id: str, known: dict[str, list[Pending]]) -> list[Pending]:
        """Whoever checks the log meets a key before anything that it signed. `append_log` leaves out what comes twice."""
        if key_id not in known:
            raise NotFound(f"the key {key_id!r} signed a form, and is not registered any more")
        return known[key_id]

    def _events(self, keys: Iterable[OfficialKey]) -> dict[str, list[Pending]]:
        events = {key.id: list(_events_of(key, self._now)) for key in keys}
        sealed = self._log.marks([event.subject for said in events.values() for event in said])
        return {key: [event for event in said if event.subject not in sealed] for key, said in events.items()}


def _events_of(key: OfficialKey, now: str) -> Iterator[Pending]:
    yield Pending(registration_entry(key, now), registration_subject(key.id))
    if key.revoked_at is not None:
        yield Pending(revocation_entry(key.election, key.id, key.revoked_at), revocation_subject(key.id))
