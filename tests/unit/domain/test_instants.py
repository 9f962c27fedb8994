"""One spelling for every moment, so that text sorts as time does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from realcount.domain.instants import EPOCH, from_instant, to_instant, within
from tests.small_election import NOON


def test_a_moment_in_jakarta_is_written_in_utc() -> None:
    wib = timezone(timedelta(hours=7))
    assert to_instant(datetime(2019, 4, 17, 13, 0, 0, 1999, wib)) == "2019-04-17T06:00:00.001Z"


def test_a_moment_without_a_zone_is_no_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        to_instant(datetime(2019, 4, 17))  # noqa: DTZ001 - the very thing that is refused


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC)])
def test_what_was_written_is_read_back(moment: datetime) -> None:
    text = to_instant(moment)
    assert len(text) == 24
    assert from_instant(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "", "2019-04-17", "2019-04-17T12:00:00Z", "2019-04-17T12:00:00.0000Z", "2019-04-17T12:00:00.00Z",
        "2019-04-17T12:00:00.000+00:00", "2019-04-17 12:00:00.000Z", "2019-02-30T12:00:00.000Z",
        "2019-04-17T24:00:00.000Z", "2019-04-17T12:00:60.000Z", "0000-04-17T12:00:00.000Z",
        "２019-04-17T12:00:00.000Z", " 2019-04-17T12:00:00.00Z", "2019-04-17T12:00:00.000Z\n",
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_instant(text)


def test_within_looks_both_ways() -> None:
    assert within("2019-04-17T12:10:00.000Z", NOON, 600)
    assert within("2019-04-17T11:50:00.000Z", NOON, 600)
    assert not within("2019-04-17T12:10:00.001Z", NOON, 600)


def test_text_sorts_as_time_does() -> None:
    assert sorted([NOON, EPOCH, "2019-04-17T11:59:59.999Z"]) == [EPOCH, "2019-04-17T11:59:59.999Z", NOON]
