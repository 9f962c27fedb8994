"""A receipt: what an official holds in hand that a form was accepted, signed as a note by a key for receipts alone.

<name of the receipts' key: the log's, and `/receipts`>
receipt/v1
election <id>
contest <id>
station <id>
version <number>
form <SHA-256 of the form's bytes, in hexadecimal>
key <the submitter's key>
upload <id>
received_at <instant>

Whoever shows it beside a log without that form, long after it was approved, needs nobody's word: that is what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass

from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.log.checkpoints import log_name
from realcount.domain.log.notes import Note, read_note
from realcount.domain.strict import digest, identifier, instant

VERSION = "receipt/v1"

MAX_RECEIPT = 4096
"""Bytes."""

_NAMES = ("election", "contest", "station", "version", "form", "key", "upload", "received_at")


def receipts_name(origin: str, election: str) -> str:
    """The name of the key of an election's receipts. No log has it: an id holds no `/`."""
    return f"{log_name(origin, election)}/receipts"


@dataclass(frozen=True, slots=True)
class Receipt:
    """`name` is the receipts' key's. `received_at` is when the form came into the ledger, whichever upload brought it."""

    name: str
    contest: ContestKey
    station: str
    version: int
    form: str
    key: str
    upload: str
    received_at: str

    def to_text(self) -> str:
        values = (
            *(self.contest.election, self.contest.contest, self.station, str(self.version)),
            *(self.form, self.key, self.upload, self.received_at),
        )
        lines = [f"{name} {value}\n" for name, value in zip(_NAMES, values, strict=True)]
        return "".join([f"{self.name}\n{VERSION}\n", *lines])


def read_receipt(data: bytes) -> tuple[Receipt, Note]:
    """Take a receipt apart. Says nothing about its signature yet. Raises `Rejected`."""
    if len(data) > MAX_RECEIPT:
        raise _refused(f"is {len(data)} bytes; a receipt has {MAX_RECEIPT} at most")
    note = read_note(data)
    name, *lines = note.text.splitlines()
    found = dict(line.partition(" ")[::2] for line in lines[1:])
    if not lines or lines[0] != VERSION or tuple(found) != _NAMES:
        raise _refused(f"is no {VERSION}: its lines are {', '.join(_NAMES)}, in this order")
    try:
        contest = ContestKey(identifier(found["election"]), identifier(found["contest"]))
        receipt = Receipt(
            *(name, contest, identifier(found["station"]), int(found["version"]), digest(found["form"])),
            *(identifier(found["key"]), identifier(found["upload"]), instant(found["received_at"])),
        )
    except ValueError as error:
        raise _refused(f"holds a value that is none: {error}") from None
    if receipt.to_text() != note.text:
        raise _refused("is not what its values are written as")
    return receipt, note


def _refused(detail: str) -> Rejected:
    return Rejected([Refusal("bad-receipt", "receipt", detail)])
