"""A receipt is read as it was written, or refused; and it is another's key that signs it than the log's."""

from __future__ import annotations

import pytest

from realcount.domain.errors import Rejected
from realcount.domain.log.notes import Note, signature_of
from realcount.domain.log.receipts import MAX_RECEIPT, Receipt, read_receipt, receipts_name
from tests.small_election import ELECTION, NOON, PPWP, RECEIPTS

SIGNER = RECEIPTS.of(ELECTION)
RECEIPT = Receipt(SIGNER.key.name, PPWP, "S1", 2, "ab" * 32, "sub-1", "cd" * 16, NOON)


def signed(text: str) -> bytes:
    return Note(text, (signature_of(SIGNER.key, SIGNER.sign, text),)).to_bytes()


def test_the_text_word_for_word() -> None:
    assert RECEIPT.to_text() == (
        f"count.example/e19/receipts\nreceipt/v1\nelection e19\ncontest ppwp\nstation S1\nversion 2\nform {'ab' * 32}\n"
        f"key sub-1\nupload {'cd' * 16}\nreceived_at {NOON}\n"
    )
    assert receipts_name("count.example", "e19") == "count.example/e19/receipts"


def test_it_is_read_as_it_was_written() -> None:
    receipt, note = read_receipt(signed(RECEIPT.to_text()))
    assert receipt == RECEIPT
    assert note.text == RECEIPT.to_text()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("receipt/v1", "receipt/v2"),
        ("version 2", "version 02"),
        ("version 2", "version two"),
        ("station S1\nversion 2", "version 2\nstation S1"),
        ("station S1\n", ""),
        ("station S1\n", "station S1\nstation S1\n"),
        ("station S1\n", "station S1\nmore x\n"),
        ("station S1", "station S 1"),
        ("ab" * 32, "AB" * 32),
        (NOON, "2019-04-17"),
    ],
)
def test_anything_else_is_none(was: str, becomes: str) -> None:
    text = RECEIPT.to_text()
    assert was in text
    with pytest.raises(Rejected):
        read_receipt(signed(text.replace(was, becomes, 1)))


@pytest.mark.parametrize("data", [b"", b"\xff", b"receipt/v1\n", b"x" * (MAX_RECEIPT + 1), signed("x\n")])
def test_garbage_is_none(data: bytes) -> None:
    with pytest.raises(Rejected):
        read_receipt(data)
