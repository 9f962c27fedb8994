"""Every receipt is matched with ledger and log; what waits for people is no fault, what was taken away is named."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import pytest

from realcount.domain.counted import Counted
from realcount.domain.election import ContestKey
from realcount.domain.fold import Fold
from realcount.domain.ledger import RETURN
from realcount.domain.upload import Upload
from realcount.usecases.match_receipts import match_receipts
from tests.small_election import DUSK, ELECTION, NOON, PPWP, PreVerified
from tests.unit.usecases.office import Office
from tests.unit.usecases.test_seal_forms import entries

LATER = "2019-04-17T12:02:00.001Z"
"""Two minutes after `NOON`, when everything here is decided."""


class Desk:
    """The office, and the log as whoever recounts has read it: up to where it was at the last `read_on`."""

    def __init__(self) -> None:
        self.office = Office()
        self.fold = Fold(verify=PreVerified().verify)
        self.reads = 0

    def read_on(self) -> None:
        self.reads += 1
        self.fold.take(entries(self.office.log)[self.fold.size :])

    def versions(self, contest: ContestKey, station: str) -> Mapping[int, Counted]:
        known = self.fold.stations.get((contest, station))
        return {} if known is None else {known.version: known}

    def match(self, overdue: str = LATER, uploads: list[Upload] | None = None) -> list[str]:
        accepted = list(self.office.uploads.accepted(ELECTION, 0, 1)) if uploads is None else uploads
        found, whole = match_receipts(
            accepted,
            overdue,
            forms=self.office.forms,
            versions=self.versions,
            read_on=self.read_on,
            goes_on=lambda: True,
        )
        assert whole
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_waits_was_returned_or_is_sealed_matches(desk: Desk) -> None:
    for station in ("S1", "S2", "S3", "S4"):
        desk.office.submit(at=station)
    desk.office.decide(at="S2", decision=RETURN, reason="cannot be read")
    desk.office.correct(at="S2")
    desk.office.decide(at="S3")
    desk.office.seal(at="S3")
    desk.office.decide(at="S4")
    desk.office.seal(at="S4")
    desk.office.correct(at="S4", votes={"01": 1, "02": 2})
    assert desk.match() == []
    assert desk.reads == 1, "what looked late was sealed since the log was read; then it was read on, once"
    assert desk.match() == []
    assert desk.reads == 1


def test_what_was_approved_and_is_not_sealed_after_two_minutes_is_named(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    upload = desk.office.submit()
    desk.office.decide()
    assert desk.match(overdue=NOON) == [], "the two minutes are not over"
    (found,) = desk.match()
    assert found == (
        f"that of upload {upload.id}, version 1 of station 'S1' in e19/ppwp, form {upload.form_hash}: "
        "was approved more than two minutes ago and is not in the public log"
    )
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert line.getMessage() == f"receipt without a match: {found}"
    desk.office.seal()
    assert desk.match() == []


def test_a_form_that_was_taken_out_of_the_ledger_is_named(desk: Desk) -> None:
    desk.office.submit()
    desk.office.forms._versions.clear()
    desk.office.forms._heads.clear()
    (found,) = desk.match(overdue=DUSK)
    assert found.endswith("is for a form that is not in the ledger")


def test_a_form_that_was_exchanged_in_the_ledger_is_named(desk: Desk) -> None:
    desk.office.submit()
    versions = desk.office.forms._versions[PPWP, "S1"]
    head = desk.office.forms._heads[PPWP, "S1"]
    versions[0] = replace(versions[0], form=replace(versions[0].form, hash="f" * 64))
    desk.office.forms._heads[PPWP, "S1"] = replace(head, latest_hash="f" * 64)
    (found,) = desk.match()
    assert found.endswith(f"is for another form than the ledger has as this version: {'f' * 64}")


def test_another_form_in_the_log_is_named(desk: Desk) -> None:
    upload = desk.office.submit()
    desk.office.decide()
    desk.office.seal()
    desk.read_on()
    counted = desk.fold.stations[PPWP, "S1"]
    desk.fold.stations[PPWP, "S1"] = replace(counted, form="f" * 64)
    (found,) = desk.match(uploads=[upload])
    assert f"entry {counted.index} of the public log" in found


@pytest.mark.parametrize("how", ["other", "garbage", "none"])
def test_a_receipt_that_says_another_thing_than_its_upload_is_named(desk: Desk, how: str) -> None:
    upload, other = desk.office.submit(), desk.office.submit(at="S2")
    receipt = {"other": other.receipt, "garbage": "garbage", "none": None}[how]
    found = desk.match(uploads=[replace(upload, receipt=receipt)])
    assert [one.rpartition(": ")[2] for one in found] == (
        [] if how == "none" else ["is for another form than the upload was accepted with"]
    ), "an upload of an earlier release has none, and its form is matched all the same"


def test_without_time_nothing_is_said_to_be_whole(desk: Desk) -> None:
    desk.office.submit()
    found = match_receipts(
        desk.office.uploads.accepted(ELECTION, 0, 1), DUSK, forms=desk.office.forms, versions=desk.versions,
        read_on=desk.read_on, goes_on=lambda: False,
    )  # fmt: skip
    assert found == ([], False)
