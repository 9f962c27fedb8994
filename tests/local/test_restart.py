"""A machine knows whether it stopped in order the last time, and believes it only then."""

from __future__ import annotations

from typing import Any

import pytest

from realcount.domain.ledger import Seal, received
from realcount.domain.tally import StationChange
from realcount.local.memory import (
    MemoryCopies,
    MemoryEditions,
    MemoryElections,
    MemoryForms,
    MemoryKeys,
    MemoryLogs,
    MemoryPages,
    MemoryTallies,
    MemoryUploads,
)
from realcount.local.places import LocalError, Places
from realcount.local.restart import Order, sweep_everything
from realcount.local.stores import Stores
from realcount.usecases.load_election import load_election
from tests.small_election import (
    AFTER,
    ELECTION,
    PPWP,
    approver,
    election,
    form,
    review_of,
    submitter,
    units,
    version_of,
)


class StoppingEngine:
    """Stands for the engine: it stops, or fails to."""

    def __init__(self, fault: Exception | None = None) -> None:
        self._fault = fault

    def stop(self) -> None:
        if self._fault is not None:
            raise self._fault


@pytest.fixture
def places(tmp_path) -> Places:
    return Places(tmp_path, tmp_path)


def run(places: Places, *, settled: bool, fault: Exception | None = None) -> bool:
    """One run of a machine; says whether it believed that the run before had stopped in order."""
    order = Order(places)
    order.settled = settled
    engine: Any = StoppingEngine(fault)
    order.stop(engine)
    return order.before


def test_only_a_settled_and_saved_state_was_left_in_order(places: Places) -> None:
    assert run(places, settled=False) is False
    assert run(places, settled=True) is False
    assert run(places, settled=True) is True
    assert run(places, settled=False) is True
    assert run(places, settled=True) is False


def test_a_run_that_dies_does_not_inherit_the_order_of_the_one_before(places: Places) -> None:
    run(places, settled=True)
    Order(places)  # Starts, and is never heard of again.
    assert Order(places).before is False


def test_an_engine_that_had_to_be_killed_has_not_stopped_in_order(places: Places) -> None:
    with pytest.raises(LocalError, match="was killed"):
        run(places, settled=True, fault=LocalError("the engine did not stop and was killed"))
    assert Order(places).before is False


def test_a_sweep_finds_what_a_lost_trigger_left_behind(places: Places) -> None:
    keys = MemoryKeys()
    forms = MemoryForms(keys)
    memory: Any = (
        *(MemoryElections(), keys, MemoryUploads(), forms, MemoryTallies()),
        *(MemoryEditions(), MemoryCopies(), MemoryLogs(), None, None, MemoryPages()),
    )
    stores = Stores(*memory)
    load_election(
        election(),
        units(),
        elections=stores.elections,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
        log=stores.logs.of(ELECTION),
    )
    assert sweep_everything(stores, AFTER) == 0
    for key in (submitter(), approver()):
        keys.register(key)
    _approve(forms, sealed=True)
    assert sweep_everything(stores, AFTER) > 0
    row = stores.tallies.row(PPWP, "-", "N")
    assert row is not None and row.votes == (150, 120)
    assert sweep_everything(stores, AFTER) == 0


def test_of_a_form_that_waits_the_sealer_is_told_again_however_new_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a start, nothing that happened before it will be told by anybody else."""
    keys = MemoryKeys()
    forms, elections, log = MemoryForms(keys), MemoryElections(), MemoryLogs()
    memory: Any = (
        elections,
        keys,
        MemoryUploads(),
        forms,
        MemoryTallies(),
        MemoryEditions(),
        MemoryCopies(),
        log,
        None,
        None,
        MemoryPages(),
    )
    stores = Stores(*memory)
    load_election(
        election(),
        units(),
        elections=elections,
        editions=stores.editions,
        copies=stores.copies,
        pages=stores.pages,
        log=log.of(ELECTION),
    )
    for key in (submitter(), approver()):
        keys.register(key)
    _approve(forms)
    told: list[object] = []
    monkeypatch.setattr(forms, "_on_change", told.append)
    sweep_everything(stores, AFTER)
    assert told == [StationChange(PPWP, "S1")]


def _approve(forms: MemoryForms, *, sealed: bool = False) -> None:
    """The form of S1 is received and approved, sealed if so, and nobody is told."""
    version = version_of(form())
    head = received(None, version)
    forms.receive(version, None, head)
    review = review_of(version.form)
    decided = head.decided(review.decision, review.decided_at)
    forms.decide(review, head, decided, ("sub-1", "app-1"))
    if sealed:
        assert not forms.seal([Seal(PPWP, "S1", 1, 3, decided, decided.sealed(1))])
