"""An official can always ask what became of an upload; nobody can list or guess others'."""

from __future__ import annotations

import pytest

from realcount.domain.log.receipts import read_receipt
from realcount.evidence.signatures import holds
from realcount.officials.official import form_hash
from tests.functions.night import Night, station_path
from tests.small_election import ELECTION, NOON, RECEIPTS


def test_an_upload_is_followed_from_grant_to_acceptance(night: Night) -> None:
    form = night.form()
    upload = night.http("grant_upload", "POST", "/v1/uploads", night.request(form)).json["upload"]
    waiting = night.http("track_upload", "GET", f"/v1/uploads/{upload}")
    assert (waiting.json["state"], waiting.json["settled_at"], waiting.json["refusals"]) == ("granted", None, [])
    assert waiting.headers["cache-control"] == "no-store"

    night.submit(form)
    accepted = night.http("track_upload", "GET", f"/v1/uploads/{upload}").json
    assert accepted["state"] == "accepted"
    assert (accepted["version"], accepted["form"], accepted["settled_at"]) == (1, form_hash(form), NOON)
    receipt, note = read_receipt(accepted["receipt"].encode())
    assert (receipt.form, receipt.upload, receipt.received_at) == (form_hash(form), upload, NOON)
    assert note.signed_by(RECEIPTS.of(ELECTION).key, holds)
    assert waiting.json["receipt"] is None
    assert accepted["links"] == {"self": f"/v1/uploads/{upload}", "station": station_path("S1")}
    assert [file["name"] for file in accepted["files"]] == ["form", "scan-1"]
    assert "url" not in accepted["files"][0]


@pytest.mark.parametrize("upload", ["0" * 32, "x", "%00", "..%2f..", "a b", "'; DROP TABLE", "\u0661", "n" * 300])
def test_an_upload_nobody_was_granted_is_not_found(night: Night, upload: str) -> None:
    reply = night.http("track_upload", "GET", f"/v1/uploads/{upload}")
    assert (reply.status, reply.problem) == (404, "not-found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_an_upload_is_read_and_nothing_else(night: Night, method: str) -> None:
    upload = night.submit()
    before = night.state()
    assert night.http("track_upload", method, f"/v1/uploads/{upload}").status == 405
    assert night.state() == before
