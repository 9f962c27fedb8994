"""Each receipt of one contest held against everything the public can see, with one reading of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realcount.cli.officials_options import SHORT_TRIES
from realcount.cli.terminal import Bar
from realcount.cli.verify_options import Slowly
from realcount.client.patience import Patience
from realcount.client.reading import Reader
from realcount.domain.errors import NotFound, Rejected, Unavailable
from realcount.domain.log.notes import NoteKey, read_key
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.receipts import Receipt
from realcount.officials.frame import Frame
from realcount.officials.outbox import Item
from realcount.officials.standing import Verdict, judge
from realcount.officials.words import age_in_words, say
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Findings
from realcount.verify.prove import LogFiles
from realcount.verify.receipt import PATIENCE, Standing, check_receipt, look_up_all
from realcount.verify.sources import KeptSource, TooLarge
from realcount.verify.state import State
from realcount.verify.url_source import UrlSource


@dataclass(frozen=True, slots=True)
class Held:
    """A receipt and the verdict on it; `log` is why the log could not be looked at, if it could not."""

    verdict: Verdict
    log: str | None = None

    def in_words(self, language: str) -> str:
        said = dict(self.verdict.said)
        if "age" in said:
            said["age"] = age_in_words(int(str(said["age"])), language)
        return say(self.verdict.code, language, **said)

    def to_document(self) -> dict[str, object]:
        return {
            "verdict": self.verdict.code,
            "loud": self.verdict.loud,
            "said": dict(self.verdict.said),
            "log": self.log,
        }

    @classmethod
    def of_document(cls, note: Mapping[str, Any]) -> Held:
        return cls(Verdict(note["verdict"], note["said"]), note["log"])

    @property
    def lasting(self) -> bool:
        """Whether it is still worth saying when it is not looked at again."""
        return self.verdict.loud or self.verdict.code in ("sealed", "superseded", "returned")


def held_receipts(
    items: Sequence[Item],
    frame: Frame,
    base: str,
    root: Path,
    receipts_key: NoteKey | None,
    log_key: NoteKey | None,
    shown: Bar,
    now: str,
) -> list[tuple[Item, Held]]:
    """A verdict on each. What cannot be read is said, and no accusation."""
    key = receipts_key or (read_key(frame.said["receipts_key"]) if frame.said["receipts_key"] else None)
    if key is None:
        return [(item, Held(Verdict("unpinned"))) for item in items]
    findings = Findings()
    receipts = [check_receipt(item.receipt or b"", key, findings) for item in items]
    pages = _pages(items, base, shown)
    log_key = log_key or (read_key(frame.said["log_key"]) if frame.said["log_key"] else None)
    good = [receipt for receipt in receipts if receipt is not None]
    standings, why = _standings(good, frame, base, root, log_key, shown, now)
    of = dict(zip((receipt.form for receipt in good), standings, strict=True))
    return [
        (item, Held(judge(receipt, page, of.get(receipt.form) if receipt else None, now), why))
        for item, receipt, page in zip(items, receipts, pages, strict=True)
    ]


def _pages(items: Sequence[Item], base: str, shown: Bar) -> list[Mapping[str, Any] | None]:
    pages: list[Mapping[str, Any] | None] = [None] * len(items)
    with Reader(base, patience=Patience(tries=SHORT_TRIES)) as reader:
        for i, item in enumerate(items):
            shown.show("pages", i, len(items))
            path = f"/v1/elections/{item.form.election}/contests/{item.form.contest}/stations/{item.form.station}"
            try:
                pages[i] = reader.document(path)
            except NotFound:
                pages[i] = {"versions": []}
            except Unavailable:
                break  # Without a line the others cannot be read either.
    return pages


def _standings(
    receipts: Sequence[Receipt], frame: Frame, base: str, root: Path, key: NoteKey | None, shown: Bar, now: str
) -> tuple[list[Standing | None], str | None]:
    nothing: list[Standing | None] = [None] * len(receipts)
    if key is None:
        return nothing, "the log's key is not known yet"
    findings = Findings()
    try:
        with UrlSource(base.rstrip("/") + frame.said["log"]) as files:
            kept = KeptSource(files, State(root / "log", key).files)
            word = read_word(kept, key, (), 0, findings)
            if word is None:
                return nothing, "; ".join(map(str, findings.kept()))
            found = look_up_all(receipts, LogFiles(kept, word), now, PATIENCE, Slowly(shown), findings)
            return list(found), None
    except (Unavailable, Rejected, NotFound, NotProven, TooLarge, ValueError, OSError) as error:
        return nothing, " ".join(str(error).split())
