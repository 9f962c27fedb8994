"""What a receipt is worth: by itself, it proves what was accepted and when; beside a log, whether the log has it.

A receipt does not say that the form was approved, and a log does not say what was not. So a form that is missing is an
accusation only together with an approval that somebody saw.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from realcount.domain.election import ContestKey
from realcount.domain.errors import Rejected
from realcount.domain.instants import from_instant
from realcount.domain.log.hashing import leaf_hash
from realcount.domain.log.notes import NoteKey
from realcount.domain.log.proofs import check_inclusion
from realcount.domain.log.receipts import Receipt, read_receipt
from realcount.domain.log.sealed_forms import SealedForm
from realcount.domain.log.sealed_recalls import SEALED_RECALL, SealedRecall
from realcount.domain.log.tiles import WIDTH
from realcount.verify.findings import Finding, Findings
from realcount.verify.prove import LogFiles
from realcount.verify.reading import is_form, read_safely
from realcount.verify.rehash import Progress
from realcount.verify.signatures import holds

PATIENCE = timedelta(hours=24)
"""How long a form may be without an entry before it is worth asking why. A second official needs hours for some; the
minute that is promised counts from the approval, of which neither receipt nor log knows."""

_SAYS_RECALL = f'"type":"{SEALED_RECALL}"'.encode()

ENTRY, SUPERSEDED, RECALLED = "entry", "superseded", "recalled"
ABSENT, OVERDUE, CONTRADICTED = "absent", "overdue", "contradicted"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the log of `size` entries has the form: `state` is one of the words above, `index` its entry, or that of another
    form of the very same version (`contradicted`); `later` is the version after it that counts instead, or the entry that
    recalled it."""

    state: str
    size: int
    index: int | None = None
    later: int | None = None


def check_receipt(data: bytes, key: NoteKey, findings: Findings) -> Receipt | None:
    """The receipt if `key` signed it, else None with why. Needs no network."""
    try:
        receipt, note = read_receipt(data)
    except Rejected as error:
        findings.add(Finding("bad-receipt", "receipt", str(error), "a receipt as the API gives it"))
        return None
    if receipt.name != key.name or not note.signed_by(key, holds):
        names = ", ".join(dict.fromkeys(signature.name for signature in note.signatures))
        findings.add(Finding("receipt-unsigned", "receipt", f"signatures of {names}", f"one of {key.to_text()}"))
        return None
    return receipt


def look_up(
    receipt: Receipt, log: LogFiles, now: str, patience: timedelta, progress: Progress, findings: Findings
) -> Standing:
    """Look through the entries for the form. What is found is proven to be in the signed log; that nothing was hidden in a
    spoilt file, only a check of the whole log shows. Raises what the log's files raise."""
    return look_up_all([receipt], log, now, patience, progress, findings)[0]


def look_up_all(
    receipts: Sequence[Receipt],
    log: LogFiles,
    now: str,
    patience: timedelta,
    progress: Progress,
    findings: Findings,
) -> list[Standing]:
    """`look_up` of many, in their order, with one reading of the log."""
    wanted = {receipt.station.encode() for receipt in receipts}
    found: dict[tuple[ContestKey, str], dict[int, _Entry]] = {}
    for number, entries in log.bundles():
        progress("looking for the form", number + 1, -(-log.size // WIDTH))
        for i, entry in enumerate(entries):
            if not (is_form(entry) or _SAYS_RECALL in entry) or wanted.isdisjoint(_IDS.findall(entry)):
                continue
            said = read_safely(entry)
            if isinstance(said, SealedForm):
                form = said.form
                at = found.setdefault((ContestKey(form.election, form.contest), form.station), {})
                at[form.version] = _Entry(number * WIDTH + i, form.hash, leaf_hash(entry))
            elif isinstance(said, SealedRecall):
                at = found.get((said.contest, said.station), {})
                if said.version in at:
                    at[said.version] = at[said.version]._replace(recalled=number * WIDTH + i)
    return [
        _standing(receipt, found.get((receipt.contest, receipt.station), {}), log, now, patience, findings)
        for receipt in receipts
    ]


class _Entry(NamedTuple):
    number: int
    form: str
    leaf: bytes
    recalled: int | None = None


_IDS = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")
"""What can be an id in an entry, and much that is none."""


def _standing(
    receipt: Receipt,
    found: Mapping[int, _Entry],
    log: LogFiles,
    now: str,
    patience: timedelta,
    findings: Findings,
) -> Standing:
    if receipt.version not in found:
        late = from_instant(now) - from_instant(receipt.received_at) > patience
        return Standing(OVERDUE if late else ABSENT, log.size)
    index, form, leaf, recalled = found[receipt.version]
    check_inclusion(leaf, index, log.size, log.tree.inclusion_proof(index), log.word.checkpoint.root)
    if form != receipt.form:
        findings.add(
            Finding("receipt-contradicted", "receipt", f"the form {form}", receipt.form, index, receipt.station)
        )
        return Standing(CONTRADICTED, log.size, index)
    later = max((version for version, entry in found.items() if entry.recalled is None), default=0)
    if later <= receipt.version and recalled is not None:
        return Standing(RECALLED, log.size, index, recalled)
    if later > receipt.version:
        return Standing(SUPERSEDED, log.size, index, later)
    return Standing(ENTRY, log.size, index)
