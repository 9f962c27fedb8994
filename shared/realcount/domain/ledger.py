"""What has happened to a station's form: immutable versions, the decisions on them, and the head that sums them up.

A version is RECEIVED when it comes in and is then APPROVED or RETURNED by a second official. An approved version counts
once it is sealed in the public log, and not before: what is counted can be seen by everybody. A later version corrects or
withdraws an earlier one; nothing is deleted or overwritten.

An approval is undone in one case alone: a key that made it turns out not to be trusted (decision 0017). The version is
then *recalled*. If it is the latest it waits again, for another approver; or it is returned, if it is the submitter's key
that is not trusted. What counts then is the highest version that is sealed and not recalled. Each time a version is
decided on anew is another *round* of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict
from realcount.domain.findings import Finding, is_flagged, is_incomplete
from realcount.domain.form import Form
from realcount.domain.official import SUBMITTER
from realcount.domain.tally import Tally, zero

RECEIVED = "received"
APPROVED = "approved"
RETURNED = "returned"

APPROVE = "approve"
RETURN = "return"


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One version as it lies in the ledger: the form, the very bytes that were signed, and what was found.

    `payload` and `signature` let anyone check the official's signature again, for ever.
    """

    form: Form
    payload: bytes
    signature: bytes
    upload: str
    received_at: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """The second official's decision on one version, with the bytes that were signed.

    `form` is the hash of the version decided on: a decision can never be carried over to other numbers.
    """

    election: str
    contest: str
    station: str
    version: int
    form: str
    decision: str
    reason: str | None
    key: str
    signed_at: str
    payload: bytes
    signature: bytes
    decided_at: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a station stands. `seq` counts everything that ever happened here and is the optimistic lock.

    `latest` is the highest version, `latest_hash` its form's hash, `latest_state` its state; `approved` is the highest
    approved version, `counted` the highest sealed one, whose numbers count (0: none yet), both among those that are not
    recalled; `at` is when the last thing happened that an official did. `recalls` are the versions that were ever recalled,
    each with how often.
    """

    seq: int
    latest: int
    latest_hash: str
    latest_state: str
    approved: int
    counted: int
    at: str
    recalls: tuple[tuple[int, int], ...] = ()

    def round_of(self, version: int) -> int:
        """How often the version was recalled: its decision and its seal are those of this round."""
        return self.rounds().get(version, 0)

    def rounds(self) -> dict[int, int]:
        return dict(self.recalls)

    def recalled(self, version: int, role: str, approved: Collection[int], sealed: Collection[int], at: str) -> Head:
        """The head after an approved version was recalled, as `role`'s key is not trusted. `approved` and `sealed` are the
        versions that are so now and are not recalled. Raises `Conflict` unless the version is among the approved.
        """
        if version not in approved:
            raise Conflict(f"version {version} cannot be recalled: it is not approved")
        rounds = self.rounds() | {version: self.round_of(version) + 1}
        back = RETURNED if role == SUBMITTER else RECEIVED
        return replace(
            self,
            seq=self.seq + 1,
            latest_state=back if version == self.latest else self.latest_state,
            approved=max((one for one in approved if one != version), default=0),
            counted=max((one for one in sealed if one != version), default=0),
            at=max(at, self.at),
            recalls=tuple(sorted(rounds.items())),
        )

    def decided(self, decision: str, at: str) -> Head:
        """The head after the second official decided on the latest version.

        `at` never runs backwards, so that a slow clock cannot make a page look older than it is.
        """
        approved = self.latest if decision == APPROVE else self.approved
        state = APPROVED if decision == APPROVE else RETURNED
        return replace(self, seq=self.seq + 1, latest_state=state, approved=approved, at=max(at, self.at))

    def sealed(self, version: int) -> Head:
        """The head after an approved version was sealed: from here on it counts.

        Raises `Conflict` unless it is approved and later than what counts; versions are sealed in their order.
        """
        if not self.counted < version <= self.approved:
            raise Conflict(
                f"version {version} cannot start to count: {self.counted} counts, and {self.approved} is the last approved"
            )
        return replace(self, seq=self.seq + 1, counted=version)


@dataclass(frozen=True, slots=True)
class Seal:
    """An approved version that is entry `index` of the public log, and the step of the station's head that says so."""

    contest: ContestKey
    station: str
    version: int
    index: int
    was: Head
    now: Head


@dataclass(frozen=True, slots=True)
class Recall:
    """An approval that does not stand any more: `role`'s `key` is not trusted from `since` on, for `reason`.

    `round` is how often the version was recalled before. `entry` is the sealed form that it concerns and `index` the entry
    of the public log that recalls it; both None if the version was never sealed, and so never counted.
    """

    contest: ContestKey
    station: str
    version: int
    round: int
    role: str
    key: str
    since: str
    reason: str
    at: str
    entry: int | None
    index: int | None


def received(head: Head | None, version: FormVersion) -> Head:
    """The head after `version` came in.

    Raises `Conflict` unless it is the next version and names the hash of the one before; the caller has checked both
    against the head it read and turns that into a refusal, so here it is the last line of defence.
    """
    latest, latest_hash = (head.latest, head.latest_hash) if head else (0, None)
    if version.form.version != latest + 1 or version.form.previous != latest_hash:
        raise Conflict(f"version {version.form.version} does not follow version {latest}")
    return Head(
        seq=(head.seq if head else 0) + 1,
        latest=version.form.version,
        latest_hash=version.form.hash,
        latest_state=RECEIVED,
        approved=head.approved if head else 0,
        counted=head.counted if head else 0,
        at=max(version.received_at, head.at) if head else version.received_at,
        recalls=head.recalls if head else (),
    )


def sealed_before(seals: Mapping[int, int], recalls: Sequence[Recall], size: int | None = None) -> dict[int, int]:
    """Of a station, the versions that are sealed and not recalled by the first `size` entries of the log (None: by all), each
    with its entry: the highest one counts there. `seals` are the last entries of its versions."""
    entries = {*seals.items(), *((one.version, one.entry) for one in recalls if one.entry is not None)}
    undone = {one.entry for one in recalls if one.index is not None and (size is None or one.index < size)}
    return {
        version: entry for version, entry in sorted(entries) if (size is None or entry < size) and entry not in undone
    }


def station_tally(
    head: Head | None, latest: FormVersion | None, counted: FormVersion | None, options: tuple[str, ...]
) -> Tally:
    """What a station adds to the totals above it: the one place where a form starts, changes or ceases to count.

    The numbers are those of the counted version; a missing figure adds nothing (and the form shows as incomplete), a
    withdrawal removes the station. While nothing counts, a version that waits for its second official, or to be sealed,
    shows as received, with its flags.
    """
    if head is None or latest is None:
        return zero(len(options))
    numbers = counted.form if counted is not None and counted.form.kind != "withdrawal" else None
    shown = counted if counted is not None and numbers else latest
    present = numbers is not None or head.latest_state == RECEIVED or head.approved > head.counted
    flagged = present and is_flagged(shown.findings)
    return Tally(
        sv=head.seq,
        votes=tuple(numbers.votes.get(option, 0) for option in options) if numbers else (0,) * len(options),
        valid=numbers.figures.get("valid", 0) if numbers else 0,
        invalid=numbers.figures.get("invalid", 0) if numbers else 0,
        voters=numbers.figures.get("voters.total", 0) if numbers else 0,
        received=int(present),
        approved=int(numbers is not None),
        flagged=int(flagged),
        incomplete=int(present and is_incomplete(shown.findings)),
        at=head.at,
        findings=tuple(dict.fromkeys(finding.code for finding in shown.findings)) if flagged else (),
        example=shown.form.station if flagged else None,
    )
