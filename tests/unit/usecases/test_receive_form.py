"""From uploaded files to a version in the ledger, or to every reason why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realcount.domain.errors import Conflict, NotFound, Unavailable
from realcount.domain.ledger import FormVersion, Head
from realcount.domain.log.receipts import Receipt, read_receipt
from realcount.evidence.signatures import holds
from realcount.ports import Upload
from realcount.usecases.receive_form import ATTEMPTS
from tests.small_election import (
    DAWN,
    ELECTION,
    NOON,
    PPWP,
    RECEIPTS,
    SCAN,
    SCAN_REF,
    brief,
    file_entry,
    form_statement,
    request_statement,
    signed,
)
from tests.unit.usecases.office import Office, ref


@pytest.fixture
def office() -> Office:
    return Office()


def refused(office: Office, upload: str) -> list[tuple[str, str]]:
    settled = office.receive(upload)
    assert settled.state == "rejected"
    assert office.forms.writes == 0, "a refused form changes nothing"
    return [(refusal.code, refusal.field) for refusal in settled.refusals]


def test_a_good_form_is_recorded_with_its_evidence(office: Office) -> None:
    upload = office.submit()
    assert (upload.state, upload.version) == ("accepted", 1)
    version = office.forms.version(PPWP, "S1", 1)
    assert version is not None
    assert version.form.hash == upload.form_hash
    assert version.payload == signed(form_statement()).split(b"\n")[0]
    assert version.findings == ()
    assert office.evidence.get(SCAN_REF.sha256) == SCAN


def test_an_odd_form_is_recorded_too_and_flagged(office: Office) -> None:
    office.submit(figures=brief(270, 105_200))
    version = office.forms.version(PPWP, "S1", 1)
    assert version is not None
    assert {"turnout", "missing"} <= {finding.code for finding in version.findings}


def test_it_waits_until_every_file_is_there(office: Office) -> None:
    document = signed(form_statement())
    upload = office.grant(signed(request_statement(document))).upload
    assert office.receive(upload.id).state == "granted"
    office.bucket.put(upload.id, "scan-1", SCAN)
    assert office.receive(upload.id).state == "granted"
    office.bucket.put(upload.id, "form", document)
    assert office.receive(upload.id).state == "accepted"


def test_the_event_again_changes_nothing(office: Office) -> None:
    upload = office.submit()
    assert office.receive(upload.id, now="2019-04-18T00:00:00.000Z") == upload
    assert office.forms.writes == 2


def test_the_very_same_form_by_another_upload_is_the_same_version(office: Office) -> None:
    document = signed(form_statement())
    first = office.receive(office.upload(document))
    second = office.receive(office.upload(document, nonce="m" * 16))
    assert first.id != second.id
    assert (second.state, second.version, second.form_hash) == ("accepted", 1, first.form_hash)
    assert office.forms.writes == 2


def receipt_of(upload: Upload) -> Receipt:
    assert upload.receipt is not None
    receipt, note = read_receipt(upload.receipt.encode())
    assert note.signed_by(RECEIPTS.of(ELECTION).key, holds)
    return receipt


def test_what_is_accepted_has_a_receipt_and_nothing_else_has(office: Office) -> None:
    upload = office.submit()
    name = f"count.example/{ELECTION}/receipts"
    form = upload.form_hash or ""
    assert receipt_of(upload) == Receipt(name, PPWP, "S1", 1, form, "sub-1", upload.id, NOON)
    waiting = office.grant(signed(request_statement(signed(form_statement(at="S2")), at="S2"))).upload
    assert office.receive(waiting.id).receipt is None
    assert office.receive(office.upload(b"hello", at="S3")).receipt is None


def test_who_dies_between_ledger_and_settlement_gives_the_same_receipt_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retry comes hours later; the receipt still says when the ledger received the form."""
    undisturbed = Office().submit()
    upload = office.upload(signed(form_statement()))

    def die(upload: Upload) -> Upload:
        raise Unavailable("the table does not answer")

    monkeypatch.setattr(office.uploads, "settle", die)
    with pytest.raises(Unavailable):
        office.receive(upload)
    assert office.forms.writes == 2, "the form is in the ledger"
    monkeypatch.undo()
    settled = office.receive(upload, now="2019-04-17T17:00:00.000Z")
    assert settled.settled_at == "2019-04-17T17:00:00.000Z"
    assert settled.receipt == undisturbed.receipt


def test_a_key_that_does_not_sign_settles_nothing_and_the_event_comes_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = RECEIPTS.of(ELECTION)

    def down(message: bytes) -> bytes:
        raise Unavailable("KMS does not answer")

    upload = office.upload(signed(form_statement()))
    monkeypatch.setattr(signer, "sign", down)
    with pytest.raises(Unavailable, match="KMS"):
        office.receive(upload)
    assert office.uploads.find(upload).state == "granted"  # type: ignore[union-attr]
    monkeypatch.undo()
    assert receipt_of(office.receive(upload)).received_at == NOON


def test_another_upload_of_the_same_form_has_a_receipt_of_its_own_for_the_same_moment(office: Office) -> None:
    document = signed(form_statement())
    first = receipt_of(office.receive(office.upload(document)))
    again = office.upload(document, nonce="m" * 16)
    second = receipt_of(office.receive(again, now="2019-04-17T13:00:00.000Z"))
    assert second == replace(first, upload=again)


def test_a_correction_follows_by_number_and_hash(office: Office) -> None:
    office.submit()
    assert office.correct(votes={"01": 151, "02": 119}).version == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 3},
        {"version": 2, "prev": "f" * 64},
        {"version": 1, "kind": "form", "prev": None, "reason": None, "votes": {"01": 1, "02": 2}},
    ],
)
def test_a_version_that_does_not_follow_is_refused_with_the_one_that_would(
    office: Office, changes: dict[str, object]
) -> None:
    office.submit()
    settled = office.correct(**changes)
    (refusal,) = settled.refusals
    assert (settled.state, refusal.code, refusal.field) == ("rejected", "wrong-version", "version")
    assert "the next is version 2 with that hash as prev" in refusal.detail


def test_a_correction_of_nothing_is_refused(office: Office) -> None:
    later = {"kind": "correction", "version": 2, "prev": "f" * 64, "reason": "late"}
    assert refused(office, office.upload(signed(form_statement(**later)))) == [("wrong-version", "version")]


def test_files_that_are_not_what_was_granted(office: Office) -> None:
    upload = office.upload(signed(form_statement()))
    office.bucket.put(upload, "scan-1", SCAN + b"!")
    office.bucket.put(upload, "form", b"x")
    assert refused(office, upload) == [("wrong-bytes", "form"), ("wrong-bytes", "scan-1")]


def test_a_file_that_is_no_signed_document(office: Office) -> None:
    assert refused(office, office.upload(b"hello")) == [("not-signed", "document")]


def test_a_signed_document_that_is_no_form(office: Office) -> None:
    assert refused(office, office.upload(signed({"type": "nonsense"})))[0] == ("bad-value", "type")


@pytest.mark.parametrize("changes", [{"station": "S2"}, {"contest": "dpr"}, {"election": "e24"}, {"key": "sub-2"}])
def test_a_form_that_is_not_the_granted_one(office: Office, changes: dict[str, object]) -> None:
    assert refused(office, office.upload(signed(form_statement(**changes)))) == [("not-as-granted", "station")]


def test_a_key_revoked_between_grant_and_arrival(office: Office) -> None:
    upload = office.upload(signed(form_statement()))
    office.keys.revoke("sub-1", DAWN)
    assert refused(office, upload) == [("revoked", "key")]


def test_a_station_that_is_gone_between_grant_and_arrival(office: Office) -> None:
    upload = office.upload(signed(form_statement()))
    del office.elections._stations["e19", "S1"]  # Cannot happen while an election runs; a refusal all the same.
    assert refused(office, upload) == [("not-found", "station")]


def test_votes_for_nobody_on_the_ballot(office: Office) -> None:
    votes = {"01": 1, "03": 2, "99": 3}
    assert refused(office, office.upload(signed(form_statement(votes=votes)))) == [
        ("unknown-option", "votes.03"),
        ("unknown-option", "votes.99"),
    ]


def test_scans_that_the_form_does_not_name_and_the_other_way_round(office: Office) -> None:
    other = ref(b"another paper")
    document = signed(form_statement(scans=[file_entry(other)]))
    assert refused(office, office.upload(document)) == [("scan-missing", "scans[0]"), ("scan-unnamed", "scan-1")]


def test_a_scan_described_differently(office: Office) -> None:
    document = signed(form_statement(scans=[file_entry(SCAN_REF) | {"media": "image/png"}]))
    assert refused(office, office.upload(document)) == [("scan-missing", "scans[0]")]


def test_a_scan_that_is_no_image(office: Office) -> None:
    office.inspector.why = "is not a JPEG"
    assert refused(office, office.upload(signed(form_statement()))) == [("bad-image", "scan-1")]
    assert office.evidence.writes == 0


def test_a_form_without_scans_may_be_a_withdrawal(office: Office) -> None:
    office.submit()
    head = office.forms.head(PPWP, "S1")
    assert head is not None
    gone = form_statement(
        kind="withdrawal", version=2, prev=head.latest_hash, reason="void", figures={}, votes={}, scans=[]
    )
    assert office.receive(office.upload(signed(gone), scans=())).version == 2


def test_an_upload_nobody_granted(office: Office) -> None:
    with pytest.raises(NotFound, match="never granted"):
        office.receive("x" * 32)


def test_a_lost_race_is_run_again_and_given_up_after_some(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def lose(version: FormVersion, was: Head | None, now: Head) -> None:
        tried.append(version.form.version)
        raise Conflict("somebody else")

    monkeypatch.setattr(office.forms, "receive", lose)
    upload = office.upload(signed(form_statement()))
    with pytest.raises(Unavailable, match="being written by others"):
        office.receive(upload)
    assert len(tried) == ATTEMPTS
    monkeypatch.undo()
    assert office.receive(upload).state == "accepted", "nothing was settled, so the event may come again"
