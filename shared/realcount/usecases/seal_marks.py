"""Where it is noted that something is sealed: a form's seal beside it in the ledger, all others beside the log's head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Drift
from realcount.domain.ledger import Seal
from realcount.log_ports import LogStore, Subject
from realcount.ports import FormStore

ATTEMPTS = 8
"""Looks in a row that came to nothing, before giving up for now: each was lost to officials' acts at those very stations."""

FORM = "form"


def form_subject(contest: str, station: str, version: int) -> Subject:
    return (FORM, contest, station, str(version))


class SealMarks:
    """`Seals` for the log of one election."""

    def __init__(self, election: str, forms: FormStore, log: LogStore) -> None:
        self._election, self._forms, self._log = election, forms, log

    def mark(self, subjects: Sequence[Subject], first: int) -> None:
        """Keys before forms: whoever dies in between leaves a form waiting, whose keys are then known to be sealed."""
        places = {subject: first + i for i, subject in enumerate(subjects)}
        self._log.mark({subject: index for subject, index in places.items() if subject[0] != FORM})
        by_contest: dict[str, list[Subject]] = {}
        for subject in subjects:
            if subject[0] == FORM:
                by_contest.setdefault(subject[1], []).append(subject)
        for contest, sealed in by_contest.items():
            self._mark_forms(ContestKey(self._election, contest), sealed, places)

    def _mark_forms(self, contest: ContestKey, subjects: Sequence[Subject], places: Mapping[Subject, int]) -> None:
        """Version by version, so that two of one station are two steps of its head."""
        waiting = sorted(subjects, key=lambda subject: int(subject[3]))
        fruitless = 0
        while waiting:
            if fruitless == ATTEMPTS:
                raise Conflict(f"{len(waiting)} stations of {contest} were acted on at each of {ATTEMPTS} looks")
            heads = dict(self._forms.heads(contest, [subject[2] for subject in waiting]))
            steps: list[Seal] = []
            later: list[Subject] = []
            for subject in waiting:
                station, version = subject[2], int(subject[3])
                head = heads.pop(station, None)
                if head is None:
                    later.append(subject)  # An earlier version of the same station takes its step first.
                elif head.counted < version:
                    steps.append(Seal(contest, station, version, places[subject], head, head.sealed(version)))
                else:
                    self._require_same(contest, station, version, places[subject])
            lost = {(seal.station, seal.version) for seal in self._forms.seal(steps)} if steps else set()
            left = [s for s in waiting if (s[2], int(s[3])) in lost] + later
            fruitless = 0 if len(left) < len(waiting) else fruitless + 1
            waiting = left

    def _require_same(self, contest: ContestKey, station: str, version: int, index: int) -> None:
        known = self._forms.seals(contest, station).get(version)
        if known != index:
            raise Drift(
                f"version {version} of station {station!r} in {contest} is entry {known} of the log, and {index}"
            )
