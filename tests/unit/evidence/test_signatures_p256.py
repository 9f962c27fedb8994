"""P-256, for devices without Ed25519: the same promise, in the encodings that a browser makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from realcount.domain.official import ED25519, P256, P256_ORDER, SUBMITTER, OfficialKey
from realcount.evidence.signatures import CryptographyVerifier
from realcount.officials.signing_keys import key_of, new_key, public_of, secret_of, signature_of
from realcount.verify.signatures import officials_holds

PRIVATE = key_of(P256, bytes(range(1, 33)))
KEY = OfficialKey(
    "key-1",
    "holder-1",
    "e",
    P256,
    public_of(PRIVATE),
    SUBMITTER,
    ("r",),
    ("*",),
    "2019-04-17T00:00:00.000Z",
    "2019-06-01T00:00:00.000Z",
)
MESSAGE = b'{"station":"1"}'
SIGNATURE = signature_of(PRIVATE, MESSAGE)

Holds = Callable[[OfficialKey, bytes, bytes], bool]

# What takes a form in, and what checks it from outside: they share no code, and must agree.
pytestmark = pytest.mark.parametrize(
    "holds", [CryptographyVerifier().verify, officials_holds], ids=["taken in", "outside"]
)


def test_the_signers_own_signatures_hold(holds: Holds) -> None:
    assert all(holds(KEY, MESSAGE, signature_of(PRIVATE, MESSAGE)) for _ in range(20))


def test_the_vector_of_rfc_6979_holds(holds: Holds) -> None:
    """A.2.5, P-256 with SHA-256 and the message `sample`. Its s is in the upper half, so it is turned down first."""
    secret = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    r = bytes.fromhex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716")
    s = bytes.fromhex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")
    key = replace(KEY, public_key=public_of(key_of(P256, secret)))
    lower = (P256_ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    assert holds(key, b"sample", r + lower)
    assert not holds(key, b"sample", r + s), "of two signatures that the equation takes, only one is taken"


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_one_flipped_bit_of_the_signature_is_enough(holds: Holds, bit: int) -> None:
    flipped = bytearray(SIGNATURE)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not holds(KEY, MESSAGE, bytes(flipped))


@pytest.mark.parametrize("message", [b"", MESSAGE + b"\n", MESSAGE[:-1], b" " + MESSAGE])
def test_other_bytes_are_not_what_was_signed(holds: Holds, message: bytes) -> None:
    assert not holds(KEY, message, SIGNATURE)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\0",
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        bytes(64),
        b"\xff" * 64,
        bytes(4096),
        b"\x30\x44\x02\x20" + SIGNATURE,
    ],
)
def test_garbage_is_false_and_no_exception(holds: Holds, signature: bytes) -> None:
    assert not holds(KEY, MESSAGE, signature)


COMPRESSED = bytes([2 + KEY.public_key[64] % 2]) + KEY.public_key[1:33]


@pytest.mark.parametrize("public", [b"", bytes(65), b"\4" + bytes(64), b"\xff" * 65, COMPRESSED, KEY.public_key[1:]])
def test_a_key_record_that_holds_no_key_verifies_nothing(holds: Holds, public: bytes) -> None:
    assert not holds(replace(KEY, public_key=public), MESSAGE, SIGNATURE)


def test_the_algorithm_is_the_key_records(holds: Holds) -> None:
    """Nothing that a message says can make a key of one algorithm check by the other."""
    other = new_key(ED25519)
    assert not holds(replace(KEY, algorithm=ED25519), MESSAGE, SIGNATURE)
    assert not holds(replace(KEY, public_key=public_of(other)), MESSAGE, signature_of(other, MESSAGE))
    assert not holds(KEY, MESSAGE, signature_of(other, MESSAGE))


@pytest.mark.parametrize("algorithm", [ED25519, P256])
def test_a_key_comes_back_from_its_secret(holds: Holds, algorithm: str) -> None:
    made = new_key(algorithm)
    again = key_of(algorithm, secret_of(made))
    key = replace(KEY, algorithm=algorithm, public_key=public_of(made))
    assert public_of(again) == public_of(made)
    assert holds(key, MESSAGE, signature_of(again, MESSAGE))
