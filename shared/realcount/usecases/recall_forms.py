"""What a key that is not trusted any more approved or submitted goes back to review: sealed in the public log first, like
everything that counts, and then so in the ledger (decision 0017).

    1  the log is walked for forms that the key signed from `distrusted_from` on: it names the keys, so no index is needed
    2  one batch: that the key is not trusted, and the recall of each of them that is not recalled yet
    3  what is marked of it moves the stations' heads: they cease to count, and wait for another official

A batch is in the log whole or not at all, so whoever reads a checkpoint sees all recalls or none. Dying before the batch is
committed leaves nothing; after, whoever comes next finishes it. Forms that are approved and not sealed yet are not in
the log, and need no entry: `send_back` takes them out of the way of the sealer, who meets each of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Drift, Rejected
from realcount.domain.ledger import FormVersion, Recall, Review, sealed_before
from realcount.domain.log.bundles import Bundles, Leaf
from realcount.domain.log.entries import read_entry
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import distrust_entry
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.official import APPROVER, SUBMITTER, OfficialKey
from realcount.log_ports import LogHead, LogStore, Signer
from realcount.ports import FormStore, KeyRegistry
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.renew_sums import Each, in_steps
from realcount.usecases.seal_marks import SealMarks, recall_subject, undo
from realcount.usecases.seal_subjects import distrust_subject, revocation_subject

logger = logging.getLogger(__name__)

BUNDLES_AT_ONCE = 8
"""Read ahead; each is half a megabyte."""


class Untrusted(NamedTuple):
    """A version with a signature that is not trusted: whose, and in which role."""

    version: FormVersion
    key: OfficialKey
    role: str


def untrusted(version: FormVersion, review: Review, keys: Mapping[str, OfficialKey]) -> Untrusted | None:
    """The signature because of which an approved version must not count; None if both are trusted."""
    signed = (
        (SUBMITTER, version.form.key, version.received_at),
        (APPROVER, review.key, review.decided_at),
    )
    for role, name, at in signed:
        key = keys.get(name)
        if key is not None and not key.trusted_at(at):
            return Untrusted(version, key, role)
    return None


def fence(log: LogStore) -> None:
    """See to it that nobody seals what they looked at before this: the log's head moves, and their batch finds another one.

    Raises `Conflict` while a batch is in work.
    """
    head = log.head()
    if head.batch is not None:
        raise Conflict("a batch is in work, and may hold what is to be recalled")
    log.advance(head, LogHead(head.seq + 1, head.edge, None))


def send_back(found: Sequence[tuple[FormVersion, Review]], now: str, forms: FormStore, keys: KeyRegistry) -> int:
    """Recall those of these approved versions that must not count; returns how many. None of them may be sealed, nor in a
    batch: they were read behind a `fence`. Raises as `undo`."""
    names = dict.fromkeys(name for version, review in found for name in (version.form.key, review.key))
    known = keys.find_all(list(names))
    back = [one for one in (untrusted(version, review, known) for version, review in found) if one is not None]
    for version, key, role in back:
        assert key.distrusted_from is not None and key.distrust_reason is not None
        form = version.form
        contest = ContestKey(form.election, form.contest)
        head = forms.head(contest, form.station)
        why = role, key.id, key.distrusted_from, key.distrust_reason
        turn = head.round_of(form.version) if head else 0
        undo(Recall(contest, form.station, form.version, turn, *why, now, None, None), forms)
        logger.warning("version %d of %s in %s was never sealed, and goes back", form.version, form.station, contest)
    return len(back)


def seal_recalls(
    election: str, now: str, *, forms: FormStore, keys: KeyRegistry, log: LogStore, signer: Signer, each: Each
) -> int:
    """Seal the recalls of every key whose distrust is not in the log yet, once its revocation is; returns how many forms
    were recalled. Raises as `append_log`; what is not sealed then is found again."""
    distrusted = [key for key in keys.revoked(election) if key.distrusted_from is not None]
    subjects = [subject(key.id) for key in distrusted for subject in (revocation_subject, distrust_subject)]
    marks = log.marks(subjects) if subjects else {}
    recalled = 0
    for key in distrusted:
        if revocation_subject(key.id) in marks and distrust_subject(key.id) not in marks:
            recalled += _Recalling(key, now, forms, log, each).seal(signer)
    return recalled


class _Signed(NamedTuple):
    """A sealed form that the key signed from when on it is not trusted."""

    contest: ContestKey
    station: str
    version: int
    entry: int
    role: str


class _Recalling:
    """One key's. What of the log is walked through stays so: if another writer was faster, only what is new is read."""

    def __init__(self, key: OfficialKey, now: str, forms: FormStore, log: LogStore, each: Each) -> None:
        assert key.distrusted_from is not None and key.distrust_reason is not None
        self._key, self._since, self._reason = key, key.distrusted_from, key.distrust_reason
        self._now, self._forms, self._log, self._each = now, forms, log, each
        self._signed: list[_Signed] = []
        self._size = 0
        self._recalls = 0

    def seal(self, signer: Signer) -> int:
        self._walk()  # The long way, while others may go on sealing.
        marks = SealMarks(self._key.election, self._forms, self._log)
        append_log(self._pending, log=self._log, seals=marks, signer=signer)
        return self._recalls

    def _pending(self) -> Sequence[Pending]:
        subject = distrust_subject(self._key.id)
        if self._log.marks([subject]):
            return ()  # The batch that was in work was this one.
        self._walk()
        said = distrust_entry(self._key.election, self._key.id, self._now, self._since, self._reason)
        stations: dict[tuple[ContestKey, str], list[_Signed]] = {}
        for signed in self._signed:
            stations.setdefault((signed.contest, signed.station), []).append(signed)
        recalls = [entry for entries in in_steps(self._each, self._station, stations.values()) for entry in entries]
        self._recalls = len(recalls)
        return [Pending(said, subject), *recalls]

    def _walk(self) -> None:
        edge = self._log.head().edge
        bundles = Bundles(edge, self._log.file)
        try:
            for leaves in in_steps(self._each, bundles.leaves, bundles.holding(self._size, edge.size), BUNDLES_AT_ONCE):
                self._signed += self._among(leaf for leaf in leaves if leaf.at >= self._size)
        except NotProven as error:
            raise Drift(f"the log of {self._key.election} is not what was sealed: {error}") from None
        self._size = edge.size

    def _among(self, leaves: Iterable[Leaf]) -> Iterator[_Signed]:
        names = f'"key":"{self._key.id}"'.encode()
        for leaf in leaves:
            if names not in leaf.entry:
                continue
            try:
                said = read_entry(leaf.entry)
            except Rejected as error:
                raise Drift(f"entry {leaf.at} of the log of {self._key.election} is none: {error}") from None
            if isinstance(said, SealedForm) and (role := self._role(said)) is not None:
                form = said.form
                yield _Signed(ContestKey(form.election, form.contest), form.station, form.version, leaf.at, role)

    def _role(self, said: SealedForm) -> str | None:
        if said.form.key == self._key.id and not self._key.trusted_at(said.received_at):
            return SUBMITTER
        return APPROVER if said.review.key == self._key.id and not self._key.trusted_at(said.decided_at) else None

    def _station(self, signed: Sequence[_Signed]) -> list[Pending]:
        """The recalls of one station, its lowest version first, so that only what counts last moves its numbers."""
        contest, station = signed[0].contest, signed[0].station
        head = self._forms.head(contest, station)
        recalls = self._forms.recalls(contest, station) if head is not None and head.recalls else ()
        standing = sealed_before(self._forms.seals(contest, station), recalls)
        entries: list[Pending] = []
        for one in sorted(signed, key=lambda signed: signed.version):
            if head is None or standing.get(one.version) != one.entry:
                continue  # Recalled before, because of another key.
            counted = standing[max(standing)]
            del standing[one.version]
            counts = standing[max(standing)] if standing else None
            why = one.role, self._key.id, self._since, self._reason
            entry = SealedRecall(contest, station, one.version, one.entry, *why, counted, counts, self._now)
            turn = head.round_of(one.version)
            recall = Recall(contest, station, one.version, turn, *why, self._now, one.entry, None)
            entries.append(Pending(entry.to_bytes(), recall_subject(recall)))
        return entries
