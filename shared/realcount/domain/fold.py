"""The count out of the log alone: the entries, one after another, and what counts at each station after them.

This is the other way to every number that is published. It shares nothing with the roll-up but the types, so that an
error in one of them shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from realcount.domain.election import Contest, ContestKey
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.form import Form
from realcount.domain.log.entries import SealedForm, read_entry
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.sum_tree import Sums, nothing


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
    """The state after `size` entries, by contest and station."""

    size: int = 0
    stations: dict[tuple[ContestKey, str], Counted] = field(default_factory=dict)

    def take(self, entries: Iterable[bytes], contests: dict[ContestKey, Contest]) -> None:
        """Go on with the entries that follow. Raises `Rejected`, and names the entry, if one cannot stand where it does."""
        for entry in entries:
            form = self._read(entry).form
            key = ContestKey(form.election, form.contest)
            contest = contests.get(key)
            if contest is None:
                raise self._refused("form.contest", f"{key} is no contest of this election")
            before = self.stations.get((key, form.station))
            self._require_next(form, before)
            self.stations[key, form.station] = Counted(
                form.version, form.hash, self.size, leaf_hash(entry), sums_of(form, contest)
            )
            self.size += 1

    def leaves(self, contest: ContestKey) -> dict[str, tuple[Sums, bytes]]:
        """What `sum_tree` is built from."""
        return {
            station: (counted.sums, counted.leaf) for (key, station), counted in self.stations.items() if key == contest
        }

    def _read(self, entry: bytes) -> SealedForm:
        try:
            return read_entry(entry)
        except Rejected as error:
            raise Rejected(
                [Refusal(r.code, f"entry {self.size}: {r.field}", r.detail) for r in error.refusals]
            ) from None

    def _require_next(self, form: Form, before: Counted | None) -> None:
        """Versions of a station only go up. Returned ones are not in the log, so a number may be missing in between."""
        if before is not None and form.version <= before.version:
            raise self._refused(
                "form.version",
                f"is {form.version} at station {form.station}, where entry {before.index} was already {before.version}",
            )
        if before is not None and form.version == before.version + 1 and form.previous != before.form:
            raise self._refused("form.prev", f"does not name the form in entry {before.index}, which it follows")

    def _refused(self, where: str, detail: str) -> Rejected:
        return Rejected([Refusal("bad-entry", f"entry {self.size}: {where}", detail)])


def sums_of(form: Form, contest: Contest) -> Sums:
    """What an approved form adds. A withdrawal adds nothing, and a figure that is missing on the paper adds nothing."""
    if form.kind == "withdrawal":
        return nothing(len(contest.options))
    return Sums(
        stations=1,
        valid=form.figures.get("valid", 0),
        invalid=form.figures.get("invalid", 0),
        voters=form.figures.get("voters.total", 0),
        votes=tuple(form.votes.get(option, 0) for option in contest.option_ids()),
    )
