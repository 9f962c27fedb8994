"""In which order the forms of 2019 come in again, and when.

The paper of most stations was photographed for KawalPemilu; the first photograph's time is taken as the form's arrival.
Forms without a photograph come after all others, one second apart. Equal times keep the order of the station file, so
two replays are the same replay.
"""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from realcount.cli.situng2019 import SourceStation
from realcount.domain.instants import to_instant

POLLS_CLOSED = datetime(2019, 4, 17, 6, 0, tzinfo=UTC)
"""13:00 in Jakarta. Where the times begin if not one form has a photograph."""

_INDEX_BITS = 21
_UNPHOTOGRAPHED = 2**42 - 1
"""Milliseconds: the year 2109. Sorts behind every photograph; with 21 bits of index it still fits 64 bits."""


def in_order(
    stations: Iterable[SourceStation], limit: int | None = None, villages: Container[str] | None = None
) -> list[SourceStation]:
    """The stations whose form was entered, in order of arrival; the others never arrive and are left out.

    Of all arrivals only the first `limit`, and of these only the ones of `villages`. `stations` must not be more than
    two million.
    """
    keys = array("q")
    mine: list[tuple[int, SourceStation]] = []
    for index, station in enumerate(stations):
        if station.form is None:
            continue
        time = _UNPHOTOGRAPHED if station.photographed_ms is None else station.photographed_ms
        key = time << _INDEX_BITS | index
        keys.append(key)
        if villages is None or station.village in villages:
            mine.append((key, station))
    mine.sort(key=itemgetter(0))
    if limit is not None and limit < len(keys):
        first_left_out = sorted(keys)[limit]
        return [station for key, station in mine if key < first_left_out]
    return [station for _, station in mine]


def with_times(stations: list[SourceStation]) -> Iterator[tuple[SourceStation, str]]:
    """Each station of `in_order` with the instant of its arrival. Empties the list as it goes, to give memory back."""
    latest = POLLS_CLOSED
    stations.reverse()
    while stations:
        station = stations.pop()
        if station.photographed_ms is None:
            latest += timedelta(seconds=1)
        else:
            latest = datetime.fromtimestamp(station.photographed_ms / 1000, UTC)
        yield station, to_instant(latest)
