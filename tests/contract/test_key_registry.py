"""KeyRegistry: an id means one key for ever, and the first revocation stands."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest

from realcount.domain.errors import Conflict, NotFound
from tests.contract import samples
from tests.contract.engines import Stores
from tests.contract.races import at_once, winners

SERVERS = ("memory", "ministack", "dynoxide")


def test_a_registered_key_is_found_as_it_was(stores: Stores) -> None:
    stores.keys.register(samples.official_key())
    assert stores.keys.find("k1") == samples.official_key()
    assert stores.keys.find("k2") is None


def test_many_keys_are_found_at_once(stores: Stores) -> None:
    """More than one request takes."""
    known = {f"k{i}": samples.official_key(f"k{i}") for i in range(130)}
    for key in known.values():
        stores.keys.register(key)
    assert stores.keys.find_all([*known, "k1", "nobody", "", "\ud800"]) == known
    assert stores.keys.find_all([]) == {}


def test_the_revoked_keys_of_one_election(stores: Stores) -> None:
    for name, election in (("k2", "2019"), ("k1", "2019"), ("k3", "2019"), ("k4", "2024")):
        stores.keys.register(replace(samples.official_key(name), election=election))
    assert stores.keys.revoked("2019") == []
    for name in ("k2", "k1", "k4"):
        stores.keys.revoke(name, samples.ONE)
    expected = [replace(samples.official_key(name), revoked_at=samples.ONE) for name in ("k1", "k2")]
    assert stores.keys.revoked("2019") == expected


@pytest.mark.parametrize(
    "absurd", ["", "k" * 5_000, "\ud800", "é" * 1_500], ids=["empty", "long", "surrogate", "bytes"]
)
def test_an_id_no_store_could_hold_is_simply_unknown(stores: Stores, absurd: str) -> None:
    """Ids come from the network before anything has checked them."""
    stores.keys.register(samples.official_key())
    assert stores.keys.find(absurd) is None


def test_registering_the_same_key_again_changes_nothing(stores: Stores) -> None:
    stores.keys.register(samples.official_key())
    stores.keys.register(samples.official_key())
    assert stores.keys.find("k1") == samples.official_key()


@pytest.mark.parametrize(
    "change",
    [{"public_key": bytes(32)}, {"role": "approver"}, {"regions": ("11",)}, {"holder": "h2"}, {"algorithm": "none"}],
    ids=lambda change: next(iter(change)),
)
def test_an_id_cannot_be_taken_over_by_another_key(stores: Stores, change: dict[str, object]) -> None:
    stores.keys.register(samples.official_key())
    with pytest.raises(Conflict, match="k1"):
        stores.keys.register(replace(samples.official_key(), **change))
    assert stores.keys.find("k1") == samples.official_key()


def test_the_first_revocation_stands(stores: Stores) -> None:
    stores.keys.register(samples.official_key())
    stores.keys.revoke("k1", samples.ONE)
    stores.keys.revoke("k1", samples.TWO)
    stores.keys.revoke("k1", samples.NOON)
    assert stores.keys.find("k1") == replace(samples.official_key(), revoked_at=samples.ONE)


def test_registering_a_revoked_key_again_does_not_revive_it(stores: Stores) -> None:
    stores.keys.register(samples.official_key())
    stores.keys.revoke("k1", samples.ONE)
    stores.keys.register(samples.official_key())
    found = stores.keys.find("k1")
    assert found is not None and found.revoked_at == samples.ONE


def test_a_key_can_be_registered_as_revoked(stores: Stores) -> None:
    revoked = replace(samples.official_key(), revoked_at=samples.ONE)
    stores.keys.register(revoked)
    assert stores.keys.find("k1") == revoked


def test_an_unknown_key_cannot_be_revoked_and_does_not_come_into_being(stores: Stores) -> None:
    with pytest.raises(NotFound, match="k9"):
        stores.keys.revoke("k9", samples.ONE)
    assert stores.keys.find("k9") is None


def test_since_when_a_revoked_key_is_not_trusted_is_said_once(stores: Stores) -> None:
    stores.keys.register(samples.official_key())
    with pytest.raises(Conflict, match="k1"):
        stores.keys.distrust("k1", samples.NOON, "stolen")  # It still signs: there would be no end of it.
    stores.keys.revoke("k1", samples.ONE)
    with pytest.raises(Conflict, match="k1"):
        stores.keys.distrust("k1", samples.TWO, "stolen")  # After it was revoked there is nothing.
    stores.keys.distrust("k1", samples.NOON, "stolen")
    stores.keys.distrust("k1", samples.ONE, "found again")
    stores.keys.distrust("k1", samples.TWO, "found again")
    stores.keys.register(samples.official_key())
    expected = replace(
        samples.official_key(), revoked_at=samples.ONE, distrusted_from=samples.NOON, distrust_reason="stolen"
    )
    assert stores.keys.find("k1") == expected
    assert stores.keys.revoked(expected.election) == [expected]
    with pytest.raises(NotFound, match="k9"):
        stores.keys.distrust("k9", samples.ONE, "stolen")


@pytest.mark.engines(*SERVERS)
def test_of_many_keys_registered_at_once_under_one_id_one_has_it(stores: Stores) -> None:
    keys = [replace(samples.official_key(), holder=f"h{i}") for i in range(8)]
    outcomes = at_once([functools.partial(stores.keys.register, key) for key in keys])
    (winner,) = winners(outcomes)
    assert {type(outcome) for i, outcome in enumerate(outcomes) if i != winner} == {Conflict}
    assert stores.keys.find("k1") == keys[winner]


@pytest.mark.engines(*SERVERS)
def test_many_revocations_at_once_leave_one_moment(stores: Stores) -> None:
    stores.keys.register(samples.official_key())
    moments = [f"2019-04-17T13:00:00.00{i}Z" for i in range(8)]
    outcomes = at_once([functools.partial(stores.keys.revoke, "k1", moment) for moment in moments])
    assert winners(outcomes) == list(range(8)), "revoking twice is no error"
    first = stores.keys.find("k1")
    stores.keys.revoke("k1", samples.TWO)
    assert first is not None and first.revoked_at in moments
    assert stores.keys.find("k1") == first
