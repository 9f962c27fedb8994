"""What does not hold, as values: a code that programs can rely on, the place, what was found there and what should be.

A check collects them and goes on. A log made by an enemy can be wrong in a million places; so many of each code are
kept as a person can look at, and the others are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

KEPT = 100
"""Findings of one code that are kept word for word."""

CODES: Mapping[str, str] = {
    "log-shrank": "the log's word covers less than the word it gave before",
    "log-forked": "two different logs of the same size, both signed by the log's key",
    "log-rewritten": "the log does not go on from what it was when it was seen last",
    "bad-checkpoint": "the checkpoint cannot be read",
    "checkpoint-unsigned": "the checkpoint is not signed by the log's key",
    "wrong-origin": "the checkpoint is another log's",
    "too-few-witnesses": "fewer witnesses than asked for have cosigned the checkpoint",
    "root-differs": "the files are not the tree whose root was signed",
    "missing": "a file that the log needs is not there",
    "too-large": "a file is larger than any honest one",
    "bad-bundle": "a bundle does not hold the entries its name says",
    "bad-tile": "a tile does not hold the hashes its name says",
    "entry-differs": "an entry is not the one that was hashed into the signed root",
    "tile-differs": "a tile is not what the entries below it hash to",
    "changed-while-read": "a file was another one when it was read a second time",
    "not-opened": "the log does not begin with the opening of its election",
    "second-opening": "the log opens an election again, or a second one",
    "bad-contest": "a contest is opened twice, or before its election",
    "bad-entry": "an entry can be none by itself",
    "bad-key-event": "a key is registered twice, an unknown one revoked, or one distrusted that is not revoked, or is already",
    "bad-recall": "a form is recalled that no key's distrust recalls, or in other words than that one's",
    "recall-missing": "a key that signed a form is distrusted from before it signed, and the form is not recalled",
    "bad-signature": "an official's signature does not hold",
    "wrong-signer": "the key was not registered, not good at that time, of the wrong role, or both are one person's",
    "out-of-reach": "the key does not speak for the station",
    "unknown-station": "the station is not in the election's tree, or not in this contest's",
    "wrong-contest": "a form for a contest or an option that does not stand",
    "wrong-version": "a form is not the next of its station",
    "bad-snapshot": "a snapshot of no root, of the future, or one that goes back",
    "snapshot-differs": "a signed total is not what the log's forms add up to",
    "node-differs": "a published node of the sum tree is not what the log's forms add up to",
    "units-differ": "the tree of the election is not the one the log was opened with",
    "bad-units": "the tree of the election is none",
    "page-differs": "a public page shows other numbers than the log's forms add up to",
    "bad-page": "a public page is none, or does not add up by itself",
    "bad-receipt": "the receipt cannot be read",
    "receipt-unsigned": "the receipt is not signed by the key of receipts",
    "receipt-contradicted": "another form stands in the log as the version that the receipt is for",
    "bad-proof": "the proof file cannot be read",
    "not-proven": "the proof does not prove what it claims",
    "scan-differs": "a scan is not one that the signed form names",
}
"""Every code, and what it means. The first three are the worst: the log gave two words."""

LOUDEST = ("log-shrank", "log-forked", "log-rewritten")


@dataclass(frozen=True, slots=True)
class Finding:
    """`file` is the path below the log's prefix, or the address of a page. `entry` is an index in the log."""

    code: str
    file: str
    found: str
    expected: str
    entry: int | None = None
    unit: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        place += [] if self.entry is None else [f"entry {self.entry}"]
        place += [] if self.unit is None else [f"unit {self.unit}"]
        return f"{self.code}: {', '.join(place)}: {self.found}; expected: {self.expected}"

    def to_document(self) -> dict[str, object]:
        return {
            "code": self.code,
            "file": self.file,
            "entry": self.entry,
            "unit": self.unit,
            "found": self.found,
            "expected": self.expected,
        }


class Findings:
    """Those of one check, in the order they were made. `counts` counts all of them, kept or not."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self.counts: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        if self.counts[finding.code] <= KEPT:
            self._kept.append(finding)

    def add_all(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.add(finding)

    def kept(self) -> list[Finding]:
        """The loudest first, the others as they were found."""
        return sorted(self._kept, key=lambda finding: finding.code not in LOUDEST)

    def __bool__(self) -> bool:
        return bool(self.counts)


def shown(data: bytes) -> str:
    """Bytes as a person can compare them: a hash in full, anything longer cut."""
    return data.hex() if len(data) <= 32 else f"{data[:32].hex()}… ({len(data)} bytes)"
