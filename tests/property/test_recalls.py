"""Whatever is approved, sealed, revoked and recalled, in whatever order: what counts is the highest version of which both
signatures are trusted, in the ledger, in the log, and in the totals."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from realcount.domain.ledger import APPROVE, RETURN
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.official import OfficialKey
from realcount.local.memory import MemoryKeys
from realcount.usecases.sealed_count import SealedCount
from tests.recalling import APPROVERS, SUBMITTERS, RecallOffice, fold_of, try_to_judge
from tests.sealed_night import tree
from tests.small_election import PPWP
from tests.unit.usecases.test_recount_log import follow
from tests.unit.usecases.test_seal_forms import entries

STATIONS = ("S1", "S4")
stations = st.sampled_from(STATIONS)
acts = st.one_of(
    st.tuples(
        st.just("hand in"), stations, st.sampled_from(SUBMITTERS), st.tuples(st.integers(0, 140), st.integers(0, 140))
    ),
    st.tuples(st.just("judge"), stations, st.sampled_from(APPROVERS), st.sampled_from([APPROVE, APPROVE, RETURN])),
    st.tuples(st.just("judge"), stations, st.sampled_from(APPROVERS), st.just(APPROVE)),
    st.tuples(st.just("seal"), stations),
    st.tuples(st.just("revoke"), st.sampled_from(SUBMITTERS + APPROVERS), st.one_of(st.none(), st.integers(0, 12))),
    st.tuples(st.just("schedule")),
    st.tuples(st.just("totals")),
)


def play(story: list[tuple[object, ...]]) -> RecallOffice:
    office = RecallOffice()
    office.schedule()
    for act in story:
        match act:
            case ("hand in", str(station), str(key), (int(first), int(second))):
                if office.keys.find(key).state_at(office.now()) == "active":  # type: ignore[union-attr]
                    office.hand_in(station, (first, second), key)
            case ("judge", str(station), str(key), str(decision)):
                try_to_judge(office, station, key, decision)
            case ("seal", str(station)):
                office.seal(PPWP, station, office.now())
            case ("revoke", str(key), since):
                known = office.keys.find(key)
                assert known is not None and (since is None or isinstance(since, int))
                if since is None or known.revoked_at is None or office.now(since) <= known.revoked_at:
                    office.revoke(key, None if since is None else min(since, office.minute))
            case ("schedule",):
                office.schedule()
            case ("totals",):
                office.totals()
    return office


def trusted(keys: MemoryKeys, name: str, at: str) -> bool:
    key = keys.find(name)
    return isinstance(key, OfficialKey) and (key.distrusted_from is None or at < key.distrusted_from)


@settings(max_examples=150, deadline=None)
@given(st.lists(acts, max_size=30))
def test_what_counts_is_the_highest_version_that_is_trusted(story: list[tuple[object, ...]]) -> None:
    office = play(story)
    office.settle()
    fold = fold_of(entries(office.log))
    count = SealedCount()
    office.totals()
    assert follow(count, office.log) == 0
    papers = count.papers(PPWP)
    for station in STATIONS:
        head = office.forms.head(PPWP, station)
        standing = [
            version
            for version, review in office.forms.history(PPWP, station)
            if review is not None
            and review.decision == APPROVE
            and trusted(office.keys, version.form.key, version.received_at)
            and trusted(office.keys, review.key, review.decided_at)
        ]
        counted = fold.stations.get((PPWP, station))
        version = standing[-1].form if standing else None
        assert (head.counted if head else 0) == (version.version if version else 0)
        assert (counted and counted.form) == (version and version.hash)
        assert (counted.version if counted else 0, counted.index if counted else -1) == (
            count.counts(PPWP, station)[0],
            office.forms.seals(PPWP, station).get(version.version, -1) if version else -1,
        )
        assert (station in papers) == (counted is not None)
        if counted:
            assert (papers[station].version, papers[station].entry) == (counted.version, counted.index)
            assert papers[station].sums() == counted.sums


@settings(max_examples=60, deadline=None)
@given(st.lists(acts, max_size=30))
def test_every_total_that_is_sealed_is_what_the_entries_before_it_come_to(story: list[tuple[object, ...]]) -> None:
    office = play(story)
    office.settle()
    office.totals()
    log = entries(office.log)
    whole = fold_of(log)
    for _, said in whole.snapshots:
        if said.contest == PPWP:
            assert _root(said, log) == (said.sums, said.root)


def _root(said: Snapshot, log: list[bytes]) -> tuple[object, bytes]:
    from realcount.domain.fold import Fold

    fold = Fold()
    fold.take(log[: said.size])
    node = tree(PPWP, said.unit, fold)[-1]
    return node.sums, node.hash()
