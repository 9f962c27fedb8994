"""Append to the public log: one writer, and no step that dying in it could spoil.

The order of the steps is the proof; tests/simulation/test_sealing.py tries every one of them with two writers and a death
anywhere, and keeps the orders that look simpler and are wrong.

    1  finish the batch that was committed last, whoever committed it
    2  take what waits
    3  lay the batch down under a name that is its content's
    4  commit: the log's head now says that this batch comes next     ← from here on it is in the log
    5  the files of the log: a pure function of the head before and the batch
    6  read them back, and sign the root that they really have; the checkpoint only ever moves forward
    7  mark what is in it as sealed, which is what lets a form count
    8  the head is at rest again

Step 1 is steps 5 to 8. There is no other recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realcount.domain.errors import Conflict, Drift
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.edge import Edge
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.notes import Note, read_note, signature_of
from realcount.domain.log.proofs import Tree
from realcount.domain.log.tiles import BUNDLES, WIDTH, TileName, decode_bundle, encode_bundle
from realcount.log_ports import LogHead, LogStore, Seals, Signer, Subject


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits to be sealed: the entry's bytes, and what it is about."""

    entry: bytes
    subject: Subject


def append_log(pending: Callable[[], Sequence[Pending]], *, log: LogStore, seals: Seals, signer: Signer) -> int:
    """Seal what waits; returns how many entries this call committed.

    `pending` is asked once the last batch is finished, and must leave out whatever is marked as sealed by then.

    Raises `Conflict` if another writer was faster (nothing is lost: what waits still waits), `Drift` if a file of the log
    is not what it must be: then nothing is signed, and nothing goes on until a person has looked.
    """
    head = log.head()
    if head.batch is not None:
        head = _finish(head, log, seals, signer)
    waiting = list({one.subject: one for one in pending()}.values())
    if not waiting:
        return 0
    batch = log.stage(encode_bundle([one.entry for one in waiting]), [one.subject for one in waiting])
    head = log.advance(head, LogHead(head.seq + 1, head.edge, batch))
    _finish(head, log, seals, signer)
    return len(waiting)


def _finish(head: LogHead, log: LogStore, seals: Seals, signer: Signer) -> LogHead:
    """Steps 5 to 8. Two writers may be at this at the same time, and either may have done any part of it before."""
    assert head.batch is not None
    bundle, subjects = log.staged(head.batch)
    before = head.edge
    entries = decode_bundle(TileName(BUNDLES, 0, len(subjects)), bundle)
    after, tiles = before.append([leaf_hash(entry) for entry in entries])
    files = {tile.name.path: tile.data for tile in tiles} | _bundles(before, entries, log)
    for path, data in files.items():
        log.put_file(path, data)
    _publish(after, files, log, signer)
    seals.mark(subjects, before.size)
    return log.advance(head, LogHead(head.seq + 1, after, None))


def _bundles(before: Edge, entries: Sequence[bytes], log: LogStore) -> dict[str, bytes]:
    """The bundles that these entries fill or widen. The last one before them is read, where they go on in it.

    Raises `Drift` if it is not the one whose entries were hashed.
    """
    number, held = divmod(before.size, WIDTH)
    row = list(entries)
    if held:
        name = TileName(BUNDLES, number, held)
        row = decode_bundle(name, log.file(name.path))
        if tuple(map(leaf_hash, row)) != before.rows[0]:
            raise Drift(
                f"the log's file {name.path} does not hold the entries that were sealed; nothing goes on from it"
            )
        row += entries
    blocks = [row[i : i + WIDTH] for i in range(0, len(row), WIDTH)]
    return {TileName(BUNDLES, number + i, len(block)).path: encode_bundle(block) for i, block in enumerate(blocks)}


def _publish(after: Edge, files: dict[str, bytes], log: LogStore, signer: Signer) -> None:
    """Sign the log as it lies there, unless it is signed, or longer, already. Raises `Drift` rather than sign a lie."""
    for path, data in files.items():
        if log.file(path) != data:
            raise Drift(
                f"the log's file {path} is not what was written to it; nothing is signed until it is understood"
            )
    root = Tree(after.size, lambda name: log.file(name.path)).root()
    if root != after.root():
        raise Drift(f"the log's files have another root than its writer at {after.size} entries; nothing is signed")
    known, version = log.checkpoint()
    if known is not None:
        current = read_checkpoint(read_note(known).text)
        if current.size >= after.size:
            _require_ours(current, after.size, root, log)
            return
    text = Checkpoint(signer.key.name, after.size, root).to_text()
    note = Note(text, (signature_of(signer.key, signer.sign, text),))
    try:
        log.publish(note.to_bytes(), version)
    except Conflict:
        # Another writer published this size, or a larger one: it had finished this batch before. Or witnesses' signatures
        # were put under the last checkpoint meanwhile.
        _publish(after, {}, log, signer)


def _require_ours(current: Checkpoint, size: int, root: bytes, log: LogStore) -> None:
    """What another writer published must go on from what this one has: else the head was set back, and what is about to be
    marked is not in the log that everybody sees. Raises `Drift`."""
    said = current.root if current.size == size else Tree(current.size, lambda name: log.file(name.path)).root_at(size)
    if said != root:
        raise Drift(
            f"a checkpoint of {current.size} entries is published already, of which the first {size} are others than these"
        )
