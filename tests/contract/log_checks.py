"""A published log, read as a reader reads it and held against the ledger it came from."""

from __future__ import annotations

from collections.abc import Iterable

from realcount.domain.election import ContestKey
from realcount.domain.fold import Fold, Verify
from realcount.domain.ledger import APPROVE
from realcount.domain.log.checkpoints import read_checkpoint
from realcount.domain.log.hashing import leaf_hash, root_of
from realcount.domain.log.notes import read_note
from realcount.domain.log.proofs import Tree
from realcount.domain.log.tiles import decode_bundle, tile_names
from realcount.log_ports import LogStore
from realcount.ports import FormStore


def published_entries(log: LogStore) -> list[bytes]:
    """Every entry, after tiles, bundles and checkpoint have been held against each other."""
    note, _ = log.checkpoint()
    if note is None:
        return []
    checkpoint = read_checkpoint(read_note(note).text)
    assert Tree(checkpoint.size, lambda name: log.file(name.path)).root() == checkpoint.root
    bundles = [name for name in tile_names(checkpoint.size) if name.level < 0]
    entries = [entry for name in bundles for entry in decode_bundle(name, log.file(name.path))]
    assert root_of([leaf_hash(entry) for entry in entries]) == checkpoint.root
    return entries


def check_against_ledger(
    log: LogStore, forms: FormStore, stations: Iterable[tuple[ContestKey, str]], verify: Verify
) -> int:
    """At rest: every approved form is in the log, once, as its seal says; returns how many forms are."""
    entries = published_entries(log)
    assert len(set(entries)) == len(entries), "an entry is there twice"
    fold = Fold(verify=verify)
    fold.take(entries)
    sealed = 0
    for contest, station in stations:
        approved = [v.form.version for v, r in forms.history(contest, station) if r and r.decision == APPROVE]
        seals = forms.seals(contest, station)
        assert sorted(seals) == approved, f"a form of {station} was lost, or sealed unapproved"
        counted = fold.stations.get((contest, station))
        assert (counted.version if counted else None) == (approved[-1] if approved else None)
        assert (counted.index if counted else None) == (seals[approved[-1]] if approved else None)
        sealed += len(approved)
    others = len(fold.keys) + len(fold.openings) + len(fold.contests) + len(fold.snapshots)
    assert len(entries) == sealed + others, "the log has a form that the ledger has not"
    return sealed
