"""What others publish about such logs, and what ours must therefore say: hashes, paths, keys, notes, checkpoints."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from realcount.domain.errors import Rejected
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import EMPTY_ROOT, complete_root, leaf_hash, root_of
from realcount.domain.log.notes import (
    COSIGNATURE,
    ED25519,
    Note,
    NoteKey,
    Signature,
    read_key,
    read_note,
    signature_of,
    with_signatures,
)
from realcount.domain.log.proofs import NotProven, Tree, check_consistency, check_inclusion
from realcount.domain.log.tiles import TileName, encode_bundle, tile_names

# The entries and the root that implementations of Certificate Transparency test themselves with.
CT_ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"

# The key of Go's checksum database, as it stands in every Go toolchain.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
LOG = NoteKey("count.example/2019", ED25519, PUBLIC)
WITNESS = NoteKey("witness.example", COSIGNATURE, PUBLIC)
TEXT = Checkpoint("count.example/2019", 3, root_of([leaf_hash(b"%d" % i) for i in range(3)])).to_text()


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed(*keys: NoteKey, time: int = 1_555_500_000) -> Note:
    return Note(
        TEXT, tuple(signature_of(key, PRIVATE.sign, TEXT, time if key.kind == COSIGNATURE else None) for key in keys)
    )


def test_the_root_of_certificate_transparencys_eight_entries() -> None:
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in CT_ENTRIES]
    assert root_of(leaves).hex() == CT_ROOT
    assert complete_root(leaves).hex() == CT_ROOT
    assert Edge().append(leaves)[0].root().hex() == CT_ROOT
    assert root_of([]) == EMPTY_ROOT == Edge().root()


@pytest.mark.parametrize("number", [0, 3, 7])
def test_only_a_power_of_two_is_a_complete_tree(number: int) -> None:
    with pytest.raises(ValueError, match="do not fill a complete tree"):
        complete_root([EMPTY_ROOT] * number)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0), "tile/0/000"),
        (TileName(0, 999), "tile/0/999"),
        (TileName(0, 1000), "tile/0/x001/000"),
        (TileName(1, 1234067, 7), "tile/1/x001/x234/067.p/7"),
        (TileName(-1, 67), "tile/entries/067"),
        (TileName(-1, 3177, 38), "tile/entries/x003/177.p/38"),
    ],
)
def test_paths_are_those_of_the_specification(name: TileName, path: str) -> None:
    assert name.path == path


def test_the_files_of_a_log() -> None:
    assert list(tile_names(0)) == []
    upper = [name.path for name in tile_names(70_000) if name.level > 0]
    assert upper == ["tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert [name.path for name in tile_names(257)] == [
        *("tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"),
    ]


def test_the_nation_of_2019_leaves_a_writer_155_hashes() -> None:
    edge = Edge(813_350, tuple(tuple([EMPTY_ROOT] * width) for width in (38, 105, 12)))
    assert sum(map(len, edge.rows)) == 155


def test_an_edge_of_another_size_is_no_edge() -> None:
    with pytest.raises(ValueError, match=r"a log of 257 entries has rows of \[1, 1\]"):
        Edge(257, ((EMPTY_ROOT,),))


def test_an_entry_that_two_bytes_cannot_measure_is_refused() -> None:
    encode_bundle([b"x" * 65_535])
    with pytest.raises(ValueError, match="65535 at most"):
        encode_bundle([b"x" * 65_536])


def test_a_tile_of_the_wrong_length_proves_nothing() -> None:
    with pytest.raises(NotProven, match=r"tile/0/000\.p/2 is 32 bytes"):
        Tree(2, lambda name: EMPTY_ROOT).root()


def test_what_is_not_in_a_log_is_not_asked_for() -> None:
    tree = Tree(1, lambda name: EMPTY_ROOT)
    with pytest.raises(ValueError, match="has no entry 1"):
        tree.inclusion_proof(1)
    with pytest.raises(ValueError, match="did not grow"):
        tree.consistency_proof(2)
    with pytest.raises(NotProven, match="has no entry 1"):
        check_inclusion(EMPTY_ROOT, 1, 1, [], EMPTY_ROOT)
    with pytest.raises(NotProven, match="empty"):
        check_consistency(3, 5, [], EMPTY_ROOT, EMPTY_ROOT)


def test_a_key_is_read_as_others_publish_theirs() -> None:
    key = read_key(GO_KEY)
    assert (key.name, key.kind, key.id.hex()) == ("sum.golang.org", ED25519, "033de0ae")
    assert key.to_text() == GO_KEY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sum.golang.org", "is not `name"),
        (GO_KEY.replace("033de0ae", "033de0af"), "has the id 033de0ae"),
        (GO_KEY.replace("sum.", "sun."), "has the id"),
        ("a b+033de0ae+" + base64.b64encode(b"\x01" + PUBLIC).decode(), "is not a name"),
        ("a+033de0ae+" + base64.b64encode(b"\x02" + PUBLIC).decode(), "is not a name"),
        ("a+033de0ae+" + base64.b64encode(b"\x01" + PUBLIC[:-1]).decode(), "is not a name"),
        ("a+zz+AAAA", "is not a name"),
        (GO_KEY.replace("033de0ae", "033DE0AE"), "has the id"),
    ],
)
def test_a_changed_key_is_refused(text: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        read_key(text)


def test_a_note_is_signed_by_the_log_and_seen_by_a_witness() -> None:
    note = read_note(signed(LOG, WITNESS).to_bytes())
    assert note == signed(LOG, WITNESS)
    assert note.signed_by(LOG, verify)
    assert note.signed_by(WITNESS, verify)
    assert note.seen_at(WITNESS, verify) == 1_555_500_000
    assert note.seen_at(LOG, verify) is None
    assert read_checkpoint(note.text).size == 3


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    blob = signed(WITNESS).signatures[0].blob
    posing = Note(TEXT, (Signature(LOG.name, LOG.id, blob), Signature(LOG.name, LOG.id, blob[8:])))
    assert not posing.signed_by(LOG, verify)
    log_blob = signed(LOG).signatures[0].blob
    assert not Note(TEXT, (Signature(WITNESS.name, WITNESS.id, log_blob),)).signed_by(WITNESS, verify)
    assert not Note(TEXT, (Signature(WITNESS.name, WITNESS.id, b"short"),)).signed_by(WITNESS, verify)


def test_a_changed_text_is_signed_by_nobody() -> None:
    note = signed(LOG, WITNESS)
    changed = Note(note.text.replace("\n3\n", "\n4\n"), note.signatures)
    assert not changed.signed_by(LOG, verify)
    assert changed.seen_at(WITNESS, verify) is None


def test_a_signature_beside_a_wrong_one_of_the_same_key_is_none() -> None:
    good = signed(LOG).signatures[0]
    assert not Note(TEXT, (good, good.__class__(LOG.name, LOG.id, bytes(64)))).signed_by(LOG, verify)


def test_nobody_signed_what_nobody_signed() -> None:
    assert not Note(TEXT, ()).signed_by(LOG, verify)
    assert signed(WITNESS).seen_at(NoteKey("other", COSIGNATURE, PUBLIC), verify) is None


def test_a_signature_is_added_once() -> None:
    note = signed(LOG)
    twice = with_signatures(with_signatures(note, signed(WITNESS).signatures), signed(WITNESS).signatures)
    assert [signature.name for signature in twice.signatures] == [LOG.name, WITNESS.name]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (TEXT.encode(), "has no signatures"),
        (signed(LOG).to_bytes()[:-1], "has no signatures"),
        (b"\xff\n\nx", "is not UTF-8"),
        (b"a\tb\n\n\xe2\x80\x94 n AAAAAAAA\n", "control characters"),
        (b"a\n\n- n AAAAAAAA\n", "signature line that is none"),
        (b"a\n\n\xe2\x80\x94 n A\n", "signature line that is none"),
        (b"a\n\n\xe2\x80\x94 n AAAA\n", "signature line that is none"),
        (b"a\n\n\xe2\x80\x94 n+m AAAAAAAA\n", "signature line that is none"),
        (b"a\n\n" + "— n AAAAAAAA\n".encode() * 101, "101 signatures"),
        (b"a" * 65_537, "at most 65536"),
    ],
)
def test_what_is_no_note_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        read_note(data)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\n3\n", "three lines"),
        ("a\n3\nAAAA", "three lines"),
        ("a\n\n3\nAAAA\n", "three lines"),
        ("a\n03\nAAAA\n", "no size"),
        ("a\n-3\nAAAA\n", "no size"),
        ("a\n٣\nAAAA\n", "no size"),
        ("a\n3\nAAAA\n", "no root"),
        ("a\n3\n!\n", "no root"),
        ("a\n3\n" + "A" * 42 + "B=\n", "no root"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        read_checkpoint(text)


def test_extensions_of_a_checkpoint_are_left_alone() -> None:
    assert read_checkpoint(TEXT + "more\n") == read_checkpoint(TEXT)
