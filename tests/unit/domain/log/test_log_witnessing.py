"""What is said to a witness, and which of its answers count."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from realcount.domain.log.checkpoints import Checkpoint
from realcount.domain.log.hashing import EMPTY_ROOT
from realcount.domain.log.notes import COSIGNATURE, ED25519, Note, NoteKey, signature_of
from realcount.domain.log.witnessing import add_checkpoint, cosignatures, size_seen

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
LOG = NoteKey("count.example/2019", ED25519, PUBLIC)
WITNESS = NoteKey("witness.example", COSIGNATURE, PUBLIC)
TEXT = Checkpoint(LOG.name, 7, EMPTY_ROOT).to_text()
CHECKPOINT = Note(TEXT, (signature_of(LOG, PRIVATE.sign, TEXT),))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def lines_of(*keys: NoteKey, text: str = TEXT) -> bytes:
    note = Note(text, tuple(signature_of(key, PRIVATE.sign, text, 1_555_500_000) for key in keys))
    return note.to_bytes().removeprefix(text.encode() + b"\n")


def test_a_request_is_the_size_the_proof_and_the_checkpoint() -> None:
    body = add_checkpoint(4, [b"\x00" * 32, b"\xff" * 32], CHECKPOINT)
    head, _, rest = body.partition(b"\n\n")
    assert head.split(b"\n") == [b"old 4", b"A" * 43 + b"=", b"/" * 42 + b"8="]
    assert rest == CHECKPOINT.to_bytes()
    assert add_checkpoint(0, [], CHECKPOINT).startswith(b"old 0\n\n")


def test_a_known_witness_counts() -> None:
    (signature,) = cosignatures(lines_of(WITNESS), CHECKPOINT, [WITNESS], verify)
    assert (signature.name, signature.key) == (WITNESS.name, WITNESS.id)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no signature\n",
        lines_of(NoteKey("stranger.example", COSIGNATURE, PUBLIC)),
        lines_of(WITNESS, text=Checkpoint(LOG.name, 8, EMPTY_ROOT).to_text()),
        lines_of(WITNESS)[:-20] + b"\n",
        b"\xff\xfe",
    ],
    ids=["nothing", "prose", "stranger", "another checkpoint", "cut", "not text"],
)
def test_nothing_else_counts(body: bytes) -> None:
    assert cosignatures(body, CHECKPOINT, [WITNESS], verify) == []


def test_what_stands_beside_it_does_not_spoil_it() -> None:
    stranger = lines_of(NoteKey("stranger.example", COSIGNATURE, PUBLIC))
    assert len(cosignatures(stranger + lines_of(WITNESS), CHECKPOINT, [WITNESS], verify)) == 1


@pytest.mark.parametrize(("body", "size"), [(b"12\n", 12), (b"12", 12), (b"", None), (b"-1", None), (b"9" * 30, None)])
def test_a_witness_may_have_seen_another_size(body: bytes, size: int | None) -> None:
    assert size_seen(body) == size
