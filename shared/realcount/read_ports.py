"""What is only read, of stores that others write: the parts of their ports that a recount stands on. With these in its hands
it could write nothing, even by mistake.

The rules of `ports` hold here as well: reads are strong, and raise `Unavailable` for a store that does not answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from realcount.domain.election import ContestKey
from realcount.domain.ledger import FormVersion, Head, Review
from realcount.domain.page import Page
from realcount.domain.tally import Row, Tally
from realcount.domain.upload import Upload


class HeadReader(Protocol):
    """Of `ports.FormStore`."""

    def heads(self, contest: ContestKey, stations: Sequence[str]) -> Mapping[str, Head]:
        """The heads of many stations; those without a form are left out. For the sealer and the sweep."""
        ...

    def counting(
        self, contest: ContestKey, heads: Mapping[str, Head]
    ) -> Mapping[str, tuple[FormVersion | None, int | None]]:
        """By these heads of stations: the version that counts at each, and the entry of the public log it is noted as.

        None for what is not there; stations where nothing counts are left out. For the recount.
        """
        ...

    def history(
        self, contest: ContestKey, station: str, at: Head | None = None
    ) -> Sequence[tuple[FormVersion, Review | None]]:
        """Every version with the decision that stands, oldest first; by a head `at`, with the one that stood then."""
        ...


class UploadReader(Protocol):
    """Of `ports.UploadStore`."""

    def accepted(self, election: str, turn: int, shares: int) -> Iterator[Upload]:
        """The accepted uploads of an election that lie in one of `shares` parts of the store, part `turn % shares`: in as many
        turns, all of them. In no order; each as it was settled."""
        ...


class RowReader(Protocol):
    """Of `ports.TallyStore`."""

    def row(self, contest: ContestKey, parent: str, child: str) -> Tally | None: ...

    def children(self, contest: ContestKey, parent: str) -> Mapping[str, Tally]:
        """Every row under the parent, each read strongly (base table, all pages). Not a snapshot: rows are read one by one.

        Each returned row is at least as new as any row acknowledged before the call began.
        """
        ...

    def all_rows(self, election: str) -> Iterator[Row]:
        """Every row of every contest of an election, each read strongly, in no order. Holds a few answers at a time.

        Not a snapshot: a row that moves during the reading may show itself before or after, and a parent's row before or
        after its children's. Each is at least as new as what was acknowledged before the first was asked for.
        """
        ...


class PageFinder(Protocol):
    """Of `ports.PageStore`."""

    def find_all(self, paths: Iterable[str]) -> Mapping[str, Page]:
        """The pages themselves, read as `editions` are. For the recount."""
        ...
