"""The count out of the log alone: the entries, one after another, and what counts at each station after them.

This is the other way to every number that is published. It shares nothing with the roll-up but the types, so that an
error in one of them shows as a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from sys import intern

from realcount.domain.counted import At, Counted, Owed, sums_of
from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.form import Form
from realcount.domain.instants import within
from realcount.domain.log.entries import Entry, read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import KeyDistrusted, KeyRegistered, KeyRevoked
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.log.snapshots import ContestFrame, OpenedContest, Opening, Snapshot
from realcount.domain.official import APPROVER, SUBMITTER, OfficialKey
from realcount.domain.sum_tree import Sums

Verify = Callable[[OfficialKey, bytes, bytes], bool]
"""Key, message, signature: whether it holds. Total."""


CLOCKS_APART = 1_800
"""Seconds by which the clocks of two machines may disagree."""


@dataclass(slots=True)
class Fold:
    """The state after `size` entries. `verify` checks officials' signatures; without it they are taken as checked.

    `snapshots` are those met so far, with the index of their entries. `earlier` are the sealed forms that others came after,
    the oldest first; of the forms that were recalled and not sealed again, `recalled` has versions and hashes. `owed` are
    those whose recalls must follow at once: a log that ends with some of them owed is not whole.
    """

    verify: Verify | None = None
    size: int = 0
    contests: dict[ContestKey, ContestFrame] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)
    keys: dict[tuple[str, str], OfficialKey] = field(default_factory=dict)
    stations: dict[At, Counted] = field(default_factory=dict)
    snapshots: list[tuple[int, Snapshot]] = field(default_factory=list)
    earlier: dict[At, list[Counted]] = field(default_factory=dict)
    recalled: dict[At, dict[int, str]] = field(default_factory=dict)
    owed: dict[int, Owed] = field(default_factory=dict)
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

    def give_up_owed(self) -> list[Owed]:
        """Recall the forms whose recalls are left out, as if they stood there; returns them."""
        left = list(self.owed.values())
        for one in left:
            self._undo(one)
        return left

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
        if self.owed and not isinstance(said, SealedRecall):
            raise self._refused("type", f"stands where {len(self.owed)} forms have to be recalled: {_words(self.owed)}")
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
            case KeyDistrusted():
                self._distrust(said)
            case SealedRecall():
                self._recall(said)
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
        at = contest, form.station
        before = self.stations.get(at)
        self._require_next(form, before, self.recalled.get(at, {}))
        self._require_signed(sealed)
        if before is not None:
            self.earlier.setdefault(at, []).append(before)
        if at in self.recalled:
            self.recalled[at].pop(form.version, None)
        signed = intern(form.key), sealed.received_at, intern(sealed.review.key), sealed.decided_at
        self.stations[at] = Counted(form.version, form.hash, self.size, leaf, sums_of(form, frame), *signed)

    def _require_next(self, form: Form, before: Counted | None, recalled: dict[int, str]) -> None:
        """Versions of a station only go up. Returned ones are not in the log, so a number may be missing in between. One that
        was recalled may come again, as the very same form, as long as none came after it."""
        if recalled and form.version <= (last := max(recalled)) and form.version != last:
            raise self._refused(
                "form.version", f"is {form.version} at station {form.station}, where {last} was recalled"
            )
        if form.hash != recalled.get(form.version, form.hash):
            raise self._refused("form.version", f"is {form.version} again, with another form than the one recalled")
        if (before is None or form.version - 1 > before.version) and recalled.get(form.version - 1) not in (
            None,
            form.previous,
        ):
            raise self._refused("form.prev", f"does not name the form of version {form.version - 1}, which it follows")
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

    def _distrust(self, said: KeyDistrusted) -> None:
        key = self._key(said.election, said.key, "id")
        if key.revoked_at is None or said.since > key.revoked_at:
            raise self._refused("id", f"{key.id} was not revoked by an entry before, at {said.since} or later")
        if key.distrusted_from is not None:
            raise self._refused("id", f"{key.id} is distrusted since {key.distrusted_from} already")
        key = replace(key, distrusted_from=said.since, distrust_reason=said.reason)
        self.keys[said.election, said.key] = key
        self.owed = {one.form.index: one for one in self._signed_by(key)}

    def _signed_by(self, key: OfficialKey) -> Iterator[Owed]:
        for at, counted in self.stations.items():
            if at[0].election == key.election:
                for form in (*self.earlier.get(at, ()), counted):
                    if (role := form.signed_by(key)) is not None:
                        yield Owed(at, form, key, role)

    def _recall(self, said: SealedRecall) -> None:
        owed = self.owed.get(said.entry)
        at = said.contest, said.station
        if owed is None or owed.at != at or owed.form.version != said.version:
            raise self._refused(
                "entry",
                f"recalls version {said.version} of station {said.station} as entry {said.entry}, which is not due",
            )
        why = (owed.key.id, owed.role, owed.key.distrusted_from, owed.key.distrust_reason)
        if why != (said.key, said.role, said.since, said.reason):
            raise self._refused("key", f"recalls entry {said.entry} for another cause than {why}")
        counted, counts = self.stations[at], self._without(owed)
        if (said.counted, said.counts) != (counted.index, counts.index if counts else None):
            expected = f"from {counted.index} to {counts.index if counts else None}"
            raise self._refused("from", f"is from {said.counted} to {said.counts}; it must be {expected}")
        self._undo(owed)

    def _without(self, owed: Owed) -> Counted | None:
        """What counts at the station once the form is recalled."""
        counted, earlier = self.stations[owed.at], self.earlier.get(owed.at, ())
        if counted.index != owed.form.index:
            return counted
        return earlier[-1] if earlier else None

    def _undo(self, owed: Owed) -> None:
        at, form = owed.at, owed.form
        counts = self._without(owed)
        left = [one for one in self.earlier.get(at, ()) if one.index not in (form.index, counts and counts.index)]
        self.earlier.pop(at, None)
        if left:
            self.earlier[at] = left
        if counts is None:
            del self.stations[at]
        else:
            self.stations[at] = counts
        self.recalled.setdefault(at, {})[form.version] = form.form
        del self.owed[form.index]

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


def _words(owed: dict[int, Owed]) -> str:
    return ", ".join(f"entry {index}" for index in list(owed)[:5])
