"""How long caches may keep a page."""

from __future__ import annotations

from realcount.rendering.lifetimes import max_age


def test_the_nation_is_never_old_and_a_village_may_be() -> None:
    assert [max_age(depth) for depth in range(7)] == [5, 5, 15, 60, 60, 60, 60]
