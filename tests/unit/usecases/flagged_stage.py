"""The stage of the tests about flagged stations: an election in memory whose rows move one by one, in any order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from realcount.cli.election_files import read_election
from realcount.domain.election import TOP, Contest, Election, Region, Station
from realcount.domain.tally import Tally, zero
from realcount.local.memory import MemoryCopies, MemoryEditions, MemoryElections, MemoryLog, MemoryPages, MemoryTallies
from realcount.local.simulation.election import invent, write_files
from realcount.rendering.deltas import is_upper
from realcount.rendering.encoding import document_of
from realcount.rendering.paths import flagged_path, region_path
from realcount.usecases.flagged_stations import Memory
from realcount.usecases.list_flagged import FlaggedListed, list_flagged
from realcount.usecases.load_election import load_election
from realcount.usecases.roll_up import recompute

NOON = "2019-04-17T12:00:00.000Z"

Units = Sequence[Region | Station]


@cache
def deep() -> tuple[Election, Units]:
    """An election with districts and villages between regencies and stations."""
    with tempfile.TemporaryDirectory() as folder:
        write_files(invent(7), Path(folder))
        files = read_election(Path(folder))
    return files.election, tuple(files.units)


class Stage:
    def __init__(self, election: Election, units: Units) -> None:
        self.election = election
        self.elections, self.tallies = MemoryElections(), MemoryTallies()
        self.copies, self.pages = MemoryCopies(), MemoryPages()
        self.memory: Memory = {}
        self.regions = {unit.id: unit for unit in units if isinstance(unit, Region)}
        self.stations = {unit.id: unit for unit in units if isinstance(unit, Station)}
        load_election(
            election, units, elections=self.elections, editions=MemoryEditions(), copies=self.copies, pages=self.pages,
            log=MemoryLog(),
        )  # fmt: skip

    def form(self, contest: Contest, station: str, findings: Sequence[str] = (), *, counts: bool = True) -> None:
        """The next thing that happens at the station: its row is written, as count_form would."""
        parents = contest.parents_of(self.stations[station])
        was = self.tallies.row(contest.key, parents[0], station) or zero(len(contest.options))
        row = Tally(
            was.sv + 1, (int(counts),) * len(contest.options), 0, 0, 0, 1, int(counts), int(bool(findings)), 0, NOON,
            tuple(findings), station if findings else None,
        )  # fmt: skip
        for parent in parents:
            self.tallies.advance(contest.key, parent, station, row)

    def roll_up(self, contest: Contest, *regions: str) -> None:
        for region in regions:
            recompute(contest.key, region, elections=self.elections, tallies=self.tallies)

    def settle(self) -> None:
        for contest in self.election.contests:
            self.roll_up(contest, *self._bottom_up(contest))

    def run(self, contest: Contest, **given: Any) -> FlaggedListed:
        ports: dict[str, Any] = {
            **{"elections": self.elections, "tallies": self.tallies, "copies": self.copies, "pages": self.pages},
            **{"memory": self.memory, "goes_on": lambda: True, **given},
        }
        return list_flagged(contest, **ports)

    def uppers(self, contest: Contest) -> list[Region]:
        return [region for region in self.regions.values() if is_upper(region) and contest.covers(region)]

    def read(self, contest: Contest, region: str) -> dict[str, Any]:
        """A region's document, with the stations of all its parts. It and its copy are the same."""
        path: str | None = flagged_path(region_path(contest.key, region))
        whole: dict[str, Any] = {}
        while path is not None:
            page = self.pages.get(path)
            assert page is not None, path
            assert page == self.copies.get(path)
            part = document_of(page)
            assert page.edition == part["edition"]
            path = part["links"]["next"]
            assert page.link == (None if path is None else f'<{path}>; rel="next"')
            if whole:
                counts = ("edition", "updated_at", "flagged", "waiting", "by_finding", "parts")
                assert [part[name] for name in counts] == [whole[name] for name in counts]
                whole["stations"] += part["stations"]
            else:
                whole = part
        return whole

    def flagged(self, contest: Contest, region: str) -> dict[str, Tally]:
        """By the rows of stations alone: what is flagged below a region now."""
        return {
            child: row
            for inner in self._below(contest, region)
            if self.regions[inner].holds == "stations"
            for child, row in self.tallies.children(contest.key, inner).items()
            if row.flagged
        }

    def _below(self, contest: Contest, region: str) -> Iterator[str]:
        yield region
        if self.regions[region].holds == "regions":
            for child in self.regions[region].children_in(contest):
                yield from self._below(contest, child.id)

    def _bottom_up(self, contest: Contest) -> Iterable[str]:
        found = [region for root in contest.roots for region in self._below(contest, root)]
        return dict.fromkeys(reversed(found))

    def edition(self, contest: Contest, region: str) -> int:
        """What the region's page is at, once everything is rolled up."""
        parent = contest.parents_of(self.regions[region])[0]
        assert parent == TOP or parent in self.regions
        row = self.tallies.row(contest.key, parent, region)
        return row.sv if row else 0
