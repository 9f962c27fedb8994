"""A route takes its burst at once and its rate for ever, and nothing of it from another route."""

from __future__ import annotations

import pytest

from realcount.local.stack import Route, Throttle
from realcount.local.throttles import Throttles

POST = Route("POST", "/forms", "write", Throttle(rate=8, burst=5))
GET = Route("GET", "/pages", "read", Throttle(rate=100, burst=100))
FREE = Route("GET", "/free", "read")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttles(clock: Clock) -> Throttles:
    return Throttles((POST, GET, FREE), clock)


def passing(throttles: Throttles, route: Route, requests: int) -> int:
    return sum(throttles.allow(route) for _ in range(requests))


def test_a_burst_passes_and_what_is_beyond_it_waits_for_the_rate(throttles: Throttles, clock: Clock) -> None:
    assert passing(throttles, POST, 50) == 5
    clock.now += 0.125
    assert passing(throttles, POST, 50) == 1
    clock.now += 0.0625
    assert passing(throttles, POST, 50) == 0
    clock.now += 0.0625
    assert passing(throttles, POST, 50) == 1


def test_a_quiet_hour_saves_up_one_burst_and_no_more(throttles: Throttles, clock: Clock) -> None:
    clock.now += 3600
    assert passing(throttles, POST, 50) == 5


def test_ten_times_the_rate_gets_the_rate(throttles: Throttles, clock: Clock) -> None:
    passed = 0
    for _ in range(800):  # 80 a second for ten seconds
        clock.now += 0.0125
        passed += throttles.allow(POST)
    assert passed == pytest.approx(10 * 8 + 5, abs=1)


def test_a_flood_of_one_route_takes_nothing_from_another(throttles: Throttles) -> None:
    passing(throttles, POST, 10_000)
    assert passing(throttles, GET, 200) == 100


def test_a_route_without_a_limit_takes_everything(throttles: Throttles) -> None:
    assert passing(throttles, FREE, 10_000) == 10_000
