"""What was answered within the last second: never older, never more than fits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realcount.edge.recent import Recent


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def kept(clock: Clock, **bounds: float) -> Recent[str]:
    return Recent(clock, **bounds)  # type: ignore[arg-type]


def test_a_value_is_held_for_a_second_and_no_longer() -> None:
    clock = Clock()
    recent = kept(clock)
    recent.keep("a", "1", weight=1, since=clock())
    clock.now += 0.999
    assert recent.get("a") == "1"
    clock.now += 0.001
    assert recent.get("a") is None


def test_its_second_begins_when_the_store_was_asked() -> None:
    """A slow answer is an old one."""
    clock = Clock()
    recent = kept(clock)
    asked = clock()
    clock.now += 0.9
    recent.keep("a", "1", weight=1, since=asked)
    assert recent.get("a") == "1"
    clock.now += 0.1
    assert recent.get("a") is None


def test_the_newest_value_stands_and_its_weight_counts_once() -> None:
    recent = kept(Clock(), size=10)
    for value in "123":
        recent.keep("a", value, weight=9, since=100.0)
    assert recent.get("a") == "3"
    recent.keep("b", "1", weight=1, since=100.0)
    assert recent.get("a") == "3"


def test_the_oldest_goes_first_when_there_are_too_many() -> None:
    recent = kept(Clock(), entries=2)
    for key in "abc":
        recent.keep(key, key, weight=1, since=100.0)
    assert [recent.get(key) for key in "abc"] == [None, "b", "c"]


def test_the_oldest_go_first_when_they_weigh_too_much() -> None:
    recent = kept(Clock(), size=10)
    for key, weight in (("a", 4), ("b", 4), ("c", 6)):
        recent.keep(key, key, weight=weight, since=100.0)
    assert [recent.get(key) for key in "abc"] == [None, "b", "c"]


def test_what_is_larger_than_all_room_is_not_held_and_leaves_the_room_as_it_was() -> None:
    recent = kept(Clock(), size=10)
    recent.keep("a", "a", weight=11, since=100.0)
    assert recent.get("a") is None
    recent.keep("b", "b", weight=10, since=100.0)
    assert recent.get("b") == "b"


def test_what_was_forgotten_is_gone_and_its_room_is_free() -> None:
    recent = kept(Clock(), size=10)
    recent.keep("a", "a", weight=10, since=100.0)
    recent.clear()
    recent.keep("b", "b", weight=10, since=100.0)
    assert (recent.get("a"), recent.get("b")) == (None, "b")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30), st.floats(0, 0.6)), max_size=60))
def test_it_never_holds_more_than_it_may(deeds: list[tuple[int, int, float]]) -> None:
    clock = Clock()
    recent = kept(clock, entries=4, size=50)
    said: dict[int, tuple[float, int, str]] = {}
    for number, (key, weight, passes) in enumerate(deeds):
        clock.now += passes
        recent.keep(key, str(number), weight=weight, since=clock())
        said[key] = (clock(), weight, str(number))
        held = [key for key in said if recent.get(key) is not None]
        assert len(held) <= 4
        assert sum(said[key][1] for key in held) <= 50
        assert all(recent.get(key) == said[key][2] and clock() - said[key][0] < 1 for key in held)
