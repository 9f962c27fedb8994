"""A key turns out not to be trusted: what it signed goes back to review, in the log first, whatever dies where."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from realcount.domain.errors import Conflict, Drift, Forbidden, Unavailable
from realcount.domain.ledger import APPROVED, RECEIVED, RETURNED
from realcount.domain.log.entries import read_entry
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import KeyDistrusted, KeyRevoked
from realcount.domain.log.sealed_recalls import SealedRecall
from realcount.log_ports import LogHead
from realcount.rendering.encoding import document_of
from realcount.usecases.publish_results import render
from realcount.usecases.read_proof import NotYet, Proven, read_proof
from realcount.usecases.recall_forms import fence
from realcount.usecases.seal_marks import undo
from tests.recalling import REASON, RecallOffice, fold_of
from tests.small_election import PPWP
from tests.unit.usecases.test_list_corrections import read as listed
from tests.unit.usecases.test_list_corrections import run as list_all
from tests.unit.usecases.test_seal_forms import entries


def tail(office: RecallOffice, of: int) -> list[object]:
    return [read_entry(entry) for entry in entries(office.log)[-of:]]


def page(office: RecallOffice, station: str = "S1") -> dict[str, Any]:
    found = render(PPWP, station, elections=office.elections, forms=office.forms, tallies=office.tallies)
    return document_of(found)


@pytest.fixture
def counted() -> RecallOffice:
    """S1 counts by app-1; S4 counts by app-2, and its correction by app-1."""
    office = RecallOffice()
    office.schedule()
    office.approved_and_sealed("S1")
    office.approved_and_sealed("S4", (10, 20), approver="app-2")
    office.approved_and_sealed("S4", (30, 40))
    return office


def test_what_an_approver_signed_since_goes_back_and_counts_again_once_another_approved_it(
    counted: RecallOffice,
) -> None:
    counted.revoke("app-1", since=0)
    assert counted.counted("S1") == (1, 1, APPROVED, 0), "the log comes first"
    assert counted.schedule().recalled == 2
    revoked, distrusted, *recalls = tail(counted, 4)
    assert isinstance(revoked, KeyRevoked) and isinstance(distrusted, KeyDistrusted)
    assert (distrusted.since, distrusted.reason) == (counted.now(0), REASON)
    first, second = (said for said in recalls if isinstance(said, SealedRecall))
    assert (first.station, first.version, first.counted, first.counts) == ("S1", 1, first.entry, None)
    assert (second.station, second.version, second.counted) == ("S4", 2, second.entry)
    assert second.counts == counted.forms.seals(PPWP, "S4")[1]
    assert counted.counted("S1") == (0, 0, RECEIVED, 1)
    assert counted.counted("S4") == (1, 1, RECEIVED, 1)

    with pytest.raises(Forbidden):
        counted.judge("S1", "app-1")
    counted.judge("S1", "app-2")
    assert counted.counted("S1") == (0, 1, APPROVED, 1)
    counted.seal(PPWP, "S1", counted.now())
    assert counted.counted("S1") == (1, 1, APPROVED, 1)
    (again,) = tail(counted, 1)
    assert isinstance(again, SealedForm) and again.review.key == "app-2"
    assert counted.forms.seals(PPWP, "S1") == {1: len(entries(counted.log)) - 1}
    assert counted.schedule().recalled == 0, "once is enough"
    assert {station for _, station in fold_of(entries(counted.log)).stations} == {"S1", "S4"}


def test_what_a_submitter_handed_in_since_is_returned(counted: RecallOffice) -> None:
    counted.hand_in("S2")
    counted.revoke("sub-1", since=0)
    counted.schedule()
    assert counted.counted("S1") == (0, 0, RETURNED, 1)
    assert counted.counted("S4") == (0, 0, RETURNED, 2)
    with pytest.raises(Conflict, match="is the latest and returned"):
        counted.judge("S1", "app-2")
    with pytest.raises(Forbidden):
        counted.judge("S2", "app-2")  # It never was approved, and cannot be.
    counted.hand_in("S1", (1, 2), "sub-2")
    counted.judge("S1", "app-2")
    counted.seal(PPWP, "S1", counted.now())
    assert counted.counted("S1") == (2, 2, APPROVED, 1)
    fold_of(entries(counted.log))


def test_what_was_signed_before_stays(counted: RecallOffice) -> None:
    first = counted.forms.history(PPWP, "S4")[1][1]
    assert first is not None
    counted.minute += 10
    counted.revoke("app-1", since=6)
    assert counted.now(6) == first.decided_at, "that very moment is one of those"
    assert counted.schedule().recalled == 1
    assert counted.counted("S1")[0] == 1
    assert counted.counted("S4")[0] == 1


def test_a_key_that_is_revoked_already_can_be_distrusted_later_and_once(counted: RecallOffice) -> None:
    counted.revoke("app-1")
    assert counted.schedule().recalled == 0
    with pytest.raises(Conflict, match="was not revoked at"):
        counted.revoke("app-1", since=100)
    counted.revoke("app-1", since=5)
    counted.revoke("app-1", since=0)  # The first word stands.
    assert counted.schedule().recalled == 1
    assert counted.schedule().recalled == 0
    assert (counted.counted("S1")[0], counted.counted("S4")[0]) == (1, 1)
    fold_of(entries(counted.log))


def test_what_is_approved_and_not_sealed_goes_back_without_an_entry(counted: RecallOffice) -> None:
    counted.hand_in("S2")
    counted.judge("S2", "app-1")
    size = len(entries(counted.log))
    counted.revoke("app-1", since=7)
    sealed = counted.seal(PPWP, "S2", counted.now())
    assert (sealed.forms, sealed.recalled) == (0, 1)
    assert counted.counted("S2") == (0, 0, RECEIVED, 1)
    assert len(entries(counted.log)) == size
    counted.judge("S2", "app-2")
    counted.settle()
    assert counted.counted("S2") == (1, 1, APPROVED, 1)
    fold_of(entries(counted.log))


def test_a_second_keys_distrust_undoes_the_second_approval_too(counted: RecallOffice) -> None:
    counted.revoke("app-1", since=0)
    counted.schedule()
    counted.judge("S1", "app-2")
    counted.seal(PPWP, "S1", counted.now())
    counted.revoke("app-2", since=0)
    assert counted.schedule().recalled == 2, "S1 anew, and the first version of S4"
    assert (counted.counted("S1"), counted.counted("S4")) == ((0, 0, RECEIVED, 2), (0, 0, RECEIVED, 2))
    counted.judge("S1", "app-3")
    counted.seal(PPWP, "S1", counted.now())
    assert counted.counted("S1") == (1, 1, APPROVED, 2)
    fold_of(entries(counted.log))


def test_the_stations_page_says_all_of_it(counted: RecallOffice) -> None:
    assert "recalls" not in page(counted)["versions"][0]
    form = counted.forms.seals(PPWP, "S1")[1]
    counted.revoke("app-1", since=0)
    counted.schedule()
    shown = page(counted)
    (version,) = shown["versions"]
    assert (shown["counted_version"], version["state"], version["review"], version["sealed"]) == (
        None,
        "recalled",
        None,
        None,
    )
    (recall,) = version["recalls"]
    assert (recall["by"], recall["role"], recall["reason"], recall["form"]) == ("app-1", "approver", REASON, form)
    assert isinstance(read_entry(entries(counted.log)[recall["sealed"]]), SealedRecall)
    counted.judge("S1", "app-2")
    counted.seal(PPWP, "S1", counted.now())
    shown = page(counted)
    (version,) = shown["versions"]
    assert (shown["counted_version"], version["state"], version["review"]["by"]) == (1, "approved", "app-2")
    assert version["sealed"] == len(entries(counted.log)) - 1
    assert version["recalls"] == [recall]


def test_a_page_of_an_edition_is_the_same_however_late_its_parts_are_read(counted: RecallOffice) -> None:
    """The head was read, then the form was recalled, approved by another, and sealed again."""
    head = counted.forms.head
    heads, before = [head(PPWP, "S1")], [page(counted)]
    for act in (
        lambda: counted.revoke("app-1", since=0),
        counted.schedule,
        lambda: counted.judge("S1", "app-2"),
        lambda: counted.seal(PPWP, "S1", counted.now()),
    ):
        act()
        heads.append(head(PPWP, "S1"))
        before.append(page(counted))
    for old, shown in zip(heads, before, strict=True):
        counted.forms.head = lambda *_, old=old: old  # type: ignore[method-assign]
        assert page(counted) == shown


def test_a_recall_is_listed_as_a_correction_with_both_numbers_and_its_reason(counted: RecallOffice) -> None:
    counted.revoke("app-1", since=0)
    counted.schedule()
    list_all(counted)
    second, first, correction = listed(counted, PPWP, "N")
    assert correction["kind"] == "correction"
    assert (first["kind"], first["reason"], first["station"]["id"], first["to"]) == ("recall", REASON, "S1", None)
    assert first["from"]["votes"] == {"01": 150, "02": 120}
    assert (second["station"]["id"], second["from"]["votes"]) == ("S4", {"01": 30, "02": 40})
    assert (second["to"]["version"], second["to"]["votes"]) == (1, {"01": 10, "02": 20})
    counted.judge("S4", "app-2")
    counted.seal(PPWP, "S4", counted.now())
    list_all(counted)
    again = listed(counted, PPWP, "N")[0]
    assert (again["kind"], again["from"]["version"], again["to"]["version"]) == ("correction", 1, 2)
    everything = [one["sealed"] for one in listed(counted, PPWP, "N")]
    late = RecallOffice()
    late.log, late.forms = counted.log, counted.forms
    list_all(late)
    assert [one["sealed"] for one in listed(late, PPWP, "N")] == everything, "whenever they are listed"


def test_a_station_is_proven_before_its_recall_not_after_and_again_when_it_counts_again(counted: RecallOffice) -> None:
    def proof() -> Proven | NotYet:
        return read_proof(PPWP, "S1", elections=counted.elections, forms=counted.forms, log=counted.log)

    def counted_index(found: Proven) -> int:
        return int(json.loads(found.data)["entries"]["form"]["index"])

    counted.totals()
    first = proof()
    assert isinstance(first, Proven)
    form = counted_index(first)
    counted.revoke("app-1", since=0)
    counted.schedule()
    before_totals = proof()
    assert isinstance(before_totals, Proven) and counted_index(before_totals) == form, "the totals sealed last count it"
    counted.totals()
    assert isinstance(proof(), NotYet)
    counted.judge("S1", "app-2")
    counted.seal(PPWP, "S1", counted.now())
    counted.totals()
    again = proof()
    assert isinstance(again, Proven) and counted_index(again) == len(entries(counted.log)) - 7


# ---- faults ----------------------------------------------------------------------------------------------------------------


class Death(Exception):
    pass


WRITES = ("advance", "stage", "put_file", "publish", "mark")


def dying(office: RecallOffice, at: int, *, after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die at its write number `at`, before it or after it was done."""
    left = [at]

    def fatal(write: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **more: object) -> object:
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Death
            answer = write(*args, **more)
            if left[0] == 0:
                raise Death
            return answer

        return call

    for name in WRITES:
        monkeypatch.setattr(office.log, name, fatal(getattr(office.log, name)))
    for name in ("recall", "seal"):
        monkeypatch.setattr(office.forms, name, fatal(getattr(office.forms, name)))


@pytest.mark.parametrize("after", [False, True])
def test_dying_anywhere_leaves_what_the_next_one_finishes(after: bool) -> None:
    deaths = 0
    for at in range(1, 60):
        office = RecallOffice()
        office.schedule()
        for station in ("S1", "S2", "S3"):
            office.approved_and_sealed(station)
        office.hand_in("S5")
        office.judge("S5", "app-1")
        office.revoke("app-1", since=0)
        with pytest.MonkeyPatch.context() as monkeypatch:
            dying(office, at, after=after, monkeypatch=monkeypatch)
            try:
                office.schedule()
                office.seal(PPWP, "S5", office.now())
            except Death:
                deaths += 1
            else:
                break
        office.settle()
        for station in ("S1", "S2", "S3", "S5"):
            assert office.counted(station) == (0, 0, RECEIVED, 1), f"dying at write {at}"
        log = entries(office.log)
        assert sum(isinstance(read_entry(entry), SealedRecall) for entry in log) == 3
        assert not fold_of(log).stations
    assert deaths >= 15


def test_a_sealer_that_knew_nothing_yet_cannot_seal_what_is_sent_back(counted: RecallOffice) -> None:
    """It looked at form and keys, then the key was distrusted, and another sealer sent the form back: the first one must
    find the log's head moved, or a form that is recalled would be in the log, and nobody would recall it there."""
    counted.hand_in("S2")
    counted.judge("S2", "app-1")
    stage = counted.log.stage

    def overtaken(*batch: Any) -> str:
        counted.log.stage = stage  # type: ignore[method-assign]
        counted.revoke("app-1", since=7)
        assert counted.seal(PPWP, "S2", counted.now()).recalled == 1
        return stage(*batch)

    counted.log.stage = overtaken  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        counted.seal(PPWP, "S2", counted.now())
    counted.settle()
    assert counted.counted("S2") == (0, 0, RECEIVED, 1)
    fold_of(entries(counted.log))


def test_a_form_that_is_sealed_while_the_log_is_walked_is_recalled_too(counted: RecallOffice) -> None:
    counted.hand_in("S2")
    counted.judge("S2", "app-1")
    find_all = counted.keys.find_all
    trusting = {key: replace(record, distrusted_from=None) for key, record in find_all(["app-1", "sub-1"]).items()}
    counted.revoke("app-1", since=0)
    counted.seal(PPWP, "S6", counted.now())
    head, looks = counted.log.head, [0]

    def meanwhile() -> LogHead:
        """At the third look, which is the one of who is about to seal the recalls, somebody else seals S2."""
        looks[0] += 1
        if looks[0] == 4:
            counted.log.head = head  # type: ignore[method-assign]
            counted.keys.find_all = lambda keys: trusting  # type: ignore[method-assign]
            counted.seal(PPWP, "S2", counted.now())
            counted.keys.find_all = find_all  # type: ignore[method-assign]
        return head()

    counted.log.head = meanwhile  # type: ignore[method-assign]
    try:
        counted.schedule()
    except Conflict:
        counted.schedule()
    counted.settle()
    assert counted.counted("S2")[0] == 0
    fold_of(entries(counted.log))


def test_while_a_batch_is_in_work_nothing_is_sent_back(counted: RecallOffice) -> None:
    head = counted.log.head()
    counted.log.advance(head, LogHead(head.seq + 1, head.edge, "some batch"))
    with pytest.raises(Conflict, match="a batch is in work"):
        fence(counted.log)


def test_a_station_at_which_officials_act_all_the_time_is_left_for_the_next_time(
    counted: RecallOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always_late(*_: object) -> None:
        raise Conflict("moved")

    counted.revoke("app-1", since=0)
    monkeypatch.setattr(counted.forms, "recall", always_late)
    with pytest.raises(Conflict, match="acted on at each of 8 looks"):
        counted.schedule()
    monkeypatch.undo()
    counted.schedule()
    assert counted.counted("S1")[0] == 0


def test_a_ledger_that_has_parted_from_the_log_is_not_made_to_fit(counted: RecallOffice) -> None:
    counted.revoke("app-1", since=0)
    counted.schedule()
    (recall,) = counted.forms.recalls(PPWP, "S1")
    with pytest.raises(Drift, match="is not approved"):
        undo(replace(recall, round=1), counted.forms)
    with pytest.raises(Drift, match="has no form"):
        undo(replace(recall, station="S6"), counted.forms)


def test_without_an_answer_it_is_done_the_next_time(counted: RecallOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> bytes:
        raise Unavailable("no answer")

    counted.revoke("app-1", since=0)
    monkeypatch.setattr(counted.log, "file", silent)
    with pytest.raises(Unavailable):
        counted.schedule()
    monkeypatch.undo()
    assert counted.schedule().recalled == 2
