"""What is wrong with an election's files: which file, which line, what, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from realcount.domain.errors import Refusal, Rejected


class FileFinding(NamedTuple):
    """One thing wrong with one line. `line` counts from 1; `where` is the column, or the member's path in election.json."""

    file: str
    line: int
    where: str
    problem: str

    def __str__(self) -> str:
        return ": ".join(part for part in (f"{self.file}:{self.line}", self.where, self.problem) if part)


class FilesRefused(Rejected):
    """The folder is refused whole. `findings` are all there are, by file and line."""

    def __init__(self, folder: str, findings: Sequence[FileFinding]) -> None:
        self.folder = folder
        self.findings = tuple(sorted(set(findings)))
        super().__init__([Refusal("bad-election-file", f"{f.file}:{f.line}", f.problem) for f in self.findings])
