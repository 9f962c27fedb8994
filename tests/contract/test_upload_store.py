"""UploadStore: granted once, settled once."""

from __future__ import annotations

import functools

import pytest

from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound, Refusal
from tests.contract import samples
from tests.contract.engines import Stores
from tests.contract.races import at_once

SERVERS = ("memory", "ministack", "dynoxide")

ACCEPTED = samples.settled(
    samples.upload(),
    state="accepted",
    form_hash=samples.sha("form"),
    version=3,
    settled_at=samples.ONE,
    receipt="a text\n\n— count.example/e19/receipts AAAAAAAA\n",
)
REJECTED = samples.settled(
    samples.upload(),
    state="rejected",
    refusals=(Refusal("bad-value", "votes.21", "muß “ganz” sein"), Refusal("x", "", "y")),
    settled_at=samples.TWO,
)


def test_a_grant_is_found_as_it_was(stores: Stores) -> None:
    assert stores.uploads.grant(samples.upload()) == samples.upload()
    assert stores.uploads.find("u1") == samples.upload()


@pytest.mark.parametrize("absurd", ["", "u" * 5_000, "\ud800"], ids=["empty", "long", "surrogate"])
def test_an_id_nobody_could_have_been_granted_is_unknown(stores: Stores, absurd: str) -> None:
    stores.uploads.grant(samples.upload())
    assert stores.uploads.find("u2") is None
    assert stores.uploads.find(absurd) is None


def test_the_accepted_ones_are_found_in_as_many_turns_as_there_are_shares_each_once(stores: Stores) -> None:
    """Whatever else lies there: what waits, what was refused, what is another election's."""
    accepted = set()
    for number in range(30):
        upload = samples.settled(samples.upload(), id=f"u{number}")
        stores.uploads.grant(upload)
        if number % 3 == 0:
            stores.uploads.settle(samples.settled(REJECTED, id=upload.id))
        elif number % 3 == 1:
            accepted.add(stores.uploads.settle(samples.settled(ACCEPTED, id=upload.id)).id)
    elsewhere = samples.settled(samples.upload(), id="e", contest=ContestKey("e77", "ppwp"))
    stores.uploads.grant(elsewhere)
    stores.uploads.settle(samples.settled(ACCEPTED, id="e", contest=ContestKey("e77", "ppwp")))
    election = samples.upload().contest.election
    for shares in (1, 4):
        found = [one for turn in range(7, 7 + shares) for one in stores.uploads.accepted(election, turn, shares)]
        assert sorted(one.id for one in found) == sorted(accepted)
        assert all(one == samples.settled(ACCEPTED, id=one.id) for one in found)
    assert [one.id for one in stores.uploads.accepted("e77", 0, 1)] == ["e"]


def test_granting_again_returns_what_is_recorded(stores: Stores) -> None:
    stores.uploads.grant(samples.upload())
    later = samples.settled(samples.upload(), granted_at=samples.TWO)
    assert stores.uploads.grant(later) == samples.upload()
    assert stores.uploads.find("u1") == samples.upload()


@pytest.mark.parametrize("final", [ACCEPTED, REJECTED], ids=["accepted", "rejected"])
def test_a_settled_upload_stays_settled(stores: Stores, final: object) -> None:
    stores.uploads.grant(samples.upload())
    assert stores.uploads.settle(final) == final
    assert stores.uploads.find("u1") == final
    assert stores.uploads.grant(samples.upload()) == final, "asking for the grant again finds out how it ended"
    for other in (ACCEPTED, REJECTED):
        assert stores.uploads.settle(other) == final
    assert stores.uploads.find("u1") == final


def test_what_was_never_granted_cannot_be_settled(stores: Stores) -> None:
    with pytest.raises(NotFound, match="u1"):
        stores.uploads.settle(ACCEPTED)
    assert stores.uploads.find("u1") is None


@pytest.mark.engines(*SERVERS)
def test_of_many_settlements_at_once_one_stands_and_all_are_told_it(stores: Stores) -> None:
    stores.uploads.grant(samples.upload())
    outcomes = at_once([functools.partial(stores.uploads.settle, final) for final in (ACCEPTED, REJECTED) * 4])
    assert set(outcomes) == {stores.uploads.find("u1")}


@pytest.mark.engines(*SERVERS)
def test_of_many_grants_at_once_one_is_recorded_and_all_are_told_it(stores: Stores) -> None:
    grants = [samples.settled(samples.upload(), granted_at=f"2019-04-17T13:00:00.00{i}Z") for i in range(8)]
    outcomes = at_once([functools.partial(stores.uploads.grant, grant) for grant in grants])
    assert set(outcomes) == {stores.uploads.find("u1")}
