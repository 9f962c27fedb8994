"""What happens to a station's form, and what it counts for after each event."""

from __future__ import annotations

import pytest

from realcount.domain.errors import Conflict
from realcount.domain.findings import INCOMPLETE, INCONSISTENT, Finding
from realcount.domain.ledger import (
    APPROVE,
    APPROVED,
    RECEIVED,
    RETURN,
    RETURNED,
    FormVersion,
    Head,
    received,
    station_tally,
)
from realcount.domain.tally import Tally, zero
from tests.small_election import DAWN, DPR, DUSK, NOON, brief, contest, form, version_of

OPTIONS = contest(DPR).option_ids()
FLAG = (Finding("votes-sum", INCONSISTENT, ("valid",), 1, 2),)
GAP = (Finding("missing", INCOMPLETE, ("invalid",)),)


def version(
    number: int, votes: int, previous: str | None = None, findings: tuple[Finding, ...] = (), at: str = NOON
) -> FormVersion:
    later = {"kind": "correction", "prev": previous, "reason": "as on the paper"} if previous else {}
    return version_of(
        form(DPR, version=number, figures=brief(votes, 1), votes={"A": votes, "A-1": 0, "B": 0}, **later), findings, at
    )


def withdrawal(number: int, previous: str) -> FormVersion:
    return version_of(
        form(DPR, version=number, kind="withdrawal", prev=previous, reason="void", figures={}, votes={}, scans=[])
    )


def tally(head: Head | None, latest: FormVersion | None, counted: FormVersion | None = None) -> Tally:
    return station_tally(head, latest, counted, OPTIONS)


FIRST = version(1, 100, findings=FLAG)
SECOND = version(2, 90, FIRST.form.hash, GAP)


FLAGS = (tuple(found.code for found in FLAG), FIRST.form.station)
"""What a row says of FIRST beside its numbers."""


def test_a_station_from_which_nothing_came_is_zero() -> None:
    assert tally(None, None) == zero(3)


def test_a_first_version_waits_and_counts_for_nothing_but_shows() -> None:
    head = received(None, FIRST)
    assert head == Head(1, 1, FIRST.form.hash, RECEIVED, 0, 0, NOON)
    assert tally(head, FIRST) == Tally(1, (0, 0, 0), 0, 0, 0, 1, 0, 1, 0, NOON, *FLAGS)


def test_approved_it_waits_to_be_sealed_and_shows() -> None:
    head = received(None, FIRST).decided(APPROVE, DUSK)
    assert (head.seq, head.latest_state, head.approved, head.counted, head.at) == (2, APPROVED, 1, 0, DUSK)
    assert tally(head, FIRST) == Tally(2, (0, 0, 0), 0, 0, 0, 1, 0, 1, 0, DUSK, *FLAGS)


def test_sealed_it_counts() -> None:
    head = received(None, FIRST).decided(APPROVE, DUSK).sealed(1)
    assert (head.seq, head.latest_state, head.approved, head.counted, head.at) == (3, APPROVED, 1, 1, DUSK)
    assert tally(head, FIRST, FIRST) == Tally(3, (100, 0, 0), 100, 1, 101, 1, 1, 1, 0, DUSK, *FLAGS)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_nothing_is_sealed_twice_or_unapproved(version: int) -> None:
    head = received(received(None, FIRST).decided(APPROVE, NOON).sealed(1), SECOND).decided(APPROVE, NOON)
    with pytest.raises(Conflict, match="cannot start to count"):
        head.sealed(version)
    assert head.sealed(2).counted == 2


def test_a_waiting_form_that_a_correction_overtakes_is_sealed_all_the_same() -> None:
    """It was approved, so it is said in public; what counts in the end is the correction."""
    both = received(received(None, FIRST).decided(APPROVE, NOON), SECOND).decided(APPROVE, NOON)
    assert tally(both, SECOND).received == 1
    assert tally(both.sealed(1), SECOND, FIRST).votes == (100, 0, 0)
    assert tally(both.sealed(1).sealed(2), SECOND, SECOND).votes == (90, 0, 0)


def test_a_withdrawal_takes_the_numbers_away_once_it_is_sealed() -> None:
    gone = withdrawal(2, FIRST.form.hash)
    waits = received(received(None, FIRST).decided(APPROVE, NOON).sealed(1), gone).decided(APPROVE, NOON)
    assert tally(waits, gone, FIRST).votes == (100, 0, 0)
    assert tally(waits.sealed(2), gone, gone).received == 0


def test_returned_it_is_as_if_nothing_had_come() -> None:
    head = received(None, FIRST).decided(RETURN, DUSK)
    assert (head.latest_state, head.counted) == (RETURNED, 0)
    assert tally(head, FIRST) == Tally(2, (0, 0, 0), 0, 0, 0, 0, 0, 0, 0, DUSK)


def test_while_a_correction_waits_the_approved_version_counts() -> None:
    head = received(received(None, FIRST).decided(APPROVE, NOON).sealed(1), SECOND)
    assert (head.latest, head.counted, head.latest_state) == (2, 1, RECEIVED)
    found = tally(head, SECOND, FIRST)
    assert (found.votes, found.flagged, found.incomplete) == ((100, 0, 0), 1, 0)


def test_a_returned_correction_leaves_the_approved_version_counting() -> None:
    head = received(received(None, FIRST).decided(APPROVE, NOON).sealed(1), SECOND).decided(RETURN, NOON)
    found = tally(head, SECOND, FIRST)
    assert (found.sv, found.votes, found.approved) == (5, (100, 0, 0), 1)


def test_an_approved_correction_takes_its_place() -> None:
    head = received(received(None, FIRST).decided(APPROVE, NOON).sealed(1), SECOND).decided(APPROVE, NOON).sealed(2)
    found = tally(head, SECOND, SECOND)
    assert (found.sv, found.votes, found.flagged, found.incomplete) == (6, (90, 0, 0), 0, 1)


def test_a_version_overtaken_before_its_decision_never_counts() -> None:
    head = received(received(None, FIRST), SECOND)
    assert (head.seq, head.latest, head.counted) == (2, 2, 0)
    assert tally(head, SECOND).votes == (0, 0, 0)


def test_an_approved_withdrawal_removes_the_station() -> None:
    gone = withdrawal(2, FIRST.form.hash)
    waiting = received(received(None, FIRST).decided(APPROVE, NOON).sealed(1), gone)
    assert tally(waiting, gone, FIRST).votes == (100, 0, 0)
    decided = waiting.decided(APPROVE, NOON).sealed(2)
    assert tally(decided, gone, gone) == Tally(6, (0, 0, 0), 0, 0, 0, 0, 0, 0, 0, NOON)


def test_after_a_withdrawal_a_new_version_waits_visibly() -> None:
    gone = withdrawal(2, FIRST.form.hash)
    again = version(3, 80, gone.form.hash, GAP)
    first = received(None, FIRST).decided(APPROVE, NOON).sealed(1)
    head = received(received(first, gone).decided(APPROVE, NOON).sealed(2), again)
    found = tally(head, again, gone)
    assert (found.votes, found.received, found.approved, found.incomplete) == ((0, 0, 0), 1, 0, 1)


def test_a_missing_figure_adds_nothing() -> None:
    bare = version_of(form(DPR, figures={"valid": 5}, votes={"A": 5}))
    head = received(None, bare).decided(APPROVE, NOON).sealed(1)
    assert tally(head, bare, bare) == Tally(3, (5, 0, 0), 5, 0, 0, 1, 1, 0, 0, NOON)


@pytest.mark.parametrize("wrong", [version(3, 1, FIRST.form.hash), version(2, 1, "f" * 64), version(1, 1)])
def test_a_version_that_does_not_follow_is_a_conflict(wrong: FormVersion) -> None:
    with pytest.raises(Conflict, match="does not follow version 1"):
        received(received(None, FIRST), wrong)


def test_a_first_version_must_be_number_one() -> None:
    with pytest.raises(Conflict, match="does not follow version 0"):
        received(None, SECOND)


def test_a_slow_clock_does_not_turn_time_back() -> None:
    head = received(None, FIRST)
    assert head.decided(APPROVE, DAWN).at == NOON
    assert received(head, version(2, 1, FIRST.form.hash, at=DAWN)).at == NOON
