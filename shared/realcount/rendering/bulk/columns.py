"""The columns of bulk files, and the rows in them. What a paper does not say is None, and no zero."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from realcount.domain.contest_tree import ContestTree
from realcount.domain.election import Child, Contest, Region
from realcount.domain.findings import find
from realcount.domain.form import FIGURES, Form
from realcount.domain.paper import Paper
from realcount.domain.sum_tree import Sums

TEXT, INTEGER = "text", "integer"

Value = str | int | None
Row = Sequence[Value]


class Column(NamedTuple):
    """`type` is `text` or `integer`; every column may be empty."""

    name: str
    type: str


class StationColumns:
    """The rows of one contest's stations.

    First the way from the root, two columns for each depth: they bear the level's word where all regions of that depth are
    of one level and no other depth is, else `depth<n>`.
    """

    def __init__(self, tree: ContestTree) -> None:
        self._contest = tree.contest
        self._depths = _depths(tree)
        self._options = tree.contest.option_ids()
        self.columns = (
            *(Column(f"{word}_{part}", TEXT) for word in self._depths for part in ("id", "name")),
            *(Column(name, TEXT) for name in ("station", "kind", "name")),
            Column("registered", INTEGER),
            Column("version", INTEGER),
            Column("form", TEXT),
            Column("entry", INTEGER),
            Column("sha256", TEXT),
            *(Column(f"votes.{option}", INTEGER) for option in self._options),
            *(Column(f"figures.{figure}", INTEGER) for figure in FIGURES),
            Column("findings", TEXT),
        )
        self._nothing = (None,) * (4 + len(self._options) + len(FIGURES) + 1)

    def row(self, way: Sequence[Region], station: Child, paper: Paper | None) -> Row:
        """`way` is the way to the region that holds the station. `paper` is None where nothing counts."""
        missing = len(self._depths) - len(way)
        place = (
            *(text for region in way for text in (region.id, region.name)),
            *((None,) * (2 * missing)),
            station.id,
            station.kind,
            station.name,
            station.registered,
        )
        if paper is None:
            return (*place, *self._nothing)
        numbers = (*paper.votes(), *paper.figures())
        return (*place, paper.version, paper.kind, paper.entry, paper.form, *numbers, self._findings(station, paper))

    def _findings(self, station: Child, paper: Paper) -> str:
        """Their codes, each once, in the order of the rules, with spaces between them."""
        found = find(form_of(self._contest, station.id, paper), self._contest, station.registered)
        return " ".join(dict.fromkeys(finding.code for finding in found))


def form_of(contest: Contest, station: str, paper: Paper) -> Form:
    """The form as far as its numbers go: what the rules of `domain.findings` look at."""
    return Form(
        kind=paper.kind,
        election=contest.key.election,
        contest=contest.key.contest,
        station=station,
        version=paper.version,
        previous=None,
        figures=_present(FIGURES, paper.figures()),
        votes=_present(contest.option_ids(), paper.votes()),
        scans=(),
        reason=None,
        key="",
        signed_at="",
        hash=paper.form,
    )


def region_columns(contest: Contest) -> tuple[Column, ...]:
    return (
        *(Column(name, TEXT) for name in ("region", "level", "name", "way")),
        *(Column(name, INTEGER) for name in ("stations.expected", "stations.counted", "registered")),
        *(Column(name, INTEGER) for name in ("valid", "invalid", "voters")),
        *(Column(f"votes.{option}", INTEGER) for option in contest.option_ids()),
    )


def region_rows(tree: ContestTree, sums: Mapping[str, Sums]) -> Iterator[Row]:
    """Every region once, parents first. `way` are the ids from the root down, with a slash between them."""
    for region, way in tree.walk():
        own = sums[region.id]
        yield (
            *(region.id, region.level, region.name, "/".join(above.id for above in way)),
            *(region.expected, own.stations, region.registered, own.valid, own.invalid, own.voters),
            *own.votes,
        )


def _depths(tree: ContestTree) -> list[str]:
    levels: list[set[str]] = []
    for region, way in tree.walk():
        if len(way) > len(levels):
            levels.append(set())
        levels[len(way) - 1].add(region.level)
    return [
        next(iter(here)) if len(here) == 1 and sum(here <= other for other in levels) == 1 else f"depth{depth}"
        for depth, here in enumerate(levels)
    ]


def _present(names: Sequence[str], numbers: Iterator[int | None]) -> dict[str, int]:
    return {name: number for name, number in zip(names, numbers, strict=True) if number is not None}
