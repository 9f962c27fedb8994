"""What stands in for the real thing in the nation's replay differs from it only where it says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realcount.cli.replay.stand_ins import (
    LOG_KEY,
    PRE_VERIFIED,
    CountedEvidence,
    PassingBucket,
    PassingLog,
    PassingUploads,
    PreVerifiedOfficial,
    PreVerifiedSignatures,
    SharingForms,
)
from realcount.domain.errors import NotFound
from realcount.domain.ledger import APPROVE, Seal, received
from realcount.domain.signed import split_document
from realcount.domain.tally import StationChange
from realcount.evidence.signatures import CryptographyVerifier
from realcount.local.memory import MemoryElections, MemoryForms, MemoryKeys, MemoryLog
from realcount.local.memory.log import MemorySeals
from realcount.officials.official import new_official
from realcount.ports import Upload, UploadFile
from realcount.usecases.append_log import Pending, append_log
from tests import small_election as small


def test_a_pre_verified_statement_is_the_real_one_but_for_the_signature() -> None:
    real = new_official("key-1", b"k" * 32)
    stand_in = PreVerifiedOfficial(real.key_id, real.private)
    statement = {"type": "realcount/form/v1", "valid": 3}
    signed, pre_verified = split_document(real.sign(statement)), split_document(stand_in.sign(statement))
    assert pre_verified.payload == signed.payload
    assert pre_verified.signature == PRE_VERIFIED
    assert len(pre_verified.signature) == len(signed.signature)


def test_the_stand_in_for_a_verifier_takes_no_other_signature_and_the_verifier_does_not_take_its() -> None:
    key = new_official("key-1", b"k" * 32).key(
        holder="h", election="e", role="submitter", regions=("r",), valid_from=small.BEFORE, valid_until=small.AFTER
    )
    assert PreVerifiedSignatures().verify(key, b"payload", PRE_VERIFIED)
    assert not PreVerifiedSignatures().verify(key, b"payload", b"S" * 64)
    assert not CryptographyVerifier().verify(key, b"payload", PRE_VERIFIED)


def test_the_sharing_ledger_holds_exactly_what_the_plain_one_holds() -> None:
    elections, keys, changes = MemoryElections(), MemoryKeys(), list[StationChange]()
    elections.put_units(small.units())
    keys.register(small.submitter())
    keys.register(small.approver())
    plain, sharing = MemoryForms(keys), SharingForms(keys, elections, changes.append)
    form = small.form()
    version = small.version_of(form)
    for forms in (plain, sharing):
        head = received(None, version)
        forms.receive(version, None, head)
        decided = head.decided(APPROVE, small.DUSK)
        forms.decide(small.review_of(form), head, decided, ["sub-1", "app-1"])
        assert not forms.seal([Seal(small.PPWP, "S1", 1, 7, decided, decided.sealed(1))])
    assert sharing.history(small.PPWP, "S1") == plain.history(small.PPWP, "S1")
    assert sharing.head(small.PPWP, "S1") == plain.head(small.PPWP, "S1")
    assert sharing.writes == plain.writes
    assert sharing.seals(small.PPWP, "S1") == plain.seals(small.PPWP, "S1") == {1: 7}
    assert changes == [StationChange(small.PPWP, "S1")] * 3
    kept = sharing.version(small.PPWP, "S1", 1)
    assert kept is not None
    assert kept.form.station is small.station("S1").id


def test_uploads_pass_through_and_are_forgotten() -> None:
    uploads, bucket = PassingUploads(), PassingBucket()
    file = UploadFile("form", small.SCAN_REF)
    upload = Upload("u1", small.PPWP, "S1", "sub-1", (file,), small.NOON)
    uploads.grant(upload)
    assert uploads.settle(replace(upload, state="accepted")).state == "accepted"
    assert uploads.settle(replace(upload, state="rejected")).state == "accepted"
    bucket.put("u1", {"form": b"x" * 99})
    assert len(bucket.read("u1", file) or b"") == small.SCAN_REF.size + 1
    for store in (uploads, bucket):
        store.forget("u1")
        store.forget("u1")
    assert uploads.find("u1") is None
    assert bucket.read("u1", file) is None
    with pytest.raises(NotFound):
        uploads.settle(upload)


def test_a_scan_counts_as_kept_and_is_not() -> None:
    evidence = CountedEvidence()
    evidence.keep(small.SCAN_REF, small.SCAN)
    assert evidence.writes == 1


def test_the_passing_log_forgets_entries_and_no_hash() -> None:
    plain, passing = MemoryLog(), PassingLog()
    for log in (plain, passing):
        for start in range(0, 1_000, 100):
            waiting = [
                Pending(b"%d" % number, ("form", "ppwp", str(number), "1")) for number in range(start, start + 100)
            ]
            append_log(lambda waiting=waiting: waiting, log=log, seals=MemorySeals(), signer=LOG_KEY.of("e19"))
    assert passing.checkpoints == plain.checkpoints
    assert {path: data for path, data in plain.files.items() if "entries" not in path}.items() <= passing.files.items()
    assert [path for path in passing.files if "entries" in path] == ["tile/entries/003.p/232"]
