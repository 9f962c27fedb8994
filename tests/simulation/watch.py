"""The invariants of docs/decisions/0002 and 0003, checked at every single write while a run goes on.

    I1  one head per station and contest; versions 1, 2, 3 ... without gaps; what is recorded never changes
    I2  nothing is decided by one holder alone, by a revoked key, or about other numbers than the approver saw
    I3  a form counts if, and only if, it is in the published log, whole
    I4  a row is never ahead of its children; with equal versions every number is equal
    I5  a row's version only grows; a version once in a total leaves it only through a later version of that station
    I7  a page is the sum of the rows it lists, each of which was once stored; its edition only grows; a unit's pages of
        one edition are the same bytes
    I8  the published log only grows, is what its files say, has no entry twice, and can be folded
    CO  a page's copy is never older than the page, never replaced by an older one, and the bytes of its edition
    ED  what an upper region's page was at an edition is kept for good before it is served, byte for byte, and adds up
    DE  changes lead from every page that was served, and that they reach back to, to the bytes of theirs
    EV  the scans of a recorded form are kept
    ID  derivable: every total, of a row or a page, is the sum over some approved version of each station

I6 (at rest) is `world.settle_accounts`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from realcount.client.deltas import apply
from realcount.domain.election import Contest, ContestKey
from realcount.domain.errors import Rejected
from realcount.domain.fold import Fold
from realcount.domain.ledger import Head
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.entries import read_entry
from realcount.domain.log.hashing import leaf_hash, root_of
from realcount.domain.log.notes import read_note
from realcount.domain.log.proofs import Tree
from realcount.domain.log.sealed_forms import SealedForm, form_entry
from realcount.domain.log.tiles import decode_bundle, tile_names
from realcount.domain.page import Page
from realcount.domain.tally import RowChange, StationChange, Tally
from realcount.local.memory import MemoryEvidence, MemoryForms, MemoryKeys, MemoryLog, MemoryTallies
from realcount.rendering.paths import edition_path
from tests.simulation.objects import Object
from tests.simulation.recount import NEVER, History, Numbers, fold_station, marks
from tests.small_election import ELECTION, STATIONS, PreVerified, contest, region


class Violation(AssertionError):
    """An invariant did not hold. The message begins with its number."""


def require(holds: bool, invariant: str, what: str, *seen: object) -> None:
    if not holds:
        raise Violation(f"{invariant}: {what} {' | '.join(map(str, seen))}")


class Watch:
    def __init__(self, keys: MemoryKeys, evidence: MemoryEvidence) -> None:
        self._keys = keys
        self._evidence = evidence
        self.forms: MemoryForms
        self.log: MemoryLog
        self.entries: list[bytes] = []
        """Of the published log."""
        self._seals: dict[StationChange, dict[int, int]] = {}
        self.tallies: MemoryTallies
        self.copies: Mapping[str, Object] = {}
        self._heads: dict[StationChange, Head] = {}
        self._histories: dict[StationChange, History] = {}
        self._rows: dict[RowChange, dict[int, Numbers]] = {}
        self._stations: dict[tuple[ContestKey, str, int], Numbers] = {}
        self._last: dict[RowChange, Numbers] = {}
        self._highest: dict[object, dict[str, int]] = {}
        self._pages: dict[str, dict[str, object]] = {}
        self._served: dict[str, dict[int, bytes]] = {}
        """Of each upper region, what was served at which edition."""
        self._bytes: dict[tuple[str, int], str] = {}

    # -- the ledger ------------------------------------------------------------------------------------------------

    def head_moved(self, change: StationChange) -> bool:
        """Whether an official did it; else the station was sealed, or somebody was reminded of it."""
        was, now = self._heads.get(change), self.forms.head(*change)
        history = tuple(self.forms.history(*change))
        before = self._histories.get(change, ())
        assert now is not None
        if was is not None and now == was:
            require(self._seals.get(change, {}) == self.forms.seals(*change), "I3", f"{change}: seals moved alone", now)
            return False
        require(now.seq == (was.seq if was else 0) + 1, "I1", f"{change} went by more than one step", was, now)
        require(
            [version.form.version for version, _ in history] == list(range(1, len(history) + 1)),
            "I1", f"{change} has gaps", history,
        )  # fmt: skip
        for (version, review), (version_now, review_now) in zip(before, history, strict=False):
            require(version is version_now, "I1", f"{change}: a recorded version changed", version, version_now)
            require(review in (None, review_now), "I1", f"{change}: a recorded review changed", review, review_now)
        previous = None
        for version, _ in history:
            require(version.form.previous == previous, "I1", f"{change}: version does not follow", version.form)
            previous = version.form.hash
        for scan in history[-1][0].form.scans:
            require(self._evidence.get(scan.sha256) is not None, "EV", f"{change}: a scan was not kept", scan)
        sealed = was is not None and now.counted != was.counted
        if sealed:
            self._check_seal(change, was, now, history)
            require(before == history, "I1", f"{change}: sealed, and something else besides", before, history)
        else:
            self._check_decision(change, before, history)
        self._heads[change], self._histories[change] = now, history
        return not sealed

    def _check_decision(self, change: StationChange, before: History, history: History) -> None:
        undecided = [at for at, (_, review) in enumerate(before) if review is None]
        decided = [at for at in undecided if history[at][1] is not None]
        require(
            len(history) - len(before) + len(decided) == 1,
            "I1",
            f"{change}: not one event, but others",
            before,
            history,
        )
        if not decided:
            return
        require(decided == [len(history) - 1], "I1", f"{change}: decided on a version that is not the latest", history)
        version, review = history[-1]
        assert review is not None
        require(review.form == version.form.hash, "I2", f"{change}: approved other numbers", review, version.form)
        signer, writer = self._keys.find(review.key), self._keys.find(version.form.key)
        assert signer and writer
        require(signer.holder != writer.holder, "I2", f"{change}: one holder alone", signer, writer)
        for key in (signer, writer):
            require(key.revoked_at is None, "I2", f"{change}: decided by revoked key {key.id}", review)

    # -- the log ---------------------------------------------------------------------------------------------------

    def _check_seal(self, change: StationChange, was: Head, now: Head, history: History) -> None:
        before, seals = self._seals.get(change, {}), dict(self.forms.seals(*change))
        new = {version: index for version, index in seals.items() if version not in before}
        require(
            {**before, **new} == seals and list(new) == [now.counted], "I3", f"{change} is sealed oddly", before, seals
        )
        require(was.counted < now.counted <= was.approved, "I3", f"{change}: what was not approved is sealed", was, now)
        version, review = history[now.counted - 1]
        index = seals[now.counted]
        require(index < len(self.entries), "I3", f"{change} counts, and nobody can see it", index, len(self.entries))
        assert review is not None
        same = self.entries[index] == form_entry(version, review)
        require(same, "I3", f"{change} is another entry of the log", index)
        self._seals[change] = seals

    def checkpoint_published(self, note: bytes) -> None:
        """The log as a reader finds it now."""
        checkpoint = read_checkpoint(read_note(note).text)
        before, size = self.entries, checkpoint.size
        require(size > len(before), "I8", "the checkpoint did not move forward", len(before), checkpoint)
        bundles = [name for name in tile_names(size) if name.level < 0]
        self.entries = [entry for name in bundles for entry in decode_bundle(name, self.log.file(name.path))]
        require(self.entries[: len(before)] == before, "I8", "an entry of the log changed", checkpoint)
        require(
            root_of([leaf_hash(entry) for entry in self.entries]) == checkpoint.root, "I8", "another root", checkpoint
        )
        tree = Tree(size, lambda name: self.log.file(name.path))
        require(tree.root() == checkpoint.root, "I8", "the tiles have another root", checkpoint)
        require(len(set(self.entries)) == size, "I8", "an entry is there twice", checkpoint)

    def settle_log(self, contests: Sequence[ContestKey]) -> None:
        """At rest: what is in the log, ledger and seals are one, and the log alone gives what the ledger gives."""
        require(self.log.head().batch is None, "I8", "a batch is not finished", self.log.head())
        folded = Fold(verify=PreVerified().verify)
        try:
            folded.take(self.entries)
        except Rejected as error:
            raise Violation(f"I8: the log cannot be folded: {error}") from error
        for key in contests:
            for station in STATIONS:
                head = self.forms.head(key, station)
                counted = folded.stations.get((key, station))
                version, seals = head.counted if head else 0, self.forms.seals(key, station)
                require(version == (head.approved if head else 0), "I3", f"{station} waits at rest", head)
                found = (counted.version, counted.index) if counted else (0, None)
                require(found == (version, seals.get(version)), "I3", f"{station} in the log", counted, head, seals)
                if counted is not None and head is not None:
                    row = fold_station(self.forms.history(key, station), seals, contest(key))
                    sums = (row.approved, row.valid, row.invalid, row.voters, row.votes)
                    require(tuple(counted.sums) == sums, "I3", f"{station} by the log and by the ledger", counted, row)
        forms = sum(len(self.forms.seals(key, station)) for key in contests for station in STATIONS)
        others = [type(read_entry(entry)) for entry in self.entries]
        require(others.count(SealedForm) == forms, "I3", "the log has other forms than the ledger", forms)
        revoked = {key.id for key in self._keys.revoked(ELECTION)}
        told = {key.id for key in folded.keys.values() if key.revoked_at is not None}
        require(told == revoked, "I8", "revocations are not in the log", revoked, told)

    # -- the tally -------------------------------------------------------------------------------------------------

    def row_moved(self, change: RowChange) -> None:
        tally = self.tallies.row(*change)
        assert tally is not None
        frame = contest(change.contest)
        now, last = numbers_of(tally), self._last.get(change)
        require(last is None or now.edition > last.edition, "I5", f"{change} went back", last, now)
        require(last is None or now.at >= last.at, "I5", f"the time of {change} went back", last, now)
        self._rows.setdefault(change, {})[now.edition] = now
        self._last[change] = now
        if change.child in STATIONS:
            known = self._stations.setdefault((change.contest, change.child, now.edition), now)
            require(known == now, "I4", f"{change}: one version, two tallies", known, now)
        else:
            self._check_children(change, frame, now)
        self._check_marks(("row", *change), change.contest, frame, now)

    def _check_children(self, change: RowChange, frame: Contest, now: Numbers) -> None:
        rows = [self.tallies.row(change.contest, change.child, child.id) for child in region(change.child).children]
        below = [numbers_of(row) for row in rows if row is not None]
        require(bool(below), "ID", f"{change} has numbers, none of its children has", now)
        total = sum(below[1:], below[0])
        require(now.edition <= total.edition, "I4", f"{change} is ahead of its children", now, total)
        if now.edition == total.edition:
            require(now == total, "I4", f"{change} drifted from its children", now, total)
            own = self.tallies.row(*change)
            examples = [row.example for row in rows if row is not None and row.example is not None]
            same = own is not None and own.example == min(examples, default=None)
            require(same, "I4", f"the example of {change} is none of its children's", own, examples)

    # -- the pages -------------------------------------------------------------------------------------------------

    def first_pages(self, upper: Sequence[Page]) -> None:
        """What a load left of the upper regions."""
        for page in upper:
            self._served[page.path] = {page.edition: page.bodies["identity"]}

    def page_put(self, page: Page, stored: bool) -> None:
        path, _, last = page.path.rpartition("/")
        if path in self._served:
            if stored:
                self._beside_put(path, last, json.loads(page.bodies["identity"]), page.edition)
            return
        known = self._bytes.setdefault((page.path, page.edition), page.etag)
        require(known == page.etag, "I7", f"two pages {page.path} of edition {page.edition}", known, page.etag)
        if not stored:
            return
        copy = self.copies.get(page.path.removeprefix("/"))
        behind = copy is None or (copy.edition, copy.rendering) < (page.edition, page.rendering)
        require(not behind, "CO", f"{page.path} is stored, its copy is older", page.edition, copy)
        document = json.loads(page.bodies["identity"])
        if "region" in document:
            kept = self.copies.get(edition_path(page.path, page.edition).removeprefix("/"))
            same = kept is not None and kept.body == page.bodies["identity"]
            require(same, "ED", f"{page.path} is served at {page.edition}, which is not kept", kept)
            self._served[page.path][page.edition] = page.bodies["identity"]
        last = self._pages.get(page.path)
        if last is not None:
            require(document["edition"] > last["edition"], "I7", f"{page.path} went back", last["edition"], document)
            was = last["updated_at"] or NEVER
            require(document["updated_at"] >= was, "I7", f"the time of {page.path} went back", was, document)
        self._pages[page.path] = document
        key = ContestKey(document["election"], document["contest"])
        numbers = numbers_of_document(document)
        if "region" in document:
            unit = document["region"]["id"]
            children = [numbers_of_document(child) for child in document["children"]]
            total = sum(children[1:], children[0])
            same = replace(numbers, at=NEVER) == total
            require(same, "I7", f"{page.path} is not the sum of its list", numbers, total)
            for child, listed in zip(document["children"], children, strict=True):
                rows = self._rows.get(RowChange(key, unit, child["id"]), {})
                row = rows.get(listed.edition)
                same = row is not None and replace(row, at=NEVER) == listed
                require(same or listed.edition == 0, "I7", f"{page.path} lists a row that never was", listed, row)
        else:
            unit = document["station"]["id"]
        self._check_marks(("page", page.path), key, contest(key), numbers, unit)

    def _beside_put(self, path: str, name: str, document: dict[str, Any], edition: int) -> None:
        """Of an edition that can be read; and whoever was served another that it names gets from there to its bytes."""
        served = self._served[path]
        require(
            document.get("to", document.get("edition")) == edition,
            "DE",
            f"{path}/{name} is of another edition",
            document,
        )
        require(edition <= max(served), "DE", f"{path}/{name} is ahead of the page", edition, max(served))
        if name == "now":
            return
        target = self.copies[edition_path(path, edition).removeprefix("/")].body
        changes = json.dumps(document).encode()
        for held, body in served.items():
            if document["from"] <= held <= edition:
                require(apply(body, changes) == target, "DE", f"{path}: changes lead from {held} elsewhere", document)

    def copy_put(self, key: str, was: Object | None, now: Object) -> None:
        if "/editions/" in key:
            require(was is None, "ED", f"{key} was replaced", was, now)
            document = json.loads(now.body)
            children = [numbers_of_document(child) for child in document["children"]]
            same = replace(numbers_of_document(document), at=NEVER) == sum(children[1:], children[0])
            require(same, "ED", f"{key} is not the sum of its list", document)
            return
        older = was is not None and (now.edition, now.rendering) < (was.edition, was.rendering)
        require(not older, "CO", f"the copy {key} went back", was, now)
        require(json.loads(now.body)["edition"] == now.edition, "CO", f"the copy {key} is of another edition", now)

    # -- both ------------------------------------------------------------------------------------------------------

    def _check_marks(
        self, place: object, key: ContestKey, frame: Contest, numbers: Numbers, unit: str | None = None
    ) -> None:
        """ID and I5 by the marks in the first option's votes: what is in this total, and was it allowed to change so?"""
        highest = self._highest.setdefault(place, dict.fromkeys(STATIONS, 0))
        expected = (0, 0, 0, 0)
        votes = [0] * len(frame.options)
        for station, mark in marks(numbers.votes[0]).items():
            history = self._histories.get(StationChange(key, station), ())
            if mark < highest[station]:
                withdrawn = any(
                    version.form.kind == "withdrawal" and review is not None and review.decision == "approve"
                    for version, review in history[highest[station] :]
                )
                require(
                    mark == 0 and withdrawn, "I5", f"{place}: version {highest[station]} of {station} vanished", numbers
                )
            highest[station] = max(highest[station], mark)
            if mark:
                require(mark <= len(history), "ID", f"{place}: there is no version {mark} of {station}", numbers)
                version, review = history[mark - 1]
                approved = review is not None and review.decision == "approve"
                require(approved, "I2", f"{place}: version {mark} of {station} counts unapproved", numbers)
                sealed = mark in self._seals.get(StationChange(key, station), {})
                require(sealed, "I3", f"{place}: version {mark} of {station} counts unsealed", numbers)
                figures = version.form.figures
                parts = (figures.get("valid", 0), figures.get("invalid", 0), figures.get("voters.total", 0), 1)
                expected = tuple(a + b for a, b in zip(expected, parts, strict=True))  # type: ignore[assignment]
                for i, option in enumerate(frame.options):
                    votes[i] += version.form.votes.get(option.id, 0)
        found = (numbers.valid, numbers.invalid, numbers.voters, numbers.approved)
        require(
            (found, numbers.votes) == (expected, tuple(votes)),
            "ID", f"{place} is not the sum of any forms", numbers, expected, votes,
        )  # fmt: skip


def numbers_of(tally: Tally) -> Numbers:
    return Numbers(
        tally.sv, tally.votes, tally.valid, tally.invalid, tally.voters,
        tally.received, tally.approved, tally.flagged, tally.incomplete, tally.at,
    )  # fmt: skip


def numbers_of_document(document: dict[str, object]) -> Numbers:
    """The numbers of a page, or of one child in its list (which says no time)."""
    votes, stations = document["votes"], document["stations"]
    assert isinstance(votes, dict) and isinstance(stations, dict)
    return Numbers(
        document["edition"], tuple(votes.values()), document["valid"], document["invalid"], document["voters"],
        stations["received"], stations["approved"], stations["flagged"], stations["incomplete"],
        document.get("updated_at") or NEVER,
    )  # fmt: skip
