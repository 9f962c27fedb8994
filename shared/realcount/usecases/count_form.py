"""The one step in which a form starts, changes or ceases to count: the station's row in the tally.

Everything above this row is addition. What is sealed in the public log counts; the head says what that is.
"""

from __future__ import annotations

from realcount.domain.errors import NotFound, Unavailable
from realcount.domain.ledger import station_tally
from realcount.domain.tally import StationChange
from realcount.ports import ElectionStore, FormStore, TallyStore


def count_form(change: StationChange, *, elections: ElectionStore, forms: FormStore, tallies: TallyStore) -> bool:
    """Bring the station's row, under each of its parents, up to the station's head. Says whether any row moved.

    Safe in any order, any number of times: the row is computed from the ledger as it stands and written only if it is
    newer than what is there. If we die between two parents, the trigger comes again and moves the rest.
    """
    contest_key, station_id = change
    contest = elections.contest(contest_key)
    station = elections.station(contest_key.election, station_id)
    if contest is None or station is None:
        raise NotFound(f"the ledger holds a form of {station_id!r} in {contest_key}, which no election file names")
    head = forms.head(contest_key, station_id)
    if head is None:
        return False
    # Versions are immutable, so reading them after the head cannot mix two states.
    latest = forms.version(contest_key, station_id, head.latest)
    counted = forms.version(contest_key, station_id, head.counted) if head.counted else None
    if latest is None or (head.counted and counted is None):
        # In the ledger a head is never ahead of its versions. Counting on would show the station with nothing.
        raise Unavailable(f"station {station_id!r} of {contest_key} is at {head}, and a version it names was not read")
    tally = station_tally(head, latest, counted, contest.option_ids())
    moved = [tallies.advance(contest_key, parent, station_id, tally) for parent in contest.parents_of(station)]
    return any(moved)
