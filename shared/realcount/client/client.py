"""The client: what a program that reads the count asks."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from realcount.client.downloads import Progress, download
from realcount.client.flagged import read_flagged
from realcount.client.following import EVERY, follow
from realcount.client.past import edition_of, results_at
from realcount.client.patience import Patience
from realcount.client.places import contest_page, place_path
from realcount.client.reading import Reader
from realcount.client.results import Results, read_results
from realcount.domain.errors import NotFound


class Client:
    """Reads below `base`, such as `https://count.example`. All calls raise `NotFound` for what does not exist, and
    `Unavailable` for what cannot be read after some patience; what has been given up may be tried again."""

    def __init__(self, base: str, *, patience: Patience | None = None) -> None:
        """Raises `Unavailable` for what is no address. `patience` has the clock, the sleep and the chance to wait by."""
        self._reader = Reader(base, patience=patience)
        self._seen: dict[str, Results] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._reader.close()

    def results(
        self,
        place: str | None = None,
        *,
        contest: str | None = None,
        election: str | None = None,
        edition: int | None = None,
        at: str | None = None,
    ) -> Results:
        """The results of a region or station, by id or name; of the contest's first root if no place is given, of the first
        contest of the latest election if none is named. As they are, or at an `edition`, or at an instant `at`.

        What one client is told never gets older: where a cache answers with less than was seen, it is what was seen.
        """
        path = self._path(place, contest, election)
        if edition is not None:
            return edition_of(self._reader, path, edition)
        if at is not None:
            return results_at(self._reader, path, at)
        found = read_results(path, self._reader.get(path))
        seen = self._seen.get(path)
        if seen is None or found.edition >= seen.edition:
            self._seen[path] = found
        return self._seen[path]

    def options(self, results: Results) -> dict[str, str]:
        """The names of what was voted for, by id, in the order of the ballot."""
        contest = self._reader.document(results.document["links"]["contest"])
        return {option["id"]: option["name"] for option in contest["options"]}

    def flagged(self, results: Results) -> dict[str, Any] | None:
        """What is flagged below a region as it was listed last, with the stations of all parts of a list; None for a place
        that has no such list, or not yet. The list may be of another edition than `results`."""
        path = results.document["links"].get("flagged")
        try:
            return None if path is None else read_flagged(self._reader, path)
        except NotFound:
            return None

    def watch(
        self,
        place: str | None = None,
        *,
        contest: str | None = None,
        election: str | None = None,
        every: float = EVERY,
    ) -> Iterator[Results]:
        """The results of a region, and each newer edition, for ever; looks about every `every` seconds."""
        first = self.results(place, contest=contest, election=election)
        for results in follow(self._reader, first, every):
            self._seen[results.path] = results
            yield results

    def bulk(self, *, contest: str | None = None, election: str | None = None) -> dict[str, Any]:
        """The index of the newest bulk files of a contest."""
        return self._reader.document(f"{contest_page(self._reader, election, contest)['links']['self']}/bulk")

    def download(
        self,
        folder: Path,
        *,
        contest: str | None = None,
        election: str | None = None,
        only: Sequence[str] = (),
        progress: Progress = lambda name, there, size: None,
    ) -> list[Path]:
        """The newest bulk files of a contest, into `folder`; those whose names match one of `only` (`*.csv.gz`), if any.

        Each is checked against the index by size and SHA-256 and has its name only then. Raises `Drift` for one that is not
        what the index says.
        """
        files = [
            file
            for file in self.bulk(contest=contest, election=election)["files"]
            if not only or any(fnmatch.fnmatchcase(file["path"].rpartition("/")[2], pattern) for pattern in only)
        ]
        if not files:
            raise NotFound(f"no bulk file is called {' or '.join(only)}" if only else "there are no bulk files yet")
        return [download(self._reader, file, folder, progress) for file in files]

    def _path(self, place: str | None, contest: str | None, election: str | None) -> str:
        return place_path(self._reader, contest_page(self._reader, election, contest), place)
