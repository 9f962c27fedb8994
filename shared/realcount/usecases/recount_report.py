"""What a recount came to, in words that name the place: which store, which row, what was expected and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field

from realcount.domain.election import ContestKey
from realcount.domain.errors import RealcountError

LOG, LEDGER, TALLY, PAGES = "log", "ledger", "tally", "pages"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two numbers that must be equal and are not. `store` is where the one lies that is held against the log or against
    its children; `unit` and `parent` name the row or page (`parent` None: a page, or a station of the ledger)."""

    store: str
    contest: ContestKey
    unit: str
    parent: str | None
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        under = "" if self.parent is None else f" under {self.parent!r}"
        return (
            f"{self.store}: {self.unit!r}{under} in {self.contest}: {self.what} should be {self.expected}, "
            f"found {self.found}"
        )

    def to_document(self) -> dict[str, object]:
        return {
            "store": self.store,
            "contest": str(self.contest),
            "unit": self.unit,
            "parent": self.parent,
            "what": self.what,
            "expected": self.expected,
            "found": self.found,
        }


@dataclass(frozen=True, slots=True)
class Lag:
    """A row or page that has not caught up with what lies below it. `at` is the version it stands at."""

    store: str
    unit: str
    parent: str | None
    at: int


@dataclass(slots=True)
class Recounted:
    """What one run came to.

    `size` is how many entries of the log are counted, `behind` how many of it are not yet (then nothing was compared).
    `rows` were compared with the log, `regions` looked at closely, `left` not for lack of time. `late` are rows and pages
    that have been behind for longer than the sweep takes, `unsealed` the forms that were approved and have waited for
    longer than was promised, `unmatched` receipts whose forms are not where they must be, all in words; `failed` is what could not be read, by region, and so was not judged.
    """

    size: int = 0
    behind: int = 0
    rows: int = 0
    regions: int = 0
    left: int = 0
    differences: list[Difference] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    unsealed: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    failed: dict[str, RealcountError] = field(default_factory=dict)

    def add(self, other: Recounted) -> None:
        """Another election's."""
        for name in ("size", "behind", "rows", "regions", "left"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.differences += other.differences
        self.late += other.late
        self.unsealed += other.unsealed
        self.unmatched += other.unmatched
        self.failed |= other.failed
