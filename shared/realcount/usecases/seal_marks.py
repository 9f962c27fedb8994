"""Where it is noted that something is sealed: seals and recalls of a form beside it in the ledger, all others beside the log's
head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Drift
from realcount.domain.ledger import APPROVE, Head, Recall, Seal, sealed_before
from realcount.log_ports import LogStore, Subject
from realcount.ports import FormStore

ATTEMPTS = 8
"""Looks in a row that came to nothing, before giving up for now: each was lost to officials' acts at those very stations."""

FORM = "form"
RECALL = "recall"


def form_subject(contest: str, station: str, version: int, turn: int = 0) -> Subject:
    """`turn` is how often the version was recalled before."""
    return (FORM, contest, station, str(version), *([str(turn)] if turn else []))


def recall_subject(recall: Recall) -> Subject:
    """Everything of it but its place in the log, which nobody knows yet."""
    assert recall.entry is not None, "what was never sealed is not recalled by an entry"
    numbers = str(recall.version), str(recall.round), str(recall.entry)
    words = recall.role, recall.key, recall.since, recall.reason, recall.at
    return (RECALL, recall.contest.contest, recall.station, *numbers, *words)


def _recall_of(election: str, subject: Subject, index: int) -> Recall:
    _, contest, station, version, turn, entry, role, key, since, reason, at = subject
    where = ContestKey(election, contest), station, int(version), int(turn)
    return Recall(*where, role, key, since, reason, at, int(entry), index)


class SealMarks:
    """`Seals` for the log of one election."""

    def __init__(self, election: str, forms: FormStore, log: LogStore) -> None:
        self._election, self._forms, self._log = election, forms, log

    def mark(self, subjects: Sequence[Subject], first: int) -> None:
        """Keys before forms: whoever dies in between leaves a form waiting, whose keys are then known to be sealed."""
        places = {subject: first + i for i, subject in enumerate(subjects)}
        self._log.mark({subject: index for subject, index in places.items() if subject[0] not in (FORM, RECALL)})
        by_contest: dict[str, list[Subject]] = {}
        for subject in subjects:
            if subject[0] == FORM:
                by_contest.setdefault(subject[1], []).append(subject)
        for contest, sealed in by_contest.items():
            self._mark_forms(ContestKey(self._election, contest), sealed, places)
        for subject, index in places.items():
            if subject[0] == RECALL:
                undo(_recall_of(self._election, subject, index), self._forms)

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
                elif head.round_of(version) > _turn(subject):
                    self._require_recalled(contest, station, version, places[subject])
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

    def _require_recalled(self, contest: ContestKey, station: str, version: int, index: int) -> None:
        """It was marked by another one, and recalled since: it must not count a second time."""
        if index not in [recall.entry for recall in self._forms.recalls(contest, station)]:
            raise Drift(f"version {version} of station {station!r} in {contest} was recalled, and not as entry {index}")


def undo(recall: Recall, forms: FormStore) -> Head:
    """Recall a version in the ledger, unless that is done; returns the station's head. Raises `Conflict`, `Unavailable`, and
    `Drift` if the version is not approved: then ledger and log have parted."""
    contest, station, version = recall.contest, recall.station, recall.version
    for _ in range(ATTEMPTS):
        head = forms.head(contest, station)
        if head is None:
            raise Drift(f"station {station!r} in {contest} has no form, and version {version} is to be recalled")
        if head.round_of(version) > recall.round:
            return head
        history, seals = forms.history(contest, station, head), forms.seals(contest, station)
        approved = {v.form.version for v, review in history if review is not None and review.decision == APPROVE}
        if version not in approved:
            raise Drift(f"version {version} of station {station!r} in {contest} is to be recalled, and is not approved")
        recalls = forms.recalls(contest, station) if head.recalls else ()
        sealed = sealed_before(seals, recalls)
        now = head.recalled(version, recall.role, approved, sealed, recall.at)
        try:
            forms.recall(recall, head, now)
        except Conflict:
            continue  # An official was faster, or our own write landed and the answer was lost.
        return now
    raise Conflict(f"station {station!r} in {contest} was acted on at each of {ATTEMPTS} looks")


def _turn(subject: Subject) -> int:
    return int(subject[4]) if len(subject) > 4 else 0
