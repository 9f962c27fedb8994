"""The append-only public log, as values: C2SP tlog-tiles, tlog-checkpoint and signed-note, and the proofs of RFC 6962.

Pure: bytes and integers in, bytes and integers out. Nothing here knows where tiles lie or who signs; whoever checks a log
from outside needs this package, a SHA-256 and an Ed25519, and no more.

    hashing      what a leaf and a node hash to
    tiles        how the tree is cut into files, and what the files are called
    edge         the writer's state: the right edge of the tree, which every append moves
    proofs       a form is in the log; a log only grew
    notes        text with signatures under it
    checkpoints  what the log says of itself: its name, its size, its root
    entries      what stands in the log: sealed_forms, sealed_keys, sealed_recalls, snapshots
    unit_lists   the tree of the election, so that sums can be added up again
    witnessing   what others are asked to sign, so that there is one log for everybody
"""
