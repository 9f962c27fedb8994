"""`realcount verify receipt`: what it proves offline, and what it says beside a log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from realcount.cli.main import cli
from realcount.domain.canonical import canonical_bytes, sha256_hex
from realcount.domain.election import ContestKey
from realcount.domain.log.entries import read_entry
from realcount.domain.log.notes import ED25519, Note
from realcount.domain.log.receipts import Receipt, receipts_name
from realcount.domain.log.sealed_forms import SealedForm
from tests import small_election as small
from tests.verify.building import LOG, Signer, lay_down, published, small_log

DESK = Signer(receipts_name("count.example", "e19"), ED25519, "the receipts' key")
LONG_AGO = "2019-04-17T12:00:00.000Z"
IN_A_WHILE = "2124-01-01T00:00:00.000Z"
"""Received when no clock here can call it late."""


def form_in_log(station: str, version: int) -> str:
    """The hash of that form, out of the log itself."""
    for entry in small_log().entries:
        said = read_entry(entry)
        if isinstance(said, SealedForm) and (said.form.contest, said.form.station, said.form.version) == (
            *("ppwp", station, version),
        ):
            return said.form.hash
    raise AssertionError(f"the log has no version {version} of {station}")


def note(form: str, version: int = 1, at: str = LONG_AGO, signer: Signer = DESK, name: str = DESK.name) -> bytes:
    contest = ContestKey(small.ELECTION, "ppwp")
    text = Receipt(name, contest, "S1", version, form, "sub-p1", "up-1", at).to_text()
    return Note(text, (signer.sign(text),)).to_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_down(published(small_log()), tmp_path / "log")


def check(tmp_path: Path, data: bytes, *more: object) -> Result:
    (tmp_path / "S1.receipt").write_bytes(data)
    common = [
        "verify",
        "receipt",
        str(tmp_path / "S1.receipt"),
        "--key",
        DESK.key.to_text(),
        "--state",
        str(tmp_path / "s"),
    ]
    return CliRunner().invoke(cli, [*common, *map(str, more)])


def beside(tmp_path: Path, folder: Path, data: bytes, *more: object) -> tuple[int, dict[str, object]]:
    result = check(tmp_path, data, folder, "--log-key", LOG.key.to_text(), "--json", *more)
    return result.exit_code, json.loads(result.stdout)


def newest() -> int:
    return max(
        counted.version for (key, at), counted in small_log().fold.stations.items() if (key, at) == (small.PPWP, "S1")
    )


def test_alone_it_says_what_was_received_in_two_languages(tmp_path: Path) -> None:
    result = check(tmp_path, note("ab" * 32))
    assert result.exit_code == 0, result.output
    assert "count.example/e19/receipts signed that it received version 1" in result.stdout
    assert "telah diterima pada 2019-04-17T12:00:00.000Z" in result.stdout
    assert "ab" * 32 in result.stdout


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (note("ab" * 32, signer=Signer(DESK.name, seed="a stranger's")), "receipt-unsigned"),
        (note("ab" * 32, name="count.example/e20/receipts"), "receipt-unsigned"),
        (note("ab" * 32).replace(b"version 1", b"version 2"), "receipt-unsigned"),
        (note("ab" * 32).replace(b"version 1", b"version x"), "bad-receipt"),
        (b"a receipt", "bad-receipt"),
    ],
    ids=["another key", "another election's", "one digit changed", "no number", "garbage"],
)
def test_what_the_key_did_not_sign_is_no_receipt(tmp_path: Path, data: bytes, code: str) -> None:
    result = check(tmp_path, data, "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["holds"]) == (1, False)
    assert [finding["code"] for finding in said["findings"]] == [code]
    assert "NO RECEIPT" in said["words"]["en"][0]


def test_the_newest_form_is_an_entry(tmp_path: Path, folder: Path) -> None:
    version = newest()
    code, said = beside(tmp_path, folder, note(form_in_log("S1", version), version))
    assert code == 0
    assert said["log"]["state"] == "entry"  # type: ignore[index]
    assert said["holds"] and not said["overdue"]


def test_a_form_that_was_corrected_is_superseded(tmp_path: Path, folder: Path) -> None:
    code, said = beside(tmp_path, folder, note(form_in_log("S1", 1), 1))
    assert code == 0
    assert (said["log"]["state"], said["log"]["later_version"]) == ("superseded", newest())  # type: ignore[index]
    assert f"Version {newest()} has come after it" in said["words"]["en"][1]  # type: ignore[index]


def test_a_form_that_is_not_there_yet_is_no_fault_until_it_is_late(tmp_path: Path, folder: Path) -> None:
    code, said = beside(tmp_path, folder, note("ab" * 32, newest() + 1, IN_A_WHILE))
    assert (code, said["log"]["state"], said["overdue"]) == (0, "absent", False)  # type: ignore[index]
    code, said = beside(tmp_path, folder, note("ab" * 32, newest() + 1))
    assert (code, said["log"]["state"], said["overdue"], said["holds"]) == (1, "overdue", True, True)  # type: ignore[index]
    assert "If a second official has approved it, that is a breach" in said["words"]["en"][1]  # type: ignore[index]
    assert "Jika petugas kedua sudah menyetujuinya" in said["words"]["id"][1]  # type: ignore[index]
    code, said = beside(tmp_path, folder, note("ab" * 32, newest() + 1), "--within", 24 * 365 * 500)
    assert (code, said["log"]["state"]) == (0, "absent")  # type: ignore[index]


def test_another_form_as_the_very_version_is_a_contradiction(tmp_path: Path, folder: Path) -> None:
    code, said = beside(tmp_path, folder, note("ab" * 32, 1, IN_A_WHILE))
    assert (code, said["log"]["state"], said["holds"]) == (1, "contradicted", False)  # type: ignore[index]
    assert [finding["code"] for finding in said["findings"]] == ["receipt-contradicted"]  # type: ignore[union-attr]
    assert "ANOTHER FORM" in said["words"]["en"][1]  # type: ignore[index]
    assert "FORMULIR LAIN" in said["words"]["id"][1]  # type: ignore[index]


def test_an_entry_that_the_signed_root_does_not_have_is_none(tmp_path: Path, folder: Path) -> None:
    """Its time of receipt was changed, which no official signed: the form is the same, the entry is not."""
    files = published(small_log())
    form = form_in_log("S1", newest())
    entry = next(one for one in small_log().entries if form.encode() in one)
    changed = entry.replace(b'"decided_at":"2019-', b'"decided_at":"2018-', 1)
    (path,) = (path for path, data in files.items() if path.startswith("tile/entries/") and entry in data)
    assert changed != entry
    lay_down({path: files[path].replace(entry, changed)}, folder)
    code, said = beside(tmp_path, folder, note(form, newest()))
    assert (code, said["log"]) == (1, None)


def test_a_log_that_is_not_signed_by_its_key_is_not_believed(tmp_path: Path, folder: Path) -> None:
    version = newest()
    data = note(form_in_log("S1", version), version)
    result = check(tmp_path, data, folder, "--log-key", Signer(LOG.name, seed="x").key.to_text(), "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["log"]) == (1, None)
    assert said["findings"][0]["code"] == "checkpoint-unsigned"
    assert said["words"]["en"][1] == "Whether the form is in the log was not found out."


def test_wrong_use(tmp_path: Path, folder: Path) -> None:
    assert check(tmp_path, note("ab" * 32), folder).exit_code == 2
    assert check(tmp_path, note("ab" * 32), "--log-key", LOG.key.to_text()).exit_code == 2
    assert check(tmp_path, note("ab" * 32), tmp_path / "nowhere", "--log-key", LOG.key.to_text()).exit_code == 2


def test_the_hash_in_a_receipt_is_that_of_the_bytes_that_were_signed() -> None:
    for entry in small_log().entries:
        said = read_entry(entry)
        if isinstance(said, SealedForm):
            payload = canonical_bytes(json.loads(entry)["form"])
            assert sha256_hex(payload) == said.form.hash
            break
