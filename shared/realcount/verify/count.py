"""The fold of the log, entry by entry, with every snapshot compared where it stands.

An entry that is refused adds nothing, and the count goes on behind it. So a snapshot that counted it is found out too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound, Refusal, Rejected
from realcount.domain.fold import Fold
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import KeyDistrusted, KeyRegistered, KeyRevoked
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.log.snapshots import ContestFrame, OpenedContest, Opening, Snapshot
from realcount.domain.log.tiles import BUNDLES, MAX_BUNDLE, WIDTH, TileName
from realcount.domain.official import OfficialKey
from realcount.verify.findings import Finding, Findings
from realcount.verify.reading import Keys, Read, is_form, read_bundles, read_safely
from realcount.verify.rehash import Progress, Rehashed
from realcount.verify.sources import Source, TooLarge, ahead
from realcount.verify.sums import GrowingSums, check_published, where_it_differs
from realcount.verify.units import Units

_BY_FIELD = {
    "form_signature": "bad-signature",
    "review_signature": "bad-signature",
    "form.key": "wrong-signer",
    "review.key": "wrong-signer",
    "form.version": "wrong-version",
    "form.prev": "wrong-version",
}


@dataclass(slots=True)
class Aside:
    """What has to be known of a log before its forms are counted: its opening, its contests and keys, each as it was first
    said, and its snapshots, by index."""

    opening: Opening | None = None
    contests: dict[ContestKey, ContestFrame] = field(default_factory=dict)
    keys: dict[tuple[str, str], OfficialKey] = field(default_factory=dict)
    snapshots: list[tuple[int, Snapshot]] = field(default_factory=list)

    def __call__(self, index: int, entry: bytes) -> None:
        if is_form(entry):
            return
        try:
            said = read_safely(entry)
        except Rejected:
            return  # The fold comes by here again, and says so.
        match said:
            case KeyRegistered(key):
                self.keys.setdefault((key.election, key.id), key)
            case Snapshot():
                self.snapshots.append((index, said))
            case Opening() if index == 0:
                self.opening = said
            case OpenedContest(contest, frame):
                self.contests.setdefault(contest, frame)


@dataclass(slots=True)
class Counting:
    """The second walk over a log: `run` it, then look at `fold` and `sums`. `signed` is the index up to which every
    signature is known to hold, before and after."""

    source: Source
    rehashed: Rehashed
    aside: Aside
    units: Units | None
    findings: Findings
    progress: Progress
    sums_seen: set[bytes]
    signed: int = 0
    workers: int = 1
    fold: Fold = field(default_factory=Fold)
    sums: dict[tuple[ContestKey, str], GrowingSums] = field(default_factory=dict)
    snapshots_checked: int = 0
    snapshots_unchecked: int = 0
    nodes_checked: int = 0
    _due: list[tuple[int, Snapshot]] = field(default_factory=list)
    _newest: dict[tuple[ContestKey, str], int] = field(default_factory=dict)
    _all_signed: bool = True
    _reached: dict[tuple[str, str, object], bool] = field(default_factory=dict)

    def run(self, on_signed: Callable[[int], None]) -> None:
        """Count. `on_signed` is told, after each bundle, up to which entry all signatures hold. Raises `Unavailable`."""
        self._due = sorted(self.aside.snapshots, key=lambda one: -one[1].size)
        self._newest = {(said.contest, said.unit): index for index, said in self.aside.snapshots}
        already = self.signed
        keys: Keys = self.aside.keys
        for name, entries in read_bundles(self._bundles(), keys, already, self.workers):
            first = name.number * WIDTH
            self._pass_over(first - self.fold.size)
            if entries is None:
                expected = "the bundle that was hashed before"
                self.findings.add(Finding("changed-while-read", name.path, "no bundle", expected, first))
                self._pass_over(name.width)
            for read in entries or ():
                self._settle_due()
                self._take(name.path, read)
            if self._all_signed and self.fold.size > self.signed:
                self.signed = self.fold.size
                on_signed(self.signed)
            self.progress("counting", self.fold.size, self.rehashed.size)
        self._pass_over(self.rehashed.size - self.fold.size)
        self._give_up_owed("its end", self.fold.size)
        self._settle_due()
        self.snapshots_unchecked += len(self._due)

    def _bundles(self) -> Iterator[tuple[TileName, bytes]]:
        """The bundles that could be read before. Those that could not are passed over by whoever takes the next."""
        size = self.rehashed.size
        lost = {gap.start // WIDTH for gap in self.rehashed.unread}
        names = (
            TileName(BUNDLES, number, min(WIDTH, size - number * WIDTH))
            for number in range(-(-size // WIDTH))
            if number not in lost
        )
        yield from ahead(self._bundle, names, self.source.at_once)

    def _bundle(self, name: TileName) -> tuple[TileName, bytes]:
        try:
            return name, self.source.get(name.path, MAX_BUNDLE)
        except (NotFound, TooLarge):
            return name, b"\xff"  # No bundle: it was one when it was hashed.

    def _take(self, file: str, read: Read) -> None:
        index = self.fold.size
        if read.leaf != self.rehashed.leaf(index):
            expected = "the entry that was hashed before"
            self.findings.add(Finding("changed-while-read", file, "another entry", expected, index))
            self._pass_over(1)
            return
        said = read.said
        if index == 0 and not isinstance(said, Opening):
            found = "no entry" if said is None else type(said).__name__
            self.findings.add(Finding("not-opened", file, found, "the opening of the election", 0))
        if said is None:
            self._refuse(file, index, None, read.refusals)
            return
        if isinstance(said, Opening) and index > 0:
            self.findings.add(Finding("second-opening", file, said.election, "one opening, at entry 0", index))
            self._pass_over(1)
            return
        if isinstance(said, SealedForm) and read.wrong:
            self._refuse_signatures(file, index, said, read.wrong)
            return
        if not isinstance(said, SealedRecall):
            self._give_up_owed(file, index)
        try:
            self.fold.apply(said, read.leaf)
        except Rejected as error:
            self._refuse(file, index, said, error.refusals)
            return
        if isinstance(said, SealedForm):
            self._place(file, index, said)
        elif isinstance(said, SealedRecall):
            self._moved(said.contest, said.station)

    def _give_up_owed(self, file: str, index: int) -> None:
        """Whatever comes here, recalls should. The count goes on as if they had: a total that counts these forms is wrong."""
        for one in self.fold.give_up_owed():
            contest, station = one.at
            found = f"entry {one.form.index}, which {one.key.id} signed as {one.role}, is not recalled in {contest}"
            expected = f"its recall, as {one.key.id} is distrusted since {one.key.distrusted_from}"
            self.findings.add(Finding("recall-missing", file, found, expected, index, station))
            self._moved(contest, station)

    def _moved(self, contest: ContestKey, station: str) -> None:
        for tree, region in self.units.votes_in(contest, station) if self.units else ():
            sums = self.sums.get((contest, tree.root))
            if sums is not None:
                sums.moved(region)

    def _refuse(self, file: str, index: int, said: object, refusals: Sequence[Refusal]) -> None:
        unit = said.form.station if isinstance(said, SealedForm) else None
        unit = said.station if isinstance(said, SealedRecall) else unit
        for refusal in refusals:
            where = refusal.field.removeprefix(f"entry {index}: ")
            expected = "an entry that can stand here"
            self.findings.add(Finding(_code(said, where), file, f"{where}: {refusal.detail}", expected, index, unit))
        if isinstance(said, SealedForm | None):
            self._all_signed = False
        self._pass_over(1)

    def _refuse_signatures(self, file: str, index: int, said: SealedForm, wrong: Sequence[str]) -> None:
        for name in wrong:
            key = said.form.key if name == "form_signature" else said.review.key
            found = f"the {name.replace('_', ' ')} does not hold"
            self.findings.add(
                Finding("bad-signature", file, found, f"{key}'s over exactly this", index, said.form.station)
            )
        self._all_signed = False
        self._pass_over(1)

    def _pass_over(self, entries: int) -> None:
        for _ in range(entries):
            self._settle_due()
            self.fold.pass_over()

    def _place(self, file: str, index: int, said: SealedForm) -> None:
        """Whether the station is one of this contest, and both keys speak for it."""
        if self.units is None:
            return
        form = said.form
        contest = ContestKey(form.election, form.contest)
        places = list(self.units.votes_in(contest, form.station))
        if not places or not self.units.is_station(form.station):
            expected = f"a station of {contest}"
            self.findings.add(Finding("unknown-station", file, form.station, expected, index, form.station))
            return
        for key_id in (form.key, said.review.key):
            if not self._reaches(form.election, key_id, form.station):
                regions = ", ".join(self.fold.keys[form.election, key_id].regions)
                found = f"{key_id} speaks for {regions}"
                expected = "the station, or a region above it"
                self.findings.add(Finding("out-of-reach", file, found, expected, index, form.station))
        self._moved(contest, form.station)

    def _reaches(self, election: str, key_id: str, station: str) -> bool:
        assert self.units is not None
        group = (election, key_id, self.units.parents[station])
        known = self._reached.get(group)
        if known is None:
            known = self._reached[group] = self.units.reached_by(self.fold.keys[election, key_id], station)
        return known

    # ---- snapshots -----------------------------------------------------------------------------------------------------

    def _settle_due(self) -> None:
        """Compare the snapshots of the first `fold.size` entries, now that they are folded."""
        while self._due and self._due[-1][1].size <= self.fold.size:
            index, snapshot = self._due.pop()
            sums = self._sums(snapshot.contest, snapshot.unit)
            if snapshot.size < self.fold.size or sums is None or not self.rehashed.readable(snapshot.size):
                self.snapshots_unchecked += 1
                continue
            self._compare(index, snapshot, sums)
            self.snapshots_checked += 1

    def _compare(self, index: int, snapshot: Snapshot, sums: GrowingSums) -> None:
        branch = sums.settle()
        if (branch.sums, branch.hash) != (snapshot.sums, snapshot.root):
            file = TileName(BUNDLES, index // WIDTH, min(WIDTH, self.rehashed.size - index // WIDTH * WIDTH)).path
            found = f"root {snapshot.root.hex()}, {snapshot.sums}"
            expected = f"root {(branch.hash or b'').hex()}, {branch.sums}, over the first {snapshot.size} entries"
            self.findings.add(Finding("snapshot-differs", file, found, expected, index, snapshot.unit))
            self.findings.add_all(where_it_differs(self.source, sums, snapshot.root))
        elif index == self._newest[snapshot.contest, snapshot.unit]:
            wrong = list(check_published(self.source, sums, self.sums_seen, self.progress))
            self.findings.add_all(wrong)
            self.nodes_checked += len(sums.tree.depth) - len(wrong)

    def _sums(self, contest: ContestKey, root: str) -> GrowingSums | None:
        frame = self.fold.contests.get(contest)
        if self.units is None or frame is None:
            return None
        known = self.sums.get((contest, root))
        if known is None:
            tree = next((tree for tree in self.units.trees.get(contest, ()) if tree.root == root), None)
            if tree is None:
                return None
            known = GrowingSums(contest, tree, frame.options, self.fold.stations)
            self.sums[contest, root] = known
        return known

    def settle_all(self) -> dict[tuple[ContestKey, str], GrowingSums]:
        """The sums of every root of every contest as they stand."""
        for contest, frame in self.fold.contests.items():
            for root in frame.roots:
                if (sums := self._sums(contest, root)) is not None:
                    sums.settle()
        return self.sums


def _code(said: object, where: str) -> str:
    match said:
        case SealedForm():
            return _BY_FIELD.get(where, "wrong-contest")
        case Snapshot():
            return "bad-snapshot"
        case OpenedContest():
            return "bad-contest"
        case KeyRegistered() | KeyRevoked() | KeyDistrusted():
            return "bad-key-event"
        case SealedRecall():
            return "bad-recall"
        case _:
            return "bad-entry"
