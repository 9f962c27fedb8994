"""ElectionStore: written once, visible only when whole."""

from __future__ import annotations

import functools
from contextlib import closing

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError

from realcount.aws.elections_dynamodb import DynamoDBElections
from realcount.domain.election import ContestKey
from realcount.domain.errors import Conflict, Rejected, Unavailable
from tests.contract import samples
from tests.contract.engines import CREDENTIALS, AWSStores, Stores
from tests.contract.races import at_once, winners

SERVERS = ("memory", "ministack", "dynoxide")


def test_an_election_appears_when_its_load_is_complete_and_not_before(stores: Stores) -> None:
    election = samples.election()
    assert stores.elections.begin(election) == "new"
    stores.elections.put_units([samples.region(), samples.station()])

    assert stores.elections.elections() == []
    assert stores.elections.election("2019") is None
    assert stores.elections.contest(samples.PPWP) is None

    stores.elections.complete(election)

    assert stores.elections.elections() == [election]
    assert stores.elections.election("2019") == election
    assert stores.elections.contest(samples.PPWP) == election.contests[0]
    assert stores.elections_elsewhere().election("2019") == election


def test_elections_are_listed_by_id_and_interrupted_ones_are_left_out(stores: Stores) -> None:
    for name in ("2024", "2014", "2019"):
        stores.elections.begin(samples.election(name))
        if name != "2014":
            stores.elections.complete(samples.election(name))
    assert [election.id for election in stores.elections.elections()] == ["2019", "2024"]


def test_what_nobody_loaded_is_absent(stores: Stores) -> None:
    stores.elections.begin(samples.election())
    stores.elections.complete(samples.election())
    assert stores.elections.election("2024") is None
    assert stores.elections.contest(ContestKey("2019", "DPR")) is None
    assert stores.elections.contest(ContestKey("2024", "PPWP")) is None
    assert stores.elections.region("2019", "11") is None
    assert stores.elections.station("2019", "11") is None


def test_a_unit_comes_back_as_it_was_put_and_only_as_what_it_is(stores: Stores) -> None:
    region, station, unknown = samples.region(), samples.station(), samples.station("11.1", registered=None)
    stores.elections.put_units(iter([region, station, unknown]))
    for elections in (stores.elections, stores.elections_elsewhere()):
        assert elections.region("2019", "11") == region
        assert elections.station("2019", "11.0") == station
        assert elections.station("2019", "11.1") == unknown
        assert elections.station("2019", "11") is None
        assert elections.region("2019", "11.0") is None
        assert elections.region("2024", "11") is None


def test_absence_is_not_remembered(stores: Stores) -> None:
    """A reader that asked too early sees the unit and the election once they are there."""
    reader = stores.elections_elsewhere()
    assert reader.station("2019", "11.0") is None
    assert reader.election("2019") is None
    stores.elections.begin(samples.election())
    stores.elections.put_units([samples.station()])
    stores.elections.complete(samples.election())
    assert reader.station("2019", "11.0") == samples.station()
    assert reader.election("2019") == samples.election()


def test_units_may_be_put_in_any_order_and_any_number_of_times(stores: Stores) -> None:
    units = [samples.station(f"11.{i}") for i in range(60)]
    stores.elections.put_units(units[::-1])
    stores.elections.put_units([*units, units[-1], units[0], units[0]])
    stores.elections.put_units([])
    assert [stores.elections.station("2019", unit.id) for unit in units] == units


def test_a_unit_put_again_is_read_as_it_was_put_last(stores: Stores) -> None:
    """Before the election is complete, whoever loads it sees their own writes."""
    stores.elections.put_units([samples.station(registered=300)])
    assert stores.elections.station("2019", "11.0") == samples.station(registered=300)
    stores.elections.put_units([samples.station(registered=301)])
    assert stores.elections.station("2019", "11.0") == samples.station(registered=301)


@pytest.mark.engines("ministack")
def test_a_load_that_dies_between_its_last_two_writes_is_not_visible(stores: AWSStores) -> None:
    """The contests are stored by then, the election is not complete."""
    stores.elections.begin(samples.election())
    dying = boto3.client("dynamodb", endpoint_url=stores.endpoint, **CREDENTIALS)
    dying.meta.events.register("before-call.dynamodb.UpdateItem", _die)
    with closing(dying), pytest.raises(Unavailable):
        DynamoDBElections(dying, stores.elections_table).complete(samples.election())
    assert stores.elections.elections() == []
    assert stores.elections.election("2019") is None
    assert stores.elections.contest(samples.PPWP) is None
    stores.elections.complete(samples.election())
    assert stores.elections.contest(samples.PPWP) == samples.contest()


def _die(**_: object) -> None:
    raise ConnectionClosedError(endpoint_url="x")


def test_a_load_is_new_then_resumed_then_complete(stores: Stores) -> None:
    election = samples.election()
    assert [stores.elections.begin(election) for _ in range(3)] == ["new", "resumed", "resumed"]
    stores.elections.complete(election)
    assert stores.elections.begin(election) == "complete"
    stores.elections.complete(election)
    assert stores.elections.elections() == [election]


@pytest.mark.parametrize("finished", [False, True])
def test_an_id_belongs_to_the_files_that_claimed_it(stores: Stores, finished: bool) -> None:
    ours, theirs = samples.election(digest="a" * 64), samples.election(digest="b" * 64)
    stores.elections.begin(ours)
    if finished:
        stores.elections.complete(ours)
    with pytest.raises(Conflict, match="other files"):
        stores.elections.begin(theirs)
    stores.elections.complete(ours)
    assert stores.elections.elections() == [ours]


def test_other_files_cannot_complete_a_claimed_election(stores: Stores) -> None:
    stores.elections.begin(samples.election(digest="a" * 64))
    with pytest.raises(Conflict):
        stores.elections.complete(samples.election(digest="b" * 64))
    assert stores.elections.elections() == []


@pytest.mark.engines(*SERVERS)
def test_of_many_that_claim_an_id_at_once_one_is_new(stores: Stores) -> None:
    begin = functools.partial(stores.elections.begin, samples.election())
    assert sorted(map(str, at_once([begin] * 8))) == ["new", *["resumed"] * 7]


@pytest.mark.engines(*SERVERS)
def test_of_many_different_files_that_claim_an_id_at_once_one_has_it(stores: Stores) -> None:
    elections = [samples.election(digest=str(i) * 64) for i in range(8)]
    outcomes = at_once([functools.partial(stores.elections.begin, election) for election in elections])
    (winner,) = winners(outcomes)
    assert outcomes[winner] == "new"
    stores.elections.complete(elections[winner])
    assert stores.elections.elections() == [elections[winner]]


def test_an_election_with_more_contests_than_fit_into_one_answer(stores: Stores) -> None:
    """Six contests of 7,000 options each are more than the 1 MB that DynamoDB answers at a time."""
    contests = tuple(samples.contest(name=f"C{i}", options=7_000) for i in range(6))
    election = samples.election(contests=contests)
    stores.elections.begin(election)
    stores.elections.complete(election)
    assert stores.elections_elsewhere().election("2019") == election


@pytest.mark.parametrize("children", [1_000, 3_000])
def test_a_region_of_many_children_is_stored_whole(stores: Stores, children: int) -> None:
    region = samples.region(children=children)
    stores.elections.put_units([region])
    assert stores.elections_elsewhere().region("2019", "11") == region


@pytest.mark.engines("moto", "ministack", "dynoxide")
def test_a_region_that_no_item_can_hold_is_refused_when_it_is_loaded(stores: Stores) -> None:
    """9,000 children are more than 350 KB. Found out on election day, its forms could not be counted."""
    with pytest.raises(Rejected) as refused:
        stores.elections.put_units([samples.region(children=9_000)])
    (reason,) = refused.value.refusals
    assert (reason.code, reason.field) == ("too-large", "children")
    assert "unit '11' of election '2019' has 9000 children" in reason.detail
    assert stores.elections.region("2019", "11") is None
