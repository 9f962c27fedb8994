"""Quiet means that nothing is under way; whether something has been, the count tells."""

from __future__ import annotations

from realcount.local.activity import Activity


def test_deliveries_are_seen_while_and_after_they_happen() -> None:
    activity = Activity()
    assert activity.seen() == 0
    with activity:
        assert activity.seen() is None
        with activity:
            assert activity.seen() is None
        assert activity.seen() is None
    assert activity.seen() == 2
