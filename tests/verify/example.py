"""The worked example of docs/log-format.md: ten entries, everything that lies in public, and one station's proof.

`python -m tests.verify.example` writes it anew into docs/log-example/, where implementers find it.
"""

from __future__ import annotations

from pathlib import Path

from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.snapshots import Snapshot
from realcount.domain.log.station_proofs import assemble
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Findings
from realcount.verify.prove import LogFiles, find_places
from tests import small_election as small
from tests.verify.building import LOG, OFFICIALS, WITNESSES, MemorySource, Writer, lay_down, note_of, published

FOLDER = Path(__file__).parents[2] / "docs" / "log-example"
PROOF = "S1.proof.json"


def writer() -> Writer:
    made = Writer()
    made.open(OFFICIALS[:2])
    made.count(small.PPWP, "S1", (150, 120))
    made.count(small.PPWP, "S4", (80, 95))
    made.count(small.PPWP, "S1", (151, 119))
    made.snapshot(small.PPWP, "N")
    return made


def files() -> dict[str, bytes]:
    """The log's files, with the key that checks it, a witness's key, and the proof of station S1."""
    made = writer()
    log = published(made, note=note_of(made.entries, witnesses=WITNESSES[:1]))
    word = read_word(MemorySource(log), LOG.key, (), 0, Findings())
    assert word is not None
    open_log = LogFiles(MemorySource(log), word)
    proof = assemble(open_log, find_places(open_log, small.PPWP, "S1", lambda *_: None)).to_bytes()
    keys = {"log.key": LOG.key, "witness.key": WITNESSES[0].key}
    return log | {name: key.to_text().encode() + b"\n" for name, key in keys.items()} | {PROOF: proof}


def table() -> list[str]:
    """The lines of the example's table, as they stand in docs/log-format.md."""
    made = writer()
    lines = []
    for index, (entry, what) in enumerate(
        zip(
            made.entries,
            (
                "the opening",
                "contest ppwp",
                "contest dpr",
                "contest dprd",
                "a submitter's key",
                "an approver's key",
                "a form of S1",
                "a form of S4",
                "S1 corrected",
                "a snapshot",
            ),
            strict=True,
        )
    ):
        lines.append(f"| {index} | {what} | {len(entry)} | `{leaf_hash(entry).hex()}` |")
    return lines


def roots() -> tuple[str, str]:
    """The log's root, and the sum tree's."""
    made = writer()
    snapshot = made.fold.snapshots[-1][1]
    assert isinstance(snapshot, Snapshot)
    word = read_word(MemorySource(files()), LOG.key, (), 0, Findings())
    assert word is not None
    return word.checkpoint.root.hex(), snapshot.root.hex()


if __name__ == "__main__":
    lay_down(files(), FOLDER)
