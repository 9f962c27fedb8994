"""Seal what it all comes to: the roots of all sum trees over the log so far, so that no total can be denied later.

The log itself is the state. The last snapshots in it name the nodes to go on from, and what was sealed since is in its
bundles. Nothing else is remembered, so nothing else can be lost, be wrong, or lag behind.

    1  how far the log goes, by its writer's head
    2  the last snapshots: read backwards
    3  the forms sealed and recalled since: what counts at each station after the last of them
    4  the nodes above them, as they are from now on, each written before anything names it
    5  one batch with a snapshot of every root of every contest

Dying before 5 leaves nodes that nobody names. Between 1 and 5 the log grows, which does no harm: a snapshot says over how
many entries it is. Only another one's snapshots may not have come in between, or sizes would go backwards; so whatever
came since is looked through when the head is ours to move, and the head moves only if it still is what it was then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realcount.domain.counted import sums_of
from realcount.domain.election import Contest, ContestKey, Election
from realcount.domain.errors import Conflict, Drift, NotFound, Rejected
from realcount.domain.log.bundles import Bundles, Leaf
from realcount.domain.log.entries import read_entry
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.domain.log.snapshots import SNAPSHOT as ENTRY_TYPE
from realcount.domain.log.snapshots import ContestFrame, Snapshot
from realcount.domain.log.tiles import WIDTH
from realcount.domain.sum_tree import Branch, nothing
from realcount.log_ports import LogHead, LogStore, Signer, Subject
from realcount.ports import ElectionStore
from realcount.usecases.append_log import Pending, append_log
from realcount.usecases.renew_sums import Each, in_steps, renew_sums
from realcount.usecases.snapshots import SNAPSHOT, Place, hash_of, snapshots_of
from realcount.usecases.zero_report import zero_branches

AT_MOST = 50_000
"""Entries that one run adds up. What came beyond is the next one's: a snapshot may be of any size that the log had."""

ATTEMPTS = 12
"""Times that the head is asked for while forms are sealed all the time, before leaving it to the next run."""

BUNDLES_AT_ONCE = 8
"""Read ahead; each is half a megabyte."""

_SAYS_SNAPSHOT = b'"type":"' + ENTRY_TYPE.encode() + b'"'


@dataclass(frozen=True, slots=True)
class Totals:
    """What one call came to: snapshots written, over how many entries, how many forms among them are new, and how many
    entries were left for the next run."""

    snapshots: int = 0
    size: int = 0
    forms: int = 0
    left: int = 0


def seal_totals(
    election: str,
    now: str,
    *,
    elections: ElectionStore,
    log: LogStore,
    signer: Signer,
    pause: Callable[[int], None],
    each: Each = map,
    at_most: int = AT_MOST,
) -> Totals:
    """Seal a snapshot of every root of every contest, if any form was sealed since the last ones.

    `pause` waits before the attempt of that number, when forms are being sealed meanwhile.

    Raises `Conflict` if the log was never at rest, `Unavailable`, `NotFound` if the election is not loaded or its first
    sums are not laid down, and `Drift` if the log or a node is not what it must be. Nothing is sealed then.
    """
    frame = elections.election(election)
    if frame is None:
        raise NotFound(f"there is no election {election!r}")
    head = log.head()
    if not head.edge.size:
        return Totals()  # Whoever seals forms opens the log.
    try:
        return _seal(frame, head, now, elections, log, signer, pause, each, at_most)
    except NotProven as error:
        raise Drift(f"the log of {election} is not what was sealed: {error}") from None


def _seal(
    frame: Election,
    head: LogHead,
    now: str,
    elections: ElectionStore,
    log: LogStore,
    signer: Signer,
    pause: Callable[[int], None],
    each: Each,
    at_most: int,
) -> Totals:
    bundles = Bundles(head.edge, log.file)
    since, roots = _last(frame, bundles, log, each)
    size = min(head.edge.size, since + at_most)
    moved = _moved(frame, bundles, since, size, each)
    forms, left = sum(map(len, moved.values())), head.edge.size - size
    if not forms and not left:
        return Totals()
    for contest in frame.contests:
        if stations := moved.get(contest.key):
            hashes = {root: hash_of(roots[contest.key, root]) for root in contest.roots}
            new = renew_sums(contest, hashes, stations, elections=elections, log=log, each=each)
            roots |= {(contest.key, root): branch for root, branch in new.items()}
    written = _append(snapshots_of(roots, size, now), head, log, signer, pause)
    return Totals(written, size, forms, left) if written else Totals()


def _last(frame: Election, bundles: Bundles, log: LogStore, each: Each) -> tuple[int, dict[Place, Branch]]:
    """The newest snapshot of every root, in the order of the election, and the least number of entries they are over.

    A log that has none goes on from the trees that were laid down before it was opened.
    """
    places = [(contest.key, root) for contest in frame.contests for root in contest.roots]
    found: dict[Place, Snapshot] = {}
    backwards = reversed(bundles.holding(0, bundles.edge.size))
    for leaves in in_steps(each, bundles.leaves, backwards, BUNDLES_AT_ONCE):
        for leaf in reversed(leaves):
            if _SAYS_SNAPSHOT in leaf.entry and isinstance(said := _read(leaf), Snapshot):
                found.setdefault((said.contest, said.unit), said)
        if all(place in found for place in places):
            roots = {place: Branch(place[1], found[place].sums, found[place].root) for place in places}
            return min(found[place].size for place in places), roots
    return 0, zero_branches(frame, log)


def _moved(frame: Election, bundles: Bundles, since: int, size: int, each: Each) -> dict[ContestKey, dict[str, Branch]]:
    """What counts at each station of which these entries say something: the last form sealed, or what a recall goes back to."""
    frames = {contest.key: _frame(contest) for contest in frame.contests}
    moved: dict[ContestKey, dict[str, Branch]] = {}
    for leaves in in_steps(each, bundles.leaves, bundles.holding(since, size), BUNDLES_AT_ONCE):
        for leaf in leaves:
            if not since <= leaf.at < size:
                continue
            match said := _read(leaf):
                case SealedForm():
                    contest, station = ContestKey(said.form.election, said.form.contest), said.form.station
                    counts: Leaf | None = leaf
                case SealedRecall():
                    contest, station = said.contest, said.station
                    counts = None if said.counts is None else _leaf(bundles, said.counts)
                case _:
                    continue
            if contest not in frames:
                raise Drift(f"entry {leaf.at} of the log of {frame.id} is of {contest}, which it has not")
            moved.setdefault(contest, {})[station] = _branch(contest, station, counts, frames[contest])
    return moved


def _leaf(bundles: Bundles, index: int) -> Leaf:
    return bundles.leaves(index // WIDTH)[index % WIDTH]


def _branch(contest: ContestKey, station: str, counts: Leaf | None, frame: ContestFrame) -> Branch:
    if counts is None:
        return Branch(station, nothing(len(frame.options)), None)
    said = _read(counts)
    if not isinstance(said, SealedForm) or (said.form.contest, said.form.station) != (contest.contest, station):
        raise Drift(
            f"entry {counts.at} of the log of {contest.election} is no form of station {station!r} in {contest}"
        )
    return Branch(station, sums_of(said.form, frame), counts.hash)


def _append(
    snapshots: Sequence[Pending], seen: LogHead, log: LogStore, signer: Signer, pause: Callable[[int], None]
) -> int:
    """Append them in one batch, unless somebody else's came since `seen`; returns how many. Raises as `append_log`."""

    def pending() -> Sequence[Pending]:
        edge = log.head().edge
        bundles = Bundles(edge, log.file)
        since = (leaf for number in bundles.holding(seen.edge.size, edge.size) for leaf in bundles.leaves(number))
        overtaken = any(leaf.at >= seen.edge.size and _SAYS_SNAPSHOT in leaf.entry for leaf in since)
        return () if overtaken else snapshots

    for attempt in range(1, ATTEMPTS + 1):
        try:
            _require_free(log)
            return append_log(pending, log=log, seals=_Marks(log), signer=signer)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
            pause(attempt)
    raise AssertionError("the last attempt returns or raises")


def _require_free(log: LogStore) -> None:
    """Raises `Conflict` while a batch is in work that is not of snapshots: whoever seals forms is at it, or comes again."""
    head = log.head()
    if head.batch is not None:
        _require_ours(log.staged(head.batch)[1])


def _require_ours(subjects: Sequence[Subject]) -> None:
    if any(one[0] != SNAPSHOT for one in subjects):
        raise Conflict("a batch of forms or keys is in work, and for whoever seals forms to finish")


class _Marks:
    """`Seals` for snapshots alone. Marking forms takes rights over the ledger, which totals must not have."""

    def __init__(self, log: LogStore) -> None:
        self._log = log

    def mark(self, subjects: Sequence[Subject], first: int) -> None:
        _require_ours(subjects)
        self._log.mark({subject: first + i for i, subject in enumerate(subjects)})


def _frame(contest: Contest) -> ContestFrame:
    return ContestFrame(contest.option_ids(), contest.hierarchies, contest.roots)


def _read(leaf: Leaf) -> object:
    try:
        return read_entry(leaf.entry)
    except Rejected as error:
        raise Drift(f"entry {leaf.at} of the log is none: {error}") from None
