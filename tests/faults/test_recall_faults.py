"""What the code of recalls calls necessary, left out once each: the scenarios of recalls notice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from realcount.domain import fold, ledger
from realcount.domain.errors import Conflict
from realcount.usecases import recall_forms, seal_forms, seal_marks
from tests.faults.mutation import Edit, Mutant
from tests.recalling import RecallOffice, fold_of
from tests.small_election import PPWP
from tests.unit.usecases.test_seal_forms import entries


def counted() -> RecallOffice:
    office = RecallOffice()
    office.schedule()
    office.approved_and_sealed("S1")
    office.approved_and_sealed("S4", (10, 20), approver="app-2")
    office.approved_and_sealed("S4", (30, 40))
    return office


def recalled_and_sealed_again() -> None:
    office = counted()
    office.revoke("app-1", since=0)
    office.schedule()
    assert (office.counted("S1")[0], office.counted("S4")[0]) == (0, 1)
    office.judge("S1", "app-2")
    office.settle()
    assert office.counted("S1")[0] == 1
    assert len(fold_of(entries(office.log)).stations) == 2


def overtaken_by_who_sends_back() -> None:
    office = counted()
    office.hand_in("S2")
    office.judge("S2", "app-1")
    stage = office.log.stage

    def overtaken(*batch: object) -> str:
        office.log.stage = stage  # type: ignore[method-assign]
        office.revoke("app-1", since=7)
        office.seal(PPWP, "S2", office.now())
        return stage(*batch)  # type: ignore[arg-type]

    office.log.stage = overtaken  # type: ignore[method-assign]
    with suppress(Conflict):
        office.seal(PPWP, "S2", office.now())
    office.settle()
    fold_of(entries(office.log))
    assert office.counted("S2")[0] == 0


def waiting_while_its_key_is_distrusted() -> None:
    office = counted()
    office.hand_in("S2")
    office.judge("S2", "app-1")
    office.revoke("app-1", since=7)
    office.settle()
    fold_of(entries(office.log))
    assert office.counted("S2")[0] == 0


def sealed_before_and_marked_after() -> None:
    """Of two writers that finish one batch, the late one comes after the form was recalled."""
    office = counted()
    marks = seal_marks.SealMarks("e19", office.forms, office.log)
    index = office.forms.seals(PPWP, "S1")[1]
    office.revoke("app-1", since=0)
    office.schedule()
    marks.mark([seal_marks.form_subject("ppwp", "S1", 1)], index)
    office.settle()
    assert office.counted("S1")[0] == 0


PLANTED: dict[str, tuple[Edit, Callable[[], None]]] = {
    "nobody is kept from sealing what is sent back": (
        Edit(recall_forms, "    log.advance(head, LogHead(head.seq + 1, head.edge, None))\n", "    return\n"),
        overtaken_by_who_sends_back,
    ),
    "a late writer marks without looking at the round": (
        Edit(seal_marks, "elif head.round_of(version) > _turn(subject):", "elif False:"),
        sealed_before_and_marked_after,
    ),
    "what is not trusted is sealed all the same": (
        Edit(seal_forms, "if untrusted(version, review, waiting.records) is not None:", "if False:"),
        waiting_while_its_key_is_distrusted,
    ),
    "a recall takes the earlier version along": (
        Edit(ledger, "max((one for one in sealed if one != version), default=0)", "0"),
        recalled_and_sealed_again,
    ),
    "a reader does not ask for what is owed": (
        Edit(fold, "self.owed = {one.form.index: one for one in self._signed_by(key)}", "self.owed = {}"),
        recalled_and_sealed_again,
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_fault_is_noticed(planted: str) -> None:
    edit, scenario = PLANTED[planted]
    scenario()
    with Mutant(planted, planted, (), (edit,)).applied(), pytest.raises(Exception):  # noqa: B017, PT011  whatever notices first
        scenario()
