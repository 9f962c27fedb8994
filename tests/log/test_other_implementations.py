"""Our log before the eyes of others: two independent verifiers read it, and a witness of independent make cosigns it.

`make test-log`. The checkers live in an environment of their own (infra/tools/log-checkers); nothing of theirs is ours.
"""

from __future__ import annotations

import json
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from realcount.aws.witness_http import HttpWitness
from realcount.domain.instants import to_instant
from realcount.domain.log.checkpoints import Checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.notes import ED25519, Note, NoteKey, read_key, signature_of, with_signatures
from realcount.domain.log.proofs import Tree
from realcount.domain.log.tiles import TileName, encode_bundle, tile_names
from realcount.domain.log.witnesses import KnownWitness, WitnessList
from realcount.domain.log.witnessing import SIZE_MEDIA, add_checkpoint, cosignatures, size_seen
from realcount.evidence.signatures import holds
from realcount.local.memory import MemoryCopies, MemoryLog, MemoryPages
from realcount.local.places import free_port
from realcount.log_ports import BOOK, CHECKPOINT, WITNESSED
from realcount.usecases.ask_witnesses import Asked, ask_witnesses
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Findings
from realcount.verify.sources import FolderSource
from tests.small_election import RECEIPTS, election

pytestmark = pytest.mark.log

CHECKERS = Path(__file__).resolve().parents[2] / "infra" / "tools" / "log-checkers" / ".venv" / "bin"
ORIGIN = "count.example/2019"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = NoteKey(ORIGIN, ED25519, PRIVATE.public_key().public_bytes_raw())
ENTRIES = [json.dumps({"station": f"{i:06d}", "votes": [i % 300, i % 211]}).encode() for i in range(66_000)]
PORTIONS = (1, 255, 1, 743, 4000, 60_600)
"""Of appends: across the edges of tiles, and at the end into a third level."""


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Log:
    """A log in a folder as it would lie behind a URL; `notes` are the checkpoints after each portion."""

    folder: Path
    notes: tuple[Note, ...]

    def tree(self, size: int) -> Tree:
        return Tree(size, lambda name: (self.folder / name.path).read_bytes())


def write_log(folder: Path, entries: Sequence[bytes], portions: Sequence[int] = PORTIONS) -> Log:
    edge, notes = Edge(), []
    for portion in portions:
        edge, tiles = edge.append([leaf_hash(entry) for entry in entries[edge.size : edge.size + portion]])
        files = {tile.name: tile.data for tile in tiles}
        for name in tile_names(edge.size):
            if name.level < 0 and not (folder / name.path).exists():
                files[name] = encode_bundle(entries[256 * name.number : 256 * name.number + name.width])
        for name, data in files.items():
            (folder / name.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name.path).write_bytes(data)
        text = Checkpoint(ORIGIN, edge.size, edge.root()).to_text()
        notes.append(Note(text, (signature_of(KEY, PRIVATE.sign, text),)))
    (folder / "checkpoint").write_bytes(notes[-1].to_bytes())
    return Log(folder, tuple(notes))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    if not (CHECKERS / "aics-tlog").exists():
        pytest.fail("the checkers are not installed: run `make test-log` (Python 3.12 or later)", pytrace=False)
    return write_log(tmp_path_factory.mktemp("log"), ENTRIES)


def aics(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CHECKERS / "aics-tlog", *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_aics_tlog_verifies_the_checkpoint_and_refuses_another_key(log: Log) -> None:
    good = aics("verify-checkpoint", "--tiles", log.folder, "--log-key", KEY.to_text(), "--origin", ORIGIN)
    assert good.returncode == 0, good.stderr
    other = NoteKey(ORIGIN, ED25519, bytes(31) + b"\x09")
    assert aics("verify-checkpoint", "--tiles", log.folder, "--log-key", other.to_text()).returncode != 0


@pytest.mark.parametrize("index", [0, 255, 256, 999, 65_535, 65_599])
def test_aics_tlog_finds_an_entry_through_our_tiles(log: Log, tmp_path: Path, index: int) -> None:
    leaf = tmp_path / "leaf"
    leaf.write_bytes(ENTRIES[index])
    where = ("--index", str(index), "--tiles", log.folder, "--log-key", KEY.to_text())
    found = aics("verify-inclusion", "--leaf", leaf, *where)
    assert found.returncode == 0, found.stderr
    leaf.write_bytes(ENTRIES[index].replace(b"0", b"1", 1))
    assert aics("verify-inclusion", "--leaf", leaf, *where).returncode != 0


@pytest.mark.parametrize("earlier", range(len(PORTIONS) - 1))
def test_aics_tlog_sees_that_the_log_only_grew(log: Log, tmp_path: Path, earlier: int) -> None:
    old = tmp_path / "old"
    old.write_bytes(log.notes[earlier].to_bytes())
    grew = aics("verify-consistency", "--old-checkpoint", old, "--tiles", log.folder, "--log-key", KEY.to_text())
    assert grew.returncode == 0, grew.stderr


def test_aics_tlog_sees_a_flipped_bit_in_each_level_of_tiles(log: Log, tmp_path: Path) -> None:
    leaf = tmp_path / "leaf"
    leaf.write_bytes(ENTRIES[700])
    size = sum(PORTIONS)
    for name in (TileName(0, 2), TileName(1, 0), TileName(2, 0, size >> 16)):
        tile = log.folder / name.path
        good = tile.read_bytes()
        try:
            tile.write_bytes(bytes([good[0] ^ 1]) + good[1:])
            flipped = aics(
                *("verify-inclusion", "--leaf", leaf, "--index", "700"),
                *("--tiles", log.folder, "--log-key", KEY.to_text()),
            )
        finally:
            tile.write_bytes(good)
        assert flipped.returncode != 0, name.path


def test_metamorphic_log_agrees(log: Log) -> None:
    size = sum(PORTIONS)
    tree = log.tree(size)
    inclusions = [
        (
            index,
            b64encode(leaf_hash(ENTRIES[index])).decode(),
            [b64encode(p).decode() for p in tree.inclusion_proof(index)],
        )
        for index in (0, 255, 256, 4242, size - 1)
    ]
    asked = {
        "key": KEY.to_text(),
        "older": log.notes[3].to_bytes().decode(),
        "newer": log.notes[-1].to_bytes().decode(),
        "inclusions": inclusions,
        "consistency": [b64encode(p).decode() for p in tree.consistency_proof(sum(PORTIONS[:4]))],
    }
    answer = _metamorphic(asked)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {"origin": ORIGIN, "size": size, "root": tree.root().hex()}

    (_, leaf, proof), *_ = inclusions
    assert _metamorphic({**asked, "inclusions": [(1, leaf, proof)]}).returncode != 0
    assert _metamorphic({**asked, "consistency": asked["consistency"][1:]}).returncode != 0


def _metamorphic(asked: object) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("metamorphic.py")
    return subprocess.run(
        [CHECKERS / "python", script], input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=60
    )


# ---- a witness -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Witness:
    url: str
    key: NoteKey

    def ask(self, seen: int, proof: Sequence[bytes], checkpoint: Note) -> httpx.Response:
        return httpx.post(self.url + "/add-checkpoint", content=add_checkpoint(seen, proof, checkpoint), timeout=10)


@pytest.fixture
def witness(log: Log, tmp_path: Path) -> Iterator[Witness]:
    """A witness of independent make that trusts our log's key and has seen nothing yet."""
    config = tmp_path / "witness.json"
    port = free_port(0, "")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [CHECKERS / "aics-witness", *arguments], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    said = run("init", "-c", str(config), "--name", "witness.example", "--listen", f"127.0.0.1:{port}")
    run("add-log", "-c", str(config), "--origin", ORIGIN, "--vkey", KEY.to_text())
    key = next(read_key(word) for word in said.split() if word.startswith("witness.example+"))
    with (tmp_path / "witness.log").open("wb") as output:
        process = subprocess.Popen([CHECKERS / "aics-witness", "serve", "-c", config], stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, process, tmp_path / "witness.log")
        yield Witness(url, key)
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up and process.poll() is None:
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the witness did not start: {output.read_text()}")


def test_a_witness_cosigns_a_log_that_grows(log: Log, witness: Witness) -> None:
    seen = 0
    for note, size in zip(log.notes, _sizes(), strict=True):
        answer = witness.ask(seen, log.tree(size).consistency_proof(seen), note)
        assert answer.status_code == 200, answer.text
        signatures = cosignatures(answer.content, note, [witness.key], verify)
        cosigned = with_signatures(note, signatures)
        assert cosigned.signed_by(KEY, verify)
        assert abs((cosigned.seen_at(witness.key, verify) or 0) - time.time()) < 120
        seen = size


def test_a_witness_that_is_ahead_says_so(log: Log, witness: Witness) -> None:
    sizes = _sizes()
    witness.ask(0, [], log.notes[2]).raise_for_status()
    behind = witness.ask(sizes[0], log.tree(sizes[3]).consistency_proof(sizes[0]), log.notes[3])
    assert behind.status_code == 409
    assert behind.headers["content-type"] == SIZE_MEDIA
    seen = size_seen(behind.content)
    assert seen == sizes[2]
    assert witness.ask(seen, log.tree(sizes[3]).consistency_proof(seen), log.notes[3]).status_code == 200


@pytest.mark.parametrize("how", ["rollback", "fork", "same size, other root", "no proof", "somebody else's key"])
def test_a_witness_refuses(log: Log, witness: Witness, tmp_path: Path, how: str) -> None:
    sizes = _sizes()
    seen, size = sizes[3], sizes[4]
    witness.ask(0, [], log.notes[3]).raise_for_status()
    fork = write_log(tmp_path / "fork", [b"another past", *ENTRIES[1:]], PORTIONS[:5])
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    text = log.notes[4].text
    proof = log.tree(size).consistency_proof(seen)
    answer = {
        "rollback": lambda: witness.ask(sizes[2], log.tree(sizes[2]).consistency_proof(0), log.notes[2]),
        "fork": lambda: witness.ask(seen, fork.tree(size).consistency_proof(seen), fork.notes[4]),
        "same size, other root": lambda: witness.ask(seen, [], fork.notes[3]),
        "no proof": lambda: witness.ask(seen, [], log.notes[4]),
        "somebody else's key": lambda: witness.ask(seen, proof, Note(text, (signature_of(KEY, stranger.sign, text),))),
    }[how]()
    assert answer.status_code in (400, 403, 409, 422), answer.text
    assert cosignatures(answer.content, log.notes[4], [witness.key], verify) == []
    assert witness.ask(seen, proof, log.notes[4]).status_code == 200, "a refusal must not stop the true log"


def _sizes() -> list[int]:
    return [sum(PORTIONS[: i + 1]) for i in range(len(PORTIONS))]


# ---- our own function before that witness ------------------------------------------------------------------------------------


class FolderLog(MemoryLog):
    """A log whose immutable files lie in a folder; its last word is what it was given."""

    def __init__(self, source: Log, portion: int) -> None:
        super().__init__()
        self.folder = source.folder
        self.grow(source, portion)

    def grow(self, source: Log, portion: int) -> None:
        _, version = self.current(CHECKPOINT)
        self.replace(CHECKPOINT, source.notes[portion].to_bytes(), version)

    def file(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def take_over(self, other: FolderLog) -> None:
        """The book that is kept beside the log."""
        data, _ = other.current(BOOK)
        assert data is not None
        self.replace(BOOK, data, self.current(BOOK)[1])


@dataclass
class Asking:
    """What `ask_witnesses` runs with, from the composition root's own adapters."""

    witness: Witness
    pages: MemoryPages

    def __call__(self, log: FolderLog) -> Asked:
        known = KnownWitness("A witness of other make", self.witness.key, self.witness.url)
        return ask_witnesses(
            election(),
            to_instant(datetime.now(UTC)),
            WitnessList(1, (known,)),
            log=log,
            key=KEY,
            receipts=RECEIPTS.of("e19").key,
            witness=HttpWitness(),
            verify=holds,
            copies=MemoryCopies(),
            pages=self.pages,
        )


@pytest.fixture
def asking(witness: Witness) -> Asking:
    return Asking(witness, MemoryPages())


def test_our_function_has_growth_cosigned_and_our_command_finds_the_quorum(
    log: Log, asking: Asking, tmp_path: Path
) -> None:
    ours = FolderLog(log, 0)
    for portion, size in enumerate(_sizes()):
        if portion:
            ours.grow(log, portion)
        asked = asking(ours)
        assert (asked.agreed, asked.refused, asked.silent) == (1, {}, {}), size
    for name in (CHECKPOINT, WITNESSED):
        data, _ = ours.current(name)
        (tmp_path / "log").mkdir(exist_ok=True)
        (tmp_path / "log" / name).write_bytes(data or b"")
        findings = Findings()
        word = read_word(FolderSource(tmp_path / "log"), KEY, [asking.witness.key], 1, findings)
        assert word is not None and not findings and word.checkpoint.size == _sizes()[-1]
        assert abs(word.witnesses[0][1] - time.time()) < 120


@pytest.mark.parametrize("how", ["rollback", "fork", "same size, other root"])
def test_our_function_hears_a_refusal_as_one_and_keeps_the_evidence(
    log: Log, asking: Asking, tmp_path: Path, how: str
) -> None:
    true = FolderLog(log, 3)
    assert asking(true).agreed == 1
    fork = write_log(tmp_path / "fork", [b"another past", *ENTRIES[1:]], PORTIONS[:5])
    source, portion = {"rollback": (log, 2), "fork": (fork, 4), "same size, other root": (fork, 3)}[how]
    shown = FolderLog(source, portion)
    shown.take_over(true)
    asked = asking(shown)
    assert (asked.agreed, asked.silent) == (0, {})
    (said,) = asked.refused.values()
    assert said.split()[0] in ("409", "422"), said
    (evidence,) = shown.refusals.values()
    assert json.loads(evidence)["request"].endswith(source.notes[portion].to_bytes().decode())
    true.grow(log, 4)
    assert asking(true).agreed == 1, "a refusal must not stop the true log"
