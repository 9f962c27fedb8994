"""An election at rest, with every kind of history in it, for single changes to be planted in its stores.

Its forms went through the real use cases: a correction, a withdrawal, a returned version, one that waits for its second
official, and one that was corrected while a later version waits. Every row, page and copy is what the real ones made.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from realcount.domain.election import ContestKey
from realcount.domain.tally import RowChange
from realcount.evidence.signatures import holds
from realcount.usecases.publish_results import publish_results
from realcount.usecases.recount import Standing, recount
from realcount.usecases.recount_report import Recounted
from tests.small_election import DPR, DPRD, DUSK, ELECTION, PPWP, contest, form_statement, signed, units
from tests.unit.usecases.office import SIGNER, Office

ALL = (PPWP, DPR, DPRD)


def count_everything(office: Office, of: ContestKey) -> None:
    """What the streams would do with everything there is: rows, regions, pages."""
    covered = [unit for unit in units() if contest(of).covers(unit)]
    for unit in covered:
        if office.forms.head(of, unit.id):
            office.count(of, unit.id)
    office.climb(of)
    changes = [RowChange(of, parent, unit.id) for unit in covered for parent in contest(of).parents_of(unit)]
    outcome = publish_results(
        changes, elections=office.elections, forms=office.forms, tallies=office.tallies, editions=office.editions, copies=office.copies,
        pages=office.pages,
    )  # fmt: skip
    assert not outcome.failed


def counted_election(office: Office | None = None, contests: Sequence[ContestKey] = ALL) -> Office:
    office = office or Office()
    for of in contests:
        for station in ("S1", "S2", "S4", "S5", "S6"):
            office.submit(of, station, votes=_votes(of, 150 + int(station[1])))
        for station in ("S1", "S2", "S4", "S5"):
            office.decide(of, station)
            office.seal(of, station)
        # S1 is corrected, S5 withdrawn; a correction of S2 is returned, one of S4 waits. S6 waits with its first form.
        office.correct(of, "S1", votes=_votes(of, 101))
        office.decide(of, "S1")
        office.seal(of, "S1")
        _withdraw(office, of, "S5")
        office.decide(of, "S5")
        office.seal(of, "S5")
        office.correct(of, "S2", votes=_votes(of, 102))
        office.decide(of, "S2", decision="return", reason="the scan is blurred")
        office.correct(of, "S4", votes=_votes(of, 103))
        count_everything(office, of)
    return office


def fork(office: Office) -> Office:
    """The same election again, for a test to spoil. Locks cannot be copied, and need not be."""
    locks = [getattr(store, name, None) for store in vars(office).values() for name in ("lock", "_lock")]
    return copy.deepcopy(office, {id(lock): lock for lock in locks if lock is not None})


def _withdraw(office: Office, of: ContestKey, at: str) -> None:
    head = office.forms.head(of, at)
    assert head is not None
    gone = form_statement(
        of, at, kind="withdrawal", version=2, prev=head.latest_hash, reason="void", figures={}, votes={}, scans=[]
    )
    assert office.receive(office.upload(signed(gone), of, at, scans=())).state == "accepted"


def _votes(of: ContestKey, first: int) -> dict[str, int]:
    return dict(zip(contest(of).option_ids(), (first, 120, 0), strict=False))


def recounted(
    office: Office,
    standing: Standing | None = None,
    now: str = DUSK,
    turn: int = 0,
    goes_on: Callable[[], bool] = lambda: True,
    **more: int,
) -> Recounted:
    return recount(
        standing or Standing(ELECTION), now, turn, elections=office.elections, forms=office.forms,
        tallies=office.tallies, pages=office.pages, log=office.log, key=SIGNER.key, holds=holds, goes_on=goes_on, **more,
    )  # fmt: skip
