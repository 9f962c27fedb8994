"""A machine knows whether it stopped in order the last time, and believes it only then."""

from __future__ import annotations

from typing import Any

import pytest

from realcount.domain.ledger import received
from realcount.local.memory import (
    MemoryCopies,
    MemoryElections,
    MemoryForms,
    MemoryKeys,
    MemoryPages,
    MemoryTallies,
    MemoryUploads,
)
from realcount.local.places import LocalError, Places
from realcount.local.restart import Order, sweep_everything
from realcount.local.stores import Stores
from realcount.usecases.load_election import load_election
from tests.small_election import PPWP, approver, election, form, review_of, submitter, units, version_of


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
    memory: Any = (MemoryElections(), keys, MemoryUploads(), forms, MemoryTallies(), MemoryCopies(), MemoryPages())
    stores = Stores(*memory)
    load_election(election(), units(), elections=stores.elections, copies=stores.copies, pages=stores.pages)
    assert sweep_everything(stores) == 0
    for key in (submitter(), approver()):
        keys.register(key)
    _approve(forms)
    assert sweep_everything(stores) > 0
    row = stores.tallies.row(PPWP, "-", "N")
    assert row is not None and row.votes == (150, 120)
    assert sweep_everything(stores) == 0


def _approve(forms: MemoryForms) -> None:
    """The form of S1 is received and approved, and nobody is told."""
    version = version_of(form())
    head = received(None, version)
    forms.receive(version, None, head)
    review = review_of(version.form)
    forms.decide(review, head, head.decided(review.decision, review.decided_at), ("sub-1", "app-1"))
