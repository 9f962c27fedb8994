"""The count out of the log alone: the entries, one after another, and what counts at each station after them.

This is the other way to every number that is published. It shares nothing with the roll-up but the types, so that an
error in one of them shows as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.form import Form
from realcount.domain.instants import within
from realcount.domain.log.entries import Entry, read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import KeyRegistered, KeyRevoked
from realcount.domain.log.snapshots import ContestFrame, OpenedContest, Opening, Snapshot
from realcount.domain.official import APPROVER, SUBMITTER, OfficialKey
from realcount.domain.sum_tree import Sums, nothing

Verify = Callable[[OfficialKey, bytes, bytes], bool]
"""Key, message, signature: whether it holds. Total."""


CLOCKS_APART = 1_800
"""Seconds by which the clocks of two machines may disagree."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts at a station: the version of the form, its hash, the entry in the log, and what it adds."""

    version: int
    form: str
    index: int
    leaf: bytes
    sums: Sums


@dataclass(slots=True)
class Fold:
    """The state after `size` entries. `verify` checks officials' signatures; without it they are taken as checked.

    `snapshots` are those met so far, with the index of their entries.
    """

    verify: Verify | None = None
    size: int = 0
    contests: dict[ContestKey, ContestFrame] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)
    keys: dict[tuple[str, str], OfficialKey] = field(default_factory=dict)
    stations: dict[tuple[ContestKey, str], Counted] = field(default_factory=dict)
    snapshots: list[tuple[int, Snapshot]] = field(default_factory=list)
    _covered: dict[tuple[ContestKey, str], int] = field(default_factory=dict)
    """By root, the size of its last snapshot: a long count has hundreds of thousands of them."""

    def take(self, entries: Iterable[bytes]) -> None:
        """Go on with the entries that follow. Raises `Rejected`, naming the entry, if one cannot stand where it does;
        the fold is then at that entry."""
        for entry in entries:
            self.apply(self._read(entry), leaf_hash(entry))

    def apply(self, said: Entry, leaf: bytes) -> None:
        """Go on with one entry that was read before; `leaf` is its hash in the log. Raises `Rejected` as `take` does."""
        self._apply(said, leaf)
        self.size += 1

    def pass_over(self) -> None:
        """Go on behind an entry that was refused, as if it said nothing: for whoever wants to know what else is wrong."""
        self.size += 1

    def leaves(self, contest: ContestKey) -> dict[str, tuple[Sums, bytes]]:
        """What `sum_tree` is built from."""
        return {
            station: (counted.sums, counted.leaf) for (key, station), counted in self.stations.items() if key == contest
        }

    def _read(self, entry: bytes) -> Entry:
        try:
            return read_entry(entry)
        except Rejected as error:
            raise Rejected(
                [Refusal(r.code, f"entry {self.size}: {r.field}", r.detail) for r in error.refusals]
            ) from None

    def _apply(self, said: Entry, leaf: bytes) -> None:
        match said:
            case SealedForm():
                self._count(said, leaf)
            case KeyRegistered(key):
                if (key.election, key.id) in self.keys:
                    raise self._refused("key.id", f"registers {key.id} a second time")
                self.keys[key.election, key.id] = key
            case KeyRevoked(election, key_id, at):
                key = self._key(election, key_id, "id")
                if key.revoked_at is None:  # The first revocation stands.
                    self.keys[election, key_id] = replace(key, revoked_at=at)
            case Opening():
                if said.election in self.openings:
                    raise self._refused("election", f"opens {said.election} a second time")
                self.openings[said.election] = said
            case OpenedContest():
                self._open_contest(said)
            case Snapshot():
                self._require_snapshot(said)
                self.snapshots.append((self.size, said))
                self._covered[said.contest, said.unit] = said.size

    def _open_contest(self, said: OpenedContest) -> None:
        if said.contest.election not in self.openings:
            raise self._refused("election", f"{said.contest.election} was not opened by an entry before")
        if said.contest in self.contests:
            raise self._refused("contest", f"opens {said.contest} a second time")
        self.contests[said.contest] = said.frame

    def _count(self, sealed: SealedForm, leaf: bytes) -> None:
        form = sealed.form
        contest = ContestKey(form.election, form.contest)
        frame = self._frame(contest, "form.contest")
        if strangers := sorted(form.votes.keys() - set(frame.options)):
            raise self._refused("form.votes", f"has votes for {', '.join(strangers)}, who do not stand in {contest}")
        before = self.stations.get((contest, form.station))
        self._require_next(form, before)
        self._require_signed(sealed)
        self.stations[contest, form.station] = Counted(form.version, form.hash, self.size, leaf, sums_of(form, frame))

    def _require_next(self, form: Form, before: Counted | None) -> None:
        """Versions of a station only go up. Returned ones are not in the log, so a number may be missing in between."""
        if before is not None and form.version <= before.version:
            raise self._refused(
                "form.version",
                f"is {form.version} at station {form.station}, where entry {before.index} was already {before.version}",
            )
        if before is not None and form.version == before.version + 1 and form.previous != before.form:
            raise self._refused("form.prev", f"does not name the form in entry {before.index}, which it follows")

    def _require_signed(self, sealed: SealedForm) -> None:
        """Two people: a submitter and an approver, each with a key that was good when it was used, each signature right.

        Whether a key speaks for the station, only the election's files can say (`OfficialKey.speaks_for`).
        """
        form, review = sealed.form, sealed.review
        holders = []
        for where, key_id, role, at, payload, signature in (
            ("form", form.key, SUBMITTER, sealed.received_at, sealed.form_payload, sealed.form_signature),
            ("review", review.key, APPROVER, sealed.decided_at, sealed.review_payload, sealed.review_signature),
        ):
            key = self._key(form.election, key_id, f"{where}.key")
            state = _state_at(key, at)
            if state != "active":
                raise self._refused(f"{where}.key", f"{key_id} was {state.replace('-', ' ')} at {at}")
            if key.role != role or not key.may_sign(form.contest):
                raise self._refused(f"{where}.key", f"{key_id} is no {role}'s key for {form.contest}")
            if self.verify is not None and not self.verify(key, payload, signature):
                raise self._refused(f"{where}_signature", f"is not {key_id}'s over the {where}")
            holders.append(key.holder)
        if holders[0] == holders[1]:
            raise self._refused("review.key", f"{review.key} and {form.key} are the same person's: {holders[0]}")

    def _require_snapshot(self, said: Snapshot) -> None:
        frame = self._frame(said.contest, "contest")
        if said.unit not in frame.roots:
            raise self._refused("unit", f"{said.unit} is no root of {said.contest}")
        if said.size > self.size:
            raise self._refused("size", f"is {said.size}, more than the {self.size} entries before it")
        covered = self._covered.get((said.contest, said.unit), 0)
        if covered > said.size:
            raise self._refused("size", f"is {said.size}, when the snapshot before had {covered}")

    def _frame(self, contest: ContestKey, where: str) -> ContestFrame:
        frame = self.contests.get(contest)
        if frame is None:
            raise self._refused(where, f"{contest} was not opened by an entry before")
        return frame

    def _key(self, election: str, key: str, where: str) -> OfficialKey:
        found = self.keys.get((election, key))
        if found is None:
            raise self._refused(where, f"{key} was not registered by an entry before")
        return found

    def _refused(self, where: str, detail: str) -> Rejected:
        return Rejected([Refusal("bad-entry", f"entry {self.size}: {where}", detail)])


def _state_at(key: OfficialKey, at: str) -> str:
    """That a revoked key decides nothing more, the ledger itself saw to; of the two times, which come from two clocks, it
    can only be said that they are not far apart."""
    if key.revoked_at is not None and within(at, key.revoked_at, CLOCKS_APART):
        key = replace(key, revoked_at=None)
    return key.state_at(at)


def sums_of(form: Form, frame: ContestFrame) -> Sums:
    """What an approved form adds. A withdrawal adds nothing, and a figure that is missing on the paper adds nothing."""
    if form.kind == "withdrawal":
        return nothing(len(frame.options))
    return Sums(
        stations=1,
        valid=form.figures.get("valid", 0),
        invalid=form.figures.get("invalid", 0),
        voters=form.figures.get("voters.total", 0),
        votes=tuple(form.votes.get(option, 0) for option in frame.options),
    )
