"""In whatever order forms, corrections, withdrawals and snapshots come: the trees that grow are those made from scratch."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import small_election as small
from tests.sealed_night import ROOTS, SealedNight

forms = st.tuples(
    st.sampled_from([small.PPWP, small.DPR, small.DPRD]),
    st.sampled_from(small.STATIONS),
    st.tuples(st.integers(0, 300), st.integers(0, 300)),
    st.sampled_from(["correction", "withdrawal"]),
)
snapshots = st.integers(len(ROOTS) + 1, 30)
"""How many entries a run adds up; below, its own snapshots would be too many for it."""


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(forms, snapshots, st.just("seal")), max_size=24))
def test_the_tree_that_grows_is_the_tree_made_from_scratch(steps: list[object]) -> None:
    night = SealedNight()
    for step in steps:
        match step:
            case "seal":
                night.seal()
            case int(at_most):
                night.totals(at_most=at_most)
            case (of, station, votes, kind):
                night.approve(of, station, votes, kind)  # type: ignore[has-type]
    night.seal()
    while night.totals(at_most=len(ROOTS) + 1).left:
        pass
    last = night.check()[-len(ROOTS) :]
    assert [(said.contest, said.unit) for said in last] == ROOTS
    assert night.totals().snapshots == 0, "with nothing new, nothing is sealed"
    assert sum(said.sums.stations for said in last if (said.contest, said.unit) == (small.PPWP, "N")) == counting(night)


def counting(night: SealedNight) -> int:
    """Stations of the presidents' contest whose last version is no withdrawal, by what was approved."""
    latest: dict[str, bytes] = {}
    for (_, contest, station, _), entry in night.waiting.items():
        if contest == "ppwp":
            latest[station] = entry
    return sum(b'"kind":"withdrawal"' not in entry for entry in latest.values())
