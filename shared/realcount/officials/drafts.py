"""What an official typed, before anything is signed: one form, or a district's as CSV with the scans beside it.

A CSV has a column `station`; a column for each figure (`voters.total`, `valid`…) and for each option (`votes.01`…); and, if
wanted, `scans` (file names beside the CSV, with `;` between them), `kind` and `reason`. An empty cell is a figure that the
paper does not have. Without names in `scans` the pictures are those called `<station>.jpg`, or `<station>-1.jpg`, `-2`… by page.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from realcount.domain.errors import Refusal, Rejected
from realcount.domain.form import FIGURE_NAMES, MAX_FIGURE
from realcount.officials.official import Scan
from realcount.officials.scans import read_scan

SUFFIXES = (".jpg", ".jpeg", ".png")
VOTES = "votes."
_NUMBER = re.compile(r"[0-9]{1,7}")
_OTHERS = ("station", "scans", "kind", "reason")


@dataclass(frozen=True, slots=True)
class Draft:
    """One form to be signed. `where` is where it was typed, for messages."""

    where: str
    station: str
    figures: Mapping[str, int]
    votes: Mapping[str, int]
    scans: tuple[Scan, ...]
    kind: str = "form"
    reason: str | None = None


def read_forms(path: Path) -> list[Draft]:
    """The forms of a CSV, or of the one CSV in a folder. Raises `Rejected` with everything that is wrong in it."""
    if path.is_dir():
        listed = sorted(path.glob("*.csv"))
        if len(listed) != 1:
            raise Rejected([Refusal("no-file", str(path), f"has {len(listed)} files *.csv; one is needed")])
        path = listed[0]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise Rejected([Refusal("no-file", str(path), str(error))]) from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    refusals: list[Refusal] = []
    drafts: list[Draft] = []
    try:
        columns = list(rows.fieldnames or ())
        refusals += _columns(path, columns)
        for row in () if refusals else rows:
            where = f"{path.name}:{rows.line_num}"
            if None in row or None in row.values():
                refusals.append(Refusal("bad-value", where, "has another number of cells than the first line"))
                continue
            drafts.append(_draft(where, row, path.parent, refusals))
    except csv.Error as error:
        refusals.append(Refusal("bad-value", f"{path.name}:{rows.line_num + 1}", str(error)))
    seen: set[str] = set()
    for draft in drafts:
        if draft.station in seen:
            refusals.append(Refusal("twice", f"{draft.where}: station", draft.station))
        seen.add(draft.station)
    if not drafts and not refusals:
        refusals.append(Refusal("missing-field", path.name, "there is no form in it"))
    if refusals:
        raise Rejected(refusals)
    return drafts


def one_form(
    station: str,
    numbers: Mapping[str, str],
    scans: tuple[Path, ...],
    kind: str = "form",
    reason: str | None = None,
) -> Draft:
    """A form from options of a command: `numbers` by figure, or `votes.<option>`. Raises `Rejected`."""
    refusals = [
        Refusal("unknown-field", name, "is no figure of a form") for name in numbers if not _is_number_column(name)
    ]
    pages = tuple(range(1, len(scans) + 1)) if len(scans) > 1 else (None,)
    read = [read_scan(path, page, "scans") for path, page in zip(scans, pages, strict=False)]
    refusals += [scan for scan in read if isinstance(scan, Refusal)]
    figures, votes = _numbers(station, numbers, refusals)
    if refusals:
        raise Rejected(refusals)
    return Draft(station, station, figures, votes, tuple(s for s in read if isinstance(s, Scan)), kind, reason)


def _columns(path: Path, columns: list[str]) -> list[Refusal]:
    wrong = [name for name in columns if name not in _OTHERS and not _is_number_column(name)]
    refusals = [Refusal("unknown-field", f"{path.name}:1", f"the column {name!r} is none of a form") for name in wrong]
    if "station" not in columns:
        refusals.append(Refusal("missing-field", f"{path.name}:1", "a column `station` is needed"))
    twice = sorted({name for name in columns if columns.count(name) > 1})
    return refusals + [Refusal("twice", f"{path.name}:1", f"the column {name!r}") for name in twice]


def _is_number_column(name: str) -> bool:
    return name in FIGURE_NAMES or (name.startswith(VOTES) and len(name) > len(VOTES))


def _draft(where: str, row: Mapping[str, str], folder: Path, refusals: list[Refusal]) -> Draft:
    station = row["station"].strip()
    figures, votes = _numbers(where, {name: cell for name, cell in row.items() if name not in _OTHERS}, refusals)
    kind = (row.get("kind") or "form").strip()
    named = [name.strip() for name in (row.get("scans") or "").split(";") if name.strip()]
    files = [(folder / name, None) for name in named] if kind != "withdrawal" else []
    if len(files) > 1:
        files = [(file, page) for page, (file, _) in enumerate(files, start=1)]  # type: ignore[misc]
    scans = [
        read_scan(file, page, f"{where}: scans")
        for file, page in files or ([] if kind == "withdrawal" else _beside(folder, station))
    ]
    refusals += [scan for scan in scans if isinstance(scan, Refusal)]
    reason = (row.get("reason") or "").strip() or None
    return Draft(where, station, figures, votes, tuple(s for s in scans if isinstance(s, Scan)), kind, reason)


def _beside(folder: Path, station: str) -> list[tuple[Path, int | None]]:
    """The pictures that bear the station's name, by page."""
    for suffix in SUFFIXES:
        if (folder / f"{station}{suffix}").is_file():
            return [(folder / f"{station}{suffix}", None)]
    pages = [
        (folder / f"{station}-{page}{suffix}", page)
        for page in range(1, 10)
        for suffix in SUFFIXES
        if (folder / f"{station}-{page}{suffix}").is_file()
    ]
    return list(pages)


def _numbers(where: str, cells: Mapping[str, str], refusals: list[Refusal]) -> tuple[dict[str, int], dict[str, int]]:
    figures: dict[str, int] = {}
    votes: dict[str, int] = {}
    for name, cell in cells.items():
        text = cell.strip()
        if not text:
            continue
        if not _NUMBER.fullmatch(text):
            told = f"{text[:20]!r} must be a whole number from 0 to {MAX_FIGURE}, in digits alone"
            refusals.append(Refusal("bad-value", f"{where}: {name}", told))
        elif name.startswith(VOTES):
            votes[name.removeprefix(VOTES)] = int(text)
        else:
            figures[name] = int(text)
    return figures, votes
