"""What is sent again, and what never: old requests, expired grants, wrong clocks, lost words, refusals, chains of versions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from realcount.domain.instants import to_instant
from realcount.domain.signed import split_document
from realcount.domain.statements import parse_upload_request
from realcount.officials.delivery import GRANT_MARGIN, REQUEST_SECONDS, NoLine
from realcount.officials.official import form_hash
from realcount.officials.outbox import FORMS, Damaged, Item, Outbox
from realcount.usecases.grant_upload import GRANT_SECONDS, REQUEST_WINDOW
from tests.officials.evening import BOX, SCANS, Evening
from tests.small_election import PPWP, paper


def only(evening: Evening, station: str = "S1") -> Item:
    (item,) = [item for item in evening.items() if item.form.station == station]
    return item


def signed_at(item: Item) -> str:
    assert item.request is not None
    return parse_upload_request(split_document(item.request).payload).signed_at


def cut_after(evening: Evening, call: str, times: int = 1) -> None:
    """The line is gone once this call was answered so many times."""
    seen = 0

    def weather(name: str) -> str:
        nonlocal seen
        if seen >= times:
            return "lost"
        seen += name == call
        return "fine"

    evening.line.weather = weather


def test_windows_lie_inside_those_of_the_server() -> None:
    assert REQUEST_SECONDS < REQUEST_WINDOW
    assert 0 < GRANT_MARGIN < GRANT_SECONDS


def test_what_went_before_the_line_was_cut_is_not_sent_again() -> None:
    evening = Evening()
    cut_after(evening, "put")
    with pytest.raises(NoLine):
        evening.run(("S1",))
    assert only(evening).state == "sending"
    assert only(evening).posted == ("scan-1",)
    evening.line.weather = lambda call: "fine"
    evening.clock.sleep(1800)  # The request is stale by now, and the grant is not.
    evening.run(("S1",))
    assert only(evening).state == "accepted"
    assert {name: count for (_, name), count in evening.line.puts.items()} == {"scan-1": 1, "form": 1}


def test_an_expired_grant_is_asked_for_anew_with_a_fresh_request_for_the_same_form() -> None:
    evening = Evening()
    cut_after(evening, "put")
    with pytest.raises(NoLine):
        evening.run(("S1",))
    before = only(evening)
    evening.line.weather = lambda call: "fine"
    evening.clock.sleep(GRANT_SECONDS)
    evening.run(("S1",))
    after = only(evening)
    assert (after.state, after.document) == ("accepted", before.document)
    assert after.upload != before.upload
    assert signed_at(after) > signed_at(before)


def test_the_same_request_is_sent_again_while_it_is_fresh() -> None:
    evening = Evening()
    evening.line.weather = lambda call: "mute" if call == "grant" else "fine"
    with pytest.raises(NoLine):
        evening.run(("S1",))
    before = only(evening).request
    evening.line.weather = lambda call: "fine"
    evening.clock.sleep(60)
    evening.run(("S1",))
    assert only(evening).request == before
    assert len({upload for upload, _ in evening.line.puts}) == 1


@pytest.mark.parametrize("late", [timedelta(hours=3), timedelta(hours=-30)])
def test_a_wrong_clock_is_put_right_by_the_servers_for_requests_alone(late: timedelta) -> None:
    evening = Evening()
    evening.line.late = late
    evening.run()
    evening.check()
    item = only(evening)
    assert abs((evening.clock.at + late).timestamp() - _seconds(signed_at(item))) < 60
    assert item.form.signed_at < to_instant(evening.clock.at), "the form says what the official's clock said"


def _seconds(instant: str) -> float:
    from realcount.domain.instants import from_instant

    return from_instant(instant).timestamp()


def test_a_form_that_nothing_becomes_of_is_sent_again_and_scans_are_not() -> None:
    """S3 has the files, and the word that they came was lost."""
    evening = Evening()
    evening.line.deaf = True
    evening.run(("S1",))
    assert only(evening).state == "awaiting"
    evening.line.deaf = False
    evening.clock.sleep(60)
    evening.run(("S1",))
    assert only(evening).state == "accepted"
    assert {name: count for (_, name), count in evening.line.puts.items() if name != "form"} == {"scan-1": 1}


def test_closed_intake_ends_the_run_and_keeps_everything() -> None:
    evening = Evening()
    evening.night.intake.reason = "the polls are open"
    with pytest.raises(NoLine) as closed:
        evening.run()
    assert closed.value.closed == "the polls are open"
    assert {item.state for item in evening.items()} <= {"ready", "sending"}
    evening.night.intake.reason = None
    evening.run()
    evening.check()


def test_a_refused_form_does_not_keep_the_others_and_may_be_tried_again() -> None:
    evening = Evening()
    evening.night.keys.revoke("sub-1", to_instant(evening.clock.at))
    evening.run()
    assert {(item.state, item.notes["held"]["code"]) for item in evening.items()} == {("held", "revoked")}


def test_a_rejected_form_makes_room_for_another_and_an_accepted_one_does_not() -> None:
    evening = Evening()
    outbox = Outbox(BOX, evening.disk)
    unknown = evening.night.form(at="S1", scans=(SCANS["S1"],), votes={"99": 1}, nonce=evening._nonce())
    outbox.add(unknown, [SCANS["S1"].content])
    evening.delivery(outbox).send_all()
    (rejected,) = outbox.items()
    assert rejected.state == "rejected"
    assert [one["code"] for one in rejected.notes["outcome"]["refusals"]] == ["unknown-option"]
    evening.run(("S1",))
    assert [item.state for item in outbox.current()] == ["accepted"]
    assert len(outbox.items()) == 2
    with pytest.raises(FileExistsError):
        outbox.add(evening._sign("S1"), [SCANS["S1"].content])


def test_a_correction_waits_until_what_it_corrects_has_arrived() -> None:
    evening = Evening()
    outbox = Outbox(BOX, evening.disk)
    first = evening._sign("S1")
    outbox.add(first, [SCANS["S1"].content])
    second = evening.night.form(
        at="S1", scans=(SCANS["S1"],), figures=paper(50, 120, 5), votes={"01": 50, "02": 120}, kind="correction", version=2,
        prev=form_hash(first), reason="a hundred too many", nonce=evening._nonce(),
    )  # fmt: skip
    outbox.add(second, [SCANS["S1"].content])
    evening.line.deaf = True
    evening.delivery(outbox).send_all(wait=5)
    assert [item.state for item in outbox.items()] == ["awaiting", "ready"]
    evening.line.deaf = False
    evening.clock.sleep(60)
    evening.delivery(outbox).send_all()
    assert [item.state for item in outbox.items()] == ["accepted", "accepted"]
    head = evening.night.forms.head(PPWP, "S1")
    assert head is not None and (head.latest, head.latest_hash) == (2, form_hash(second))


def test_a_receipt_for_another_form_is_no_receipt() -> None:
    evening = Evening()
    evening.run(("S1", "S2"))
    mine, other = only(evening, "S1"), only(evening, "S2")
    outbox = Outbox(BOX, evening.disk)
    mine = outbox.note(outbox.note(mine, "outcome", None), "receipt", None)
    answers = {"state": "accepted", "receipt": (other.receipt or b"").decode()}
    evening.line.upload = lambda upload: answers  # type: ignore[method-assign]
    assert evening.delivery(outbox).send(mine).notes["held"]["code"] == "bad-receipt"


def test_what_the_disk_has_lost_is_not_sent() -> None:
    evening = Evening()
    cut_after(evening, "grant")
    with pytest.raises(NoLine):
        evening.run(("S1",))
    evening.disk.write(only(evening).folder / "scan-1", b"something else")
    evening.line.weather = lambda call: "fine"
    evening.run(("S1",))
    assert (only(evening).state, only(evening).notes["held"]["code"]) == ("held", "damaged")
    assert not evening.line.puts
    evening.disk.write(only(evening).folder / "form", b"nothing")
    with pytest.raises(Damaged):
        Outbox(BOX, evening.disk).items()


def test_a_key_of_somebody_else_sends_nothing() -> None:
    evening = Evening()
    cut_after(evening, "never", 0)
    with pytest.raises(NoLine):
        evening.run()
    evening.line.weather = lambda call: "fine"
    delivery = evening.delivery(Outbox(BOX, evening.disk))
    delivery.official = evening.night.approver
    delivery.send_all()
    assert {item.state for item in evening.items()} <= {"ready", "sending"}
    assert evening.disk.names(BOX / FORMS)
