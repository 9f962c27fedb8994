"""A log as the system would write it, with keys that really sign: the stage of everything in this folder.

The writer here is the honest one. Whoever wants to forge takes its `entries` and writes them again (`rewritten`), with as
much of what follows from them as the forger had the keys for.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from realcount.domain.canonical import canonical_bytes
from realcount.domain.election import ContestKey, Election, Region, Station
from realcount.domain.errors import NotFound
from realcount.domain.fold import Fold
from realcount.domain.ledger import FormVersion, Review
from realcount.domain.log.checkpoints import Checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.notes import COSIGNATURE, ED25519, Note, NoteKey, Signature, signature_of
from realcount.domain.log.sealed_forms import form_entry
from realcount.domain.log.sealed_keys import registration_entry
from realcount.domain.log.snapshots import Snapshot, contest_entry, opening_entry, snapshot_entry
from realcount.domain.log.tiles import WIDTH, encode_bundle, tile_names
from realcount.domain.log.unit_lists import children_in, list_digest, unit_list
from realcount.domain.official import APPROVER, P256, SUBMITTER, OfficialKey
from realcount.domain.official import ED25519 as OFFICIALS_ED25519
from realcount.domain.statements import parse_form, parse_review
from realcount.domain.sum_tree import sum_tree
from realcount.officials.signing_keys import SigningKey, algorithm_of, key_of, public_of
from realcount.officials.signing_keys import signature_of as officials_signature
from realcount.verify.sources import TooLarge
from tests import small_election as small

ORIGIN = "count.example/e19"


def private(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


@dataclass(frozen=True)
class Signer:
    """A key that signs notes: the log's own, a witness's, or somebody else's of the same name."""

    name: str
    kind: int = ED25519
    seed: str = ""

    @property
    def key(self) -> NoteKey:
        return NoteKey(self.name, self.kind, private(self.seed or self.name).public_key().public_bytes_raw())

    def sign(self, text: str, time: int | None = None) -> Signature:
        return signature_of(self.key, private(self.seed or self.name).sign, text, time)


LOG = Signer(ORIGIN)
WITNESSES = tuple(Signer(f"witness-{n}.example", COSIGNATURE) for n in (1, 2, 3))
SEEN = 1_555_500_000


def officials_key(name: str) -> SigningKey:
    """Approvers have keys of the other algorithm."""
    return key_of(P256 if name.startswith("app") else OFFICIALS_ED25519, hashlib.sha256(name.encode()).digest())


def official(name: str, role: str, regions: tuple[str, ...], **changes: object) -> OfficialKey:
    own = officials_key(name)
    key = OfficialKey(
        name, f"person-{name}", small.ELECTION, algorithm_of(own), public_of(own), role, regions, ("*",), small.BEFORE, small.AFTER
    )  # fmt: skip
    return replace(key, **changes)  # type: ignore[arg-type]  # any member of the record


OFFICIALS = (
    official("sub-p1", SUBMITTER, ("P1",)),
    official("app-p1", APPROVER, ("P1",)),
    official("sub-p2", SUBMITTER, ("P2",)),
    official("app-p2", APPROVER, ("P2",)),
)
PROVINCE = {"S1": "p1", "S2": "p1", "S3": "p1", "S4": "p1", "S5": "p1", "S6": "p2"}


def sealed(
    of: ContestKey,
    station: str,
    votes: Sequence[int],
    version: int = 1,
    previous: str | None = None,
    /,
    *,
    submitter: str = "",
    approver: str = "",
    signed_as: tuple[str, str] | None = None,
    **changes: object,
) -> tuple[bytes, str]:
    """The entry of an approved form with both signatures, and the form's hash. `signed_as` names other keys to sign with
    than the form and the review say."""
    submitter = submitter or f"sub-{PROVINCE.get(station, 'p1')}"
    approver = approver or f"app-{PROVINCE.get(station, 'p1')}"
    by, decided_by = signed_as or (submitter, approver)
    numbers: dict[str, object] = {
        "figures": small.brief(sum(votes), 3),
        "votes": dict(zip(small.contest(of).option_ids(), votes, strict=False)),
    }
    history: dict[str, object] = {
        "version": version,
        "kind": "form" if version == 1 else "correction",
        "prev": previous,
        "reason": None if version == 1 else "a slip of the pen",
    }
    payload = canonical_bytes(small.form_statement(of, station, **(numbers | history | {"key": submitter} | changes)))
    form = parse_form(payload)
    where = ContestKey(form.election, form.contest)
    review = canonical_bytes(small.review_statement(version, form.hash, where, form.station, key=approver))
    said = parse_review(review)
    entry = form_entry(
        FormVersion(form, payload, officials_signature(officials_key(by), payload), "upload", small.NOON, ()),
        Review(
            said.election, said.contest, said.station, said.version, said.form, said.decision, said.reason, said.key,
            said.signed_at, review, officials_signature(officials_key(decided_by), review), small.DUSK,
        ),
    )  # fmt: skip
    return entry, form.hash


@dataclass
class Writer:
    """Appends as the sealing function would, and takes snapshots with `sum_tree`, which the checker does not use."""

    election: Election = field(default_factory=small.election)
    units: tuple[Region | Station, ...] = field(default_factory=small.units)
    entries: list[bytes] = field(default_factory=list)
    nodes: dict[str, bytes] = field(default_factory=dict)
    fold: Fold = field(default_factory=Fold)
    forms: dict[tuple[ContestKey, str], tuple[int, str]] = field(default_factory=dict)

    @property
    def unit_lines(self) -> list[bytes]:
        return list(unit_list(self.units))

    def append(self, *entries: bytes) -> None:
        self.fold.take(entries)
        self.entries += entries

    def open(self, officials: Iterable[OfficialKey] = OFFICIALS) -> None:
        self.append(opening_entry(self.election, list_digest(self.unit_lines), small.DAWN))
        self.append(*(contest_entry(contest, small.DAWN) for contest in self.election.contests))
        self.append(*(registration_entry(key, small.DAWN) for key in officials))

    def count(self, of: ContestKey, station: str, votes: Sequence[int], **changes: object) -> None:
        """The station's next version."""
        version, previous = self.forms.get((of, station), (0, None))
        entry, form = sealed(of, station, votes, version + 1, previous, **changes)  # type: ignore[arg-type]
        self.append(entry)
        self.forms[of, station] = (version + 1, form)

    def snapshot(self, of: ContestKey, root: str) -> None:
        contest = self.election.contest(of.contest)
        assert contest is not None
        children = children_in({unit.id: unit.parents for unit in self.units}, contest.hierarchies)
        regions = {unit.id for unit in self.units if isinstance(unit, Region)}
        nodes = list(
            sum_tree(
                of,
                root,
                lambda unit: children.get(unit, ()) if unit in regions else None,
                self.fold.leaves(of),
                len(contest.options),
            )
        )
        self.nodes |= {node.hash().hex(): node.to_bytes() for node in nodes}
        said = Snapshot(of, root, len(self.entries), nodes[-1].sums, nodes[-1].hash(), small.DUSK)
        self.append(snapshot_entry(said))

    def snapshots(self) -> None:
        """One for every root of every contest."""
        for contest in self.election.contests:
            for root in contest.roots:
                self.snapshot(contest.key, root)


def note_of(entries: Sequence[bytes], signer: Signer = LOG, witnesses: Iterable[Signer] = WITNESSES) -> Note:
    edge, _ = Edge().append([leaf_hash(entry) for entry in entries])
    text = Checkpoint(signer.name, edge.size, edge.root()).to_text()
    return Note(text, (signer.sign(text), *(witness.sign(text, SEEN) for witness in witnesses)))


def files_of(entries: Sequence[bytes]) -> dict[str, bytes]:
    """Bundles and tiles of a log of these entries, without the partial ones of smaller sizes."""
    edge, tiles = Edge(), {}
    for start in range(0, len(entries), WIDTH):
        edge, written = edge.append([leaf_hash(entry) for entry in entries[start : start + WIDTH]])
        tiles |= {tile.name: tile.data for tile in written}
    files = {name.path: tiles[name] for name in tile_names(len(entries)) if name.level >= 0}
    for name in tile_names(len(entries)):
        if name.level < 0:
            files[name.path] = encode_bundle(entries[WIDTH * name.number : WIDTH * name.number + name.width])
    return files


def published(writer: Writer, entries: Sequence[bytes] | None = None, note: Note | None = None) -> dict[str, bytes]:
    """Everything that lies in public, by path. With `entries`, those instead of the writer's: hashed and signed anew."""
    entries = writer.entries if entries is None else entries
    return {
        "checkpoint": (note or note_of(entries)).to_bytes(),
        "units": b"".join(writer.unit_lines),
        **files_of(entries),
        **{f"sums/{hash_}": data for hash_, data in writer.nodes.items()},
    }


def lay_down(files: dict[str, bytes], folder: Path) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@cache
def small_log() -> Writer:
    """323 entries of three contests, two of which have two hierarchies: across the edge of a tile, with corrections, and
    with snapshots in the middle and at the end."""
    writer = Writer()
    writer.open()
    contests = (small.PPWP, small.DPR, small.DPRD)
    rounds = 0
    while len(writer.entries) < 310:
        for of in contests:
            for station in small.STATIONS:
                if of == small.DPRD and station not in ("S2", "S4", "S6") and rounds:
                    continue
                writer.count(of, station, (100 + rounds, 50 + rounds, 7)[: len(small.contest(of).options)])
        rounds += 1
        if rounds == 5:
            writer.snapshots()
    writer.snapshots()
    return writer


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


class MemorySource:
    """Files in memory. `before` is called with the path before each answer, and may raise or change the files."""

    name = "memory"
    at_once = 1
    keeps = False

    def __init__(self, files: dict[str, bytes], before: Callable[[str], None] = lambda path: None) -> None:
        self.files = files
        self._before = before

    def get(self, path: str, limit: int) -> bytes:
        self._before(path)
        if path not in self.files:
            raise NotFound(f"there is no file {path}")
        if len(self.files[path]) > limit:
            raise TooLarge(f"{path} has more than {limit} bytes")
        return self.files[path]
