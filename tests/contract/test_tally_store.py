"""TallyStore: rows that only move forward, and queries that miss none."""

from __future__ import annotations

import functools
import threading
from dataclasses import replace

import pytest

from realcount.domain.election import TOP, ContestKey
from realcount.domain.errors import Conflict
from realcount.domain.tally import Row, zero
from tests.contract import samples
from tests.contract.engines import Stores
from tests.contract.races import at_once, winners

PPWP, DPD = samples.PPWP, samples.DPD
SERVERS = ("memory", "ministack", "dynoxide")


def test_nothing_is_there_at_first(stores: Stores) -> None:
    assert stores.tallies.row(PPWP, "11", "11.0") is None
    assert stores.tallies.children(PPWP, "11") == {}


def test_a_row_comes_back_as_it_was_written(stores: Stores) -> None:
    tally = samples.tally(3, votes=(0, 9_999_999, 2**53))
    stores.tallies.replace(PPWP, TOP, "0", tally, 0)
    assert stores.tallies.row(PPWP, TOP, "0") == tally
    assert stores.tallies.children(PPWP, TOP) == {"0": tally}


def test_what_was_found_and_an_example_come_back_and_go_when_nothing_is_flagged(stores: Stores) -> None:
    odd = replace(samples.tally(3), flagged=1, findings=("votes-sum", "turnout"), example="31-TPS-1")
    above = replace(odd, findings=())
    stores.tallies.advance(PPWP, "11", "a", odd)
    stores.tallies.advance(PPWP, "11", "b", above)
    assert stores.tallies.children(PPWP, "11") == {"a": odd, "b": above}
    stores.tallies.advance(PPWP, "11", "a", samples.tally(4))
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(4)


def test_a_row_is_replaced_only_from_the_version_that_was_read(stores: Stores) -> None:
    stores.tallies.replace(PPWP, "11", "a", samples.tally(3), 0)
    for wrong in (0, 1, 2, 4, 5):
        with pytest.raises(Conflict):
            stores.tallies.replace(PPWP, "11", "a", samples.tally(9), wrong)
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(3)
    stores.tallies.replace(PPWP, "11", "a", samples.tally(5), 3)
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(5)


def test_a_row_that_is_not_there_can_only_be_replaced_from_zero(stores: Stores) -> None:
    with pytest.raises(Conflict):
        stores.tallies.replace(PPWP, "11", "a", samples.tally(5), 3)
    assert stores.tallies.row(PPWP, "11", "a") is None


def test_a_row_at_version_zero_is_as_good_as_none(stores: Stores) -> None:
    """Who read either read 0; a region must not be locked out by an empty row."""
    stores.tallies.advance(PPWP, "11", "a", zero(2))
    stores.tallies.replace(PPWP, "11", "a", samples.tally(1), 0)
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(1)


def test_a_row_advances_and_never_goes_back(stores: Stores) -> None:
    assert stores.tallies.advance(PPWP, "11", "a", samples.tally(2))
    assert not stores.tallies.advance(PPWP, "11", "a", samples.tally(2, votes=(1, 1)))
    assert not stores.tallies.advance(PPWP, "11", "a", samples.tally(1))
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(2)
    assert stores.tallies.advance(PPWP, "11", "a", samples.tally(7))
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(7)


def test_children_are_those_of_one_parent_in_one_contest(stores: Stores) -> None:
    """Also of parents whose ids begin alike."""
    rows = {
        (PPWP, "1", "x"): samples.tally(1),
        (PPWP, "1", "y"): samples.tally(2),
        (PPWP, "11", "x"): samples.tally(3),
        (DPD, "1", "x"): samples.tally(4),
        (PPWP, TOP, "1"): samples.tally(5),
    }
    for (contest, parent, child), tally in rows.items():
        assert stores.tallies.advance(contest, parent, child, tally)
    assert stores.tallies.children(PPWP, "1") == {"x": samples.tally(1), "y": samples.tally(2)}
    assert stores.tallies.children(DPD, "1") == {"x": samples.tally(4)}
    assert stores.tallies.children(PPWP, TOP) == {"1": samples.tally(5)}
    assert stores.tallies.children(DPD, "11") == {}


@pytest.mark.engines(*SERVERS)
def test_a_parent_with_more_rows_than_fit_into_one_answer(stores: Stores) -> None:
    """DynamoDB answers 1 MB at a time; a nation of 38 provinces with 2,000 candidates is near it."""
    rows = {f"{i:03d}": samples.tally(i + 1, votes=tuple(range(2**53 - 2_000, 2**53))) for i in range(60)}
    for child, tally in rows.items():
        stores.tallies.advance(PPWP, "0", child, tally)
    assert stores.tallies.children(PPWP, "0") == rows


def test_all_rows_are_those_of_one_election_with_their_places(stores: Stores) -> None:
    """Also beside an election whose id begins alike."""
    elsewhere = ContestKey(f"{PPWP.election}-2", PPWP.contest)
    rows = [
        Row(PPWP, TOP, "0", samples.tally(6)),
        Row(PPWP, "0", "11", samples.tally(5)),
        Row(DPD, "0", "11", samples.tally(4)),
    ]
    for row in (*rows, Row(elsewhere, "0", "11", samples.tally(3))):
        stores.tallies.advance(*row)
    assert sorted(stores.tallies.all_rows(PPWP.election)) == sorted(rows)
    assert list(stores.tallies.all_rows("nowhere")) == []


@pytest.mark.engines(*SERVERS)
def test_all_rows_of_more_than_fit_into_one_answer(stores: Stores) -> None:
    votes = tuple(range(2**53 - 2_000, 2**53))
    rows = {f"{i:03d}": samples.tally(i + 1, votes=votes) for i in range(60)}
    for child, tally in rows.items():
        stores.tallies.advance(PPWP, f"p{child}", child, tally)
    assert {row.child: row.tally for row in stores.tallies.all_rows(PPWP.election)} == rows
    next(stores.tallies.all_rows(PPWP.election))  # Whoever stops in the middle leaves nothing running.


@pytest.mark.engines(*SERVERS)
def test_of_many_that_replace_one_version_at_once_one_does(stores: Stores) -> None:
    tallies = [samples.tally(2, votes=(i, 0)) for i in range(8)]
    outcomes = at_once([functools.partial(stores.tallies.replace, PPWP, "11", "a", tally, 0) for tally in tallies])
    (winner,) = winners(outcomes)
    assert {type(outcome) for i, outcome in enumerate(outcomes) if i != winner} == {Conflict}
    assert stores.tallies.row(PPWP, "11", "a") == tallies[winner]


@pytest.mark.engines(*SERVERS)
def test_the_lock_loses_no_step(stores: Stores) -> None:
    """Four writers each take the row 15 versions further, reading again after each lost race."""

    def climb() -> None:
        steps = 0
        while steps < 15:
            row = stores.tallies.row(PPWP, "11", "a")
            was = row.sv if row else 0
            try:
                stores.tallies.replace(PPWP, "11", "a", samples.tally(was + 1), was)
            except Conflict:
                continue
            steps += 1

    assert winners(at_once([climb] * 4)) == [0, 1, 2, 3]
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(60)


@pytest.mark.engines(*SERVERS)
def test_of_many_that_advance_at_once_the_highest_stays(stores: Stores) -> None:
    calls = [functools.partial(stores.tallies.advance, PPWP, "11", "a", samples.tally(sv)) for sv in range(1, 9)]
    outcomes = at_once(calls)
    assert outcomes[-1] is True
    assert stores.tallies.row(PPWP, "11", "a") == samples.tally(8)


@pytest.mark.engines(*SERVERS)
def test_a_query_is_at_least_as_new_as_what_was_acknowledged_before_it(stores: Stores) -> None:
    children = [f"{i}" for i in range(5)]
    acknowledged = dict.fromkeys(children, 0)
    done = threading.Event()

    def write() -> None:
        try:
            for sv in range(1, 25):
                for child in children:
                    stores.tallies.advance(PPWP, "11", child, samples.tally(sv))
                    acknowledged[child] = sv
        finally:
            done.set()

    def read() -> int:
        looks = 0
        while not done.is_set():
            before = dict(acknowledged)
            rows = stores.tallies.children(PPWP, "11")
            for child, sv in before.items():
                assert sv == 0 or rows[child].sv >= sv
            looks += 1
        return looks

    outcomes = at_once([write, read, read])
    assert winners(outcomes) == [0, 1, 2]
