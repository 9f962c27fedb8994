"""A signature holds for one key and exactly one sequence of bytes, or it does not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from realcount.domain.official import SUBMITTER, OfficialKey
from realcount.evidence.signatures import CryptographyVerifier

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = OfficialKey(
    "key-1",
    "holder-1",
    "e",
    "ed25519",
    PRIVATE.public_key().public_bytes_raw(),
    SUBMITTER,
    ("r",),
    ("*",),
    "2019-04-17T00:00:00.000Z",
    "2019-06-01T00:00:00.000Z",
)
MESSAGE = b'{"station":"1"}'
SIGNATURE = PRIVATE.sign(MESSAGE)

verify = CryptographyVerifier().verify


def test_the_signers_own_signature_holds() -> None:
    assert verify(KEY, MESSAGE, SIGNATURE)


def test_the_first_vector_of_rfc_8032_holds() -> None:
    key = replace(KEY, public_key=bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    assert verify(key, b"", signature)


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_one_flipped_bit_of_the_signature_is_enough(bit: int) -> None:
    flipped = bytearray(SIGNATURE)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not verify(KEY, MESSAGE, bytes(flipped))


@pytest.mark.parametrize("message", [b"", MESSAGE + b"\n", MESSAGE[:-1], b" " + MESSAGE])
def test_other_bytes_are_not_what_was_signed(message: bytes) -> None:
    assert not verify(KEY, message, SIGNATURE)


@pytest.mark.parametrize(
    "signature", [b"", b"\0", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(64), b"\xff" * 64, bytes(4096)]
)
def test_garbage_is_false_and_no_exception(signature: bytes) -> None:
    assert not verify(KEY, MESSAGE, signature)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), b"\xff" * 32])
def test_a_key_record_that_holds_no_key_verifies_nothing(public: bytes) -> None:
    assert not verify(replace(KEY, public_key=public), MESSAGE, SIGNATURE)


@pytest.mark.parametrize("algorithm", ["", "none", "rsa", "Ed25519", "hs256"])
def test_the_algorithm_is_the_key_records_and_must_be_known(algorithm: str) -> None:
    assert not verify(replace(KEY, algorithm=algorithm), MESSAGE, SIGNATURE)


def test_the_second_scalar_of_the_same_signature_is_refused() -> None:
    """S + L satisfies the equation too; accepting it would give one statement two signatures."""
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(SIGNATURE[32:], "little") + order
    assert not verify(KEY, MESSAGE, SIGNATURE[:32] + scalar.to_bytes(32, "little"))
