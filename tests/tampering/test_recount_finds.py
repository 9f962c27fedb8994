"""Every single change in a store is found by the next run of the recount, and named. What nobody changed is not."""

from __future__ import annotations

import pytest

from realcount.domain.errors import Drift
from tests.tampering.pokes import POKES, Poke
from tests.tampering.stage import counted_election, fork, recounted
from tests.unit.usecases.office import Office


@pytest.fixture(scope="module")
def counted() -> Office:
    return counted_election()


@pytest.fixture
def office(counted: Office) -> Office:
    return fork(counted)


def test_an_election_that_nobody_touched_is_as_the_log_says(office: Office) -> None:
    found = recounted(office)
    assert (found.differences, found.late, found.failed, found.behind, found.left) == ([], [], {}, 0, 0)
    assert (found.size, found.rows, found.regions) == (office.log.head().edge.size, 42, 21)


@pytest.mark.parametrize("poke", POKES, ids=lambda poke: poke.name)
def test_a_change_is_found_and_named(office: Office, poke: Poke) -> None:
    poke.do(office)
    if poke.says:
        with pytest.raises(Drift, match=poke.says):
            recounted(office)
        return
    found = {(one.store, one.unit) for one in recounted(office).differences}
    assert (poke.store, poke.unit) in found


def test_there_are_many_of_them_and_no_two_alike() -> None:
    assert len({poke.name for poke in POKES}) == len(POKES) >= 60
