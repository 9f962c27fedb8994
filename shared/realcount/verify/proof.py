"""One station's proof: a file that shows, to whoever has the log's key and nothing else, that this form is in the log and
its votes are in the total that was signed.

    {"type": "realcount/station-proof/v1",
     "checkpoint": <the signed note>,
     "hashes": [<base64> …],                    shared by the paths, which have much in common
     "entries": {"opening": {"index", "entry", "path": [numbers of hashes]},
                 "contest": …, "submitter": …, "approver": …, "form": …, "snapshot": …},
     "way": [{"unit", "children": how many,
              "steps": [["left" or "right", <base64>, stations, valid, invalid, voters, votes …] …]} …]}

The way goes from the region that lists the station up to the root of the contest. Of each region it has what is beside the
way inside its node (`sum_path`), the lowest first. A region's own sums are not written down: they are what its steps add up
to with what comes from below, so that there is nothing to contradict. What the file cannot show is that nothing came later: a
key that was revoked meanwhile, a correction after the snapshot. The whole log shows that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from realcount.domain import strict
from realcount.domain.canonical import canonical_bytes
from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.fold import Fold
from realcount.domain.log.base64_text import from_base64
from realcount.domain.log.checkpoints import Checkpoint
from realcount.domain.log.entries import Entry
from realcount.domain.log.hashing import HASH_BYTES, leaf_hash
from realcount.domain.log.notes import NoteKey
from realcount.domain.log.proofs import NotProven, check_inclusion
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_keys import KeyRegistered
from realcount.domain.log.snapshots import OpenedContest, Opening, Snapshot
from realcount.domain.log.station_proofs import ROLES, TYPE, Included, Proof
from realcount.domain.sum_path import LEFT, RIGHT, Level, Step, check_path
from realcount.domain.sum_tree import MAX_CHILDREN, MAX_OPTIONS, MAX_SUM, Branch, Part, Sums
from realcount.verify.checkpoint import Word, word_in
from realcount.verify.findings import Finding, Findings
from realcount.verify.reading import read_safely
from realcount.verify.signatures import officials_holds
from realcount.verify.sources import TooLarge, unpacked

_T = TypeVar("_T")

MAX_PROOF = 1024 * 1024
"""Bytes, as unpacked: the largest honest one has 30 KB, and more if it has more options."""

MAX_HASHES = 64 * len(ROLES)
MAX_LEVELS = 64
MAX_STEPS = MAX_CHILDREN.bit_length()
"""Inside one node."""

_OPENING, _CONTEST, _SUBMITTER, _APPROVER, _FORM, _SNAPSHOT = ROLES


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof shows. `way` are the regions from the station's up to the root, each with what it adds up to."""

    word: Word
    form: SealedForm
    index: int
    sums: Sums
    options: tuple[str, ...]
    snapshot: Snapshot
    way: tuple[tuple[str, Sums], ...]
    unreached: tuple[str, ...]
    """Keys whose regions are none of those on the way: they may lie in another hierarchy, which is not in the file."""


def check_proof(data: bytes, key: NoteKey, findings: Findings, station: str | None = None) -> Shown | None:
    """What the proof shows, or None, and why not among the findings. With `station`, it must be that one's."""
    try:
        proof = read_proof(data)
    except Rejected as error:
        findings.add_all(
            Finding("bad-proof", refusal.field or "proof", refusal.detail, "a proof file") for refusal in error.refusals
        )
        return None
    word = word_in(proof.checkpoint, key, (), findings)
    if word is None:
        return None
    try:
        shown = _shown(proof, word)
    except (Rejected, NotProven) as error:
        findings.add(Finding("not-proven", "proof", str(error), "what the proof claims"))
        return None
    if station is not None and shown.form.form.station != station:
        findings.add(Finding("not-proven", "proof", f"is about {shown.form.form.station}", station, unit=station))
        return None
    return shown


def _shown(proof: Proof, word: Word) -> Shown:
    said = {name: _included(name, included, word.checkpoint) for name, included in proof.entries.items()}
    form, snapshot = said[_FORM], said[_SNAPSHOT]
    if not isinstance(said[_OPENING], Opening) or not isinstance(said[_CONTEST], OpenedContest):
        raise NotProven("the entries do not open an election and a contest of it")
    if not isinstance(form, SealedForm) or not isinstance(snapshot, Snapshot):
        raise NotProven("the entries are not a form and a snapshot")
    if not all(isinstance(said[name], KeyRegistered) for name in (_SUBMITTER, _APPROVER)):
        raise NotProven("the entries beside the form do not register two keys")
    _require_order(proof, snapshot)
    fold = Fold(verify=officials_holds)
    fold.take(proof.entries[name].entry for name in ROLES[:-1])
    contest = ContestKey(form.form.election, form.form.contest)
    station = form.form.station
    counted = fold.stations[contest, station]
    frame = fold.contests[contest]
    if snapshot.contest != contest or snapshot.unit not in frame.roots:
        raise NotProven(f"the snapshot is of {snapshot.contest} in {snapshot.unit}, not of a root of {contest}")
    if any(len(step.part.sums.votes) != len(frame.options) for level in proof.way for step in level.steps):
        raise NotProven(f"the way has votes for other options than those of {contest}")
    regions = check_path(Branch(station, counted.sums, counted.leaf), proof.way, contest, snapshot.root)
    way = tuple((region.unit, region.sums) for region in regions)
    if way[-1] != (snapshot.unit, snapshot.sums):
        raise NotProven(f"the way ends in {way[-1][0]} with other sums than the snapshot's")
    places = {station, *(unit for unit, _ in way)}
    unreached = tuple(key.id for key in fold.keys.values() if places.isdisjoint(key.regions))
    return Shown(word, form, proof.entries[_FORM].index, counted.sums, frame.options, snapshot, way, unreached)


def _included(name: str, included: Included, checkpoint: Checkpoint) -> Entry:
    try:
        check_inclusion(leaf_hash(included.entry), included.index, checkpoint.size, included.path, checkpoint.root)
    except NotProven as error:
        raise NotProven(f"the {name}: {error}") from None
    return read_safely(included.entry)


def _require_order(proof: Proof, snapshot: Snapshot) -> None:
    index = {name: included.index for name, included in proof.entries.items()}
    if index[_OPENING] != 0:
        raise NotProven(f"the opening is entry {index[_OPENING]}; only entry 0 opens a log")
    if not index[_CONTEST] < index[_FORM]:
        raise NotProven("the contest was opened after the form")
    if not max(index[_SUBMITTER], index[_APPROVER]) < index[_FORM]:
        raise NotProven("a key was registered after the form")
    if not index[_FORM] < snapshot.size <= index[_SNAPSHOT]:
        raise NotProven(f"the snapshot of the first {snapshot.size} entries does not take in entry {index[_FORM]}")


# ---- the file ------------------------------------------------------------------------------------------------------------


def read_proof(data: bytes) -> Proof:
    """A proof file taken apart, plain or packed with gzip. Says nothing about what it proves. Raises `Rejected` with every refusal."""
    members = strict.Members(_json(data))
    members.take("type", strict.one_of(TYPE))
    checkpoint = members.take("checkpoint", _note)
    hashes = members.take("hashes", _all(0, MAX_HASHES, _hash))
    entries = strict.Members(members.raw("entries"), "entries", members.refusals)
    found = {name: _read_included(entries, name, hashes or ()) for name in ROLES}
    entries.close()
    way = members.take("way", _all(1, MAX_LEVELS, _read_level))
    members.close()
    members.raise_if_refused()
    assert checkpoint and way
    return Proof(checkpoint, {name: included for name, included in found.items() if included}, way)


def _json(data: bytes) -> object:
    if len(data) > MAX_PROOF:
        raise Rejected([Refusal("too-large", "proof", f"has {len(data)} bytes; at most {MAX_PROOF} are read")])
    try:
        value: object = json.loads(unpacked(data, MAX_PROOF))
    except TooLarge as error:
        raise Rejected([Refusal("too-large", "proof", str(error))]) from None
    except (ValueError, RecursionError) as error:
        raise Rejected([Refusal("bad-value", "proof", f"is not JSON: {error}")]) from None
    return value


def _read_included(entries: strict.Members, name: str, hashes: Sequence[bytes]) -> Included | None:
    inner = strict.Members(entries.raw(name), f"entries.{name}", entries.refusals)
    index = inner.take("index", strict.integer(0, 2**53 - 1))
    entry = inner.take("entry", _entry)
    numbers = inner.take("path", _all(0, 64, strict.integer(0, len(hashes) - 1)))
    inner.close()
    if index is None or entry is None or numbers is None:
        return None
    return Included(index, entry, tuple(hashes[number] for number in numbers))


def _entry(value: object) -> bytes:
    """An entry's bytes: entries are canonical, so writing them again gives the very bytes that were hashed."""
    if not isinstance(value, dict):
        raise ValueError("must be the entry's object")
    try:
        return canonical_bytes(value)
    except (ValueError, RecursionError) as error:  # Includes what is no UTF-8.
        raise ValueError(f"cannot be an entry: {error}") from None


def _note(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    raise ValueError("must be the text of a signed note")


def _hash(value: object) -> bytes:
    data = from_base64(value) if isinstance(value, str) else None
    if data is None or len(data) != HASH_BYTES:
        raise ValueError("must be 32 bytes in base64")
    return data


def _all(low: int, high: int, check: Callable[[object], _T]) -> Callable[[object], tuple[_T, ...]]:
    return lambda value: tuple(check(one) for one in strict.array(low, high)(value))


def _read_level(value: object) -> Level:
    members = strict.Members(value)
    unit = members.take("unit", strict.identifier)
    children = members.take("children", strict.integer(1, MAX_CHILDREN))
    steps = members.take("steps", _all(0, MAX_STEPS, _read_step))
    members.close()
    if members.refusals or unit is None or children is None or steps is None:
        raise ValueError("; ".join(f"{refusal.field} {refusal.detail}" for refusal in members.refusals))
    return Level(unit, children, steps)


def _read_step(value: object) -> Step:
    side, hash_, *numbers = strict.array(6, 6 + MAX_OPTIONS)(value)
    stations, valid, invalid, voters, *votes = map(strict.integer(0, MAX_SUM), numbers)
    sums = Sums(stations, valid, invalid, voters, tuple(votes))
    return Step(strict.one_of(LEFT, RIGHT)(side), Part(sums, _hash(hash_)))
