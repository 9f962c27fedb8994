"""What counts at a station, as an entry of the log says it: its numbers, and who signed it when."""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain.election import ContestKey
from realcount.domain.form import Form
from realcount.domain.log.snapshots import ContestFrame
from realcount.domain.official import APPROVER, SUBMITTER, OfficialKey
from realcount.domain.sum_tree import Sums, nothing


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts at a station: the version of the form, its hash, the entry in the log, what it adds, and whose keys signed
    it when."""

    version: int
    form: str
    index: int
    leaf: bytes
    sums: Sums
    submitter: str
    received_at: str
    approver: str
    decided_at: str

    def signed_by(self, key: OfficialKey) -> str | None:
        """In which role the key signed it at a time from which on it is not trusted; None if it did not."""
        if self.submitter == key.id and not key.trusted_at(self.received_at):
            return SUBMITTER
        return APPROVER if self.approver == key.id and not key.trusted_at(self.decided_at) else None


At = tuple[ContestKey, str]
"""A contest, and a station in it."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A form that has to be recalled now, with the key that is not trusted and the role in which it signed."""

    at: At
    form: Counted
    key: OfficialKey
    role: str


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
