"""A batch of records as distinct triggers, and which records are asked for again."""

from __future__ import annotations

import pytest

from realcount.aws.keys import row_change, station_change
from realcount.domain.errors import Conflict, Drift, Forbidden, NotFound, RealcountError, Unavailable
from realcount.domain.tally import RowChange, StationChange
from realcount.edge.stream import read_batch
from tests.functions.night import failed, forms_event, stream_event, tally_event
from tests.small_election import PPWP

ROWS = [
    RowChange(PPWP, "V1", "S1"),
    RowChange(PPWP, "V1", "S2"),
    RowChange(PPWP, "V1", "S1"),
    RowChange(PPWP, "V2", "S4"),
]


def test_a_thousand_records_of_three_rows_are_three_changes_in_order() -> None:
    batch = read_batch(tally_event(ROWS * 250), row_change)
    assert batch.changes == (ROWS[0], ROWS[1], ROWS[3])
    assert len(batch.records) == 1000
    assert batch.unreadable == 0


def test_only_heads_are_triggers_of_the_ledger() -> None:
    batch = read_batch(forms_event([StationChange(PPWP, "S1")]), station_change)
    assert batch.records == (("101", StationChange(PPWP, "S1")),)


@pytest.mark.parametrize("error", [Unavailable("x"), Conflict("x")])
def test_what_may_pass_is_asked_for_again_by_every_record_that_wanted_it(error: RealcountError) -> None:
    batch = read_batch(tally_event(ROWS), row_change)
    response = batch.response({(PPWP, "V1"): error}, lambda change: ((change.contest, change.parent),))
    assert failed(response) == ["100", "101", "102"]


@pytest.mark.parametrize("error", [Drift("x"), NotFound("x"), Forbidden("revoked", "x")])
def test_what_cannot_pass_holds_nobody_up(error: RealcountError) -> None:
    batch = read_batch(tally_event(ROWS), row_change)
    assert failed(batch.response({(PPWP, "V1"): error}, lambda change: ((change.contest, change.parent),))) == []


def test_a_record_may_stand_for_several_units() -> None:
    batch = read_batch(tally_event(ROWS), row_change)
    response = batch.response({(PPWP, "S4"): Unavailable("x")}, lambda c: ((c.contest, c.child), (c.contest, c.parent)))
    assert failed(response) == ["103"]


def test_an_empty_batch_asks_for_nothing() -> None:
    batch = read_batch({"Records": []}, row_change)
    assert (batch.changes, failed(batch.response({}, lambda change: (change,)))) == ((), [])


def test_keys_that_are_not_ours_are_counted_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    event = stream_event(
        [("e19#ppwp#V1", "S1"), ("elsewhere", "S1"), ("##", "S1"), ("e19#ppwp#V1#more", "S1")], "tally"
    )
    batch = read_batch(event, row_change)
    assert [number for number, _ in batch.records] == ["100"]
    assert batch.unreadable == 3
    assert "elsewhere" in caplog.text


def test_a_record_without_a_sequence_number_is_a_fault_and_not_a_strangers_item() -> None:
    event = tally_event(ROWS[:1])
    del event["Records"][0]["dynamodb"]["SequenceNumber"]
    with pytest.raises(KeyError, match="SequenceNumber"):
        read_batch(event, row_change)
