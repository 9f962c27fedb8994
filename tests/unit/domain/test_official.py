"""Who may sign what, where, and until when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.small_election import AFTER, BEFORE, NOON, approver, station

KEY = replace(approver(), valid_from=BEFORE, valid_until=AFTER)


@pytest.mark.parametrize(
    ("now", "revoked_at", "state"),
    [
        (NOON, None, "active"),
        (BEFORE, None, "active"),
        ("2018-12-31T23:59:59.999Z", None, "not-yet-valid"),
        (AFTER, None, "expired"),
        (NOON, NOON, "revoked"),
        (NOON, "2019-04-17T12:00:00.001Z", "active"),
        (AFTER, NOON, "revoked"),
    ],
)
def test_the_state_of_a_key(now: str, revoked_at: str | None, state: str) -> None:
    assert replace(KEY, revoked_at=revoked_at).state_at(now) == state


@pytest.mark.parametrize(
    ("regions", "may"),
    [(("N",), True), (("V1",), True), (("S1",), True), (("V2", "D1"), True), (("V2",), False), ((), False)],
)
def test_a_key_speaks_for_stations_in_its_regions(regions: tuple[str, ...], may: bool) -> None:
    assert replace(KEY, regions=regions).speaks_for(station("S1")) is may


def test_a_key_signs_for_its_contests() -> None:
    assert replace(KEY, contests=("*",)).may_sign("dpr")
    assert replace(KEY, contests=("ppwp", "dpr")).may_sign("dpr")
    assert not replace(KEY, contests=("ppwp",)).may_sign("dpr")
