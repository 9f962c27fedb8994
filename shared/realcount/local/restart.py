"""What a machine needs to know of the run before it: whether that stopped in order, and if not, what it left behind.

A stream does not outlive the engine's process. Triggers that nobody had read when it ended are gone, and with them the
news that a station was approved. The ledger still has it, so a sweep from the stations up finds every such row and page,
and has the sealer told again of every form that waits.
"""

from __future__ import annotations

from realcount.local.engine import Engine
from realcount.local.places import LocalError, Places
from realcount.local.stores import Stores
from realcount.usecases.sweep_tally import sweep_tally


class Order:
    """Whether the run before this one stopped in order, and whether this one does: `mark` lies there in between."""

    def __init__(self, places: Places) -> None:
        self._mark = places.data / "stopped-in-order"
        self.before = self._mark.exists()
        self.settled = False
        self._mark.unlink(missing_ok=True)  # Whatever happens from here on, we have not stopped in order yet.

    def stop(self, engine: Engine) -> None:
        engine.stop()
        if self.settled:
            self._mark.touch()


def sweep_everything(stores: Stores, now: str) -> int:
    """Sweep every election from its stations up; returns how many rows and pages were behind. Raises `LocalError`.

    What was approved before `now` is overdue: whoever would have sealed it was not told.
    """
    repairs = 0
    for election in stores.elections.elections():
        for contest in election.contests:
            for root in contest.roots:
                swept = sweep_tally(
                    contest.key,
                    root,
                    elections=stores.elections,
                    forms=stores.forms,
                    tallies=stores.tallies,
                    editions=stores.editions,
                    copies=stores.copies,
                    pages=stores.pages,
                    overdue=now,
                )
                if swept.failed:
                    unit, error = next(iter(swept.failed.items()))
                    raise LocalError(
                        f"what is stored of {unit} in {contest.key} does not agree: {error}; --reset begins anew"
                    )
                repairs += swept.repairs
    return repairs
