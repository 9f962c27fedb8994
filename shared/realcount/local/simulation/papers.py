"""What the papers of the invented stations say, and what is wrong with some of them, as with real ones.

Most papers are complete and add up. Some carry a mistake in a sum, some lack a figure: they are counted as written, and
flagged. One station's votes are first typed a hundred too high and then corrected; one station's form is withdrawn.
"""

from __future__ import annotations

import io
import random
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from realcount.domain.election import ContestKey
from realcount.local.simulation.election import OPTIONS, SimulatedElection
from realcount.officials.official import Official, Scan, form_hash

TOO_HIGH = 100
"""Votes that the corrected station's first version has too many."""

_TYPE = ImageFont.load_default_imagefont()

_SIGNED = "2024-02-14T08:00:00.000Z"
"""When the officials of the simulation sign their papers. A paper may be as old as it likes; a request may not."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One signed version of a station's form, and what it is: `kind` as in the form."""

    station: str
    kind: str
    form: bytes
    scans: tuple[Scan, ...]

    @property
    def hash(self) -> str:
        return form_hash(self.form)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a station's paper says: `votes` per option, and every other figure by its name."""

    votes: Mapping[str, int]
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Filing:
    """Everything one station will ever send, in order; `counts` are the numbers that stand at the end (None: none do)."""

    station: str
    province: str
    papers: tuple[Paper, ...]
    counts: Numbers | None


def write_papers(election: SimulatedElection, submitters: Mapping[str, Official]) -> list[Filing]:
    """The filings of every station, in the order in which they come in. `submitters` are by province."""
    chance = random.Random(f"papers {election.seed}")
    stations = list(election.stations())
    chance.shuffle(stations)
    oddities = ["sum"] * 6 + ["missing"] * 4 + ["corrected", "withdrawn"]
    filings = []
    for number, (station, registered, place) in enumerate(stations):
        province = election.province_of(place)
        # Spread over the night: every ninth station has something odd, until there is nothing odd left.
        oddity = oddities[number // 9] if number % 9 == 4 and number // 9 < len(oddities) else ""
        desk = _Desk(election.contest, station, submitters[province])
        filings.append(_filing(desk, province, _numbers(registered, chance), oddity))
    return filings


def _filing(desk: _Desk, province: str, true: Numbers, oddity: str) -> Filing:
    if oddity == "sum":
        wrong = Numbers(true.votes, {**true.figures, "valid": true.figures["valid"] + 10})
        return Filing(desk.station, province, (desk.paper(wrong),), wrong)
    if oddity == "missing":
        kept = {name: value for name, value in true.figures.items() if not name.startswith("ballots.")}
        return Filing(desk.station, province, (desk.paper(Numbers(true.votes, kept)),), Numbers(true.votes, kept))
    if oddity == "corrected":
        first = OPTIONS[0][0]
        typed = desk.paper(Numbers({**true.votes, first: true.votes[first] + TOO_HIGH}, true.figures))
        right = desk.paper(true, "correction", typed, "the tally sheet says a hundred votes fewer for pair 01")
        return Filing(desk.station, province, (typed, right), true)
    paper = desk.paper(true)
    if oddity == "withdrawn":
        empty = desk.paper(Numbers({}, {}), "withdrawal", paper, "the form belongs to another station")
        return Filing(desk.station, province, (paper, empty), None)
    return Filing(desk.station, province, (paper,), true)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a station's official fills in and signs."""

    contest: ContestKey
    station: str
    submitter: Official

    def paper(
        self, numbers: Numbers, kind: str = "form", before: Paper | None = None, reason: str | None = None
    ) -> Paper:
        version = 2 if before else 1
        scans = () if kind == "withdrawal" else (self._scan(numbers, version),)
        form = self.submitter.form(
            self.contest,
            self.station,
            kind=kind,
            version=version,
            prev=before.hash if before else None,
            reason=reason,
            figures=numbers.figures,
            votes=numbers.votes,
            scans=scans,
            now=_SIGNED,
            # Derived and not random, so that a paper filed again after a restart is the same paper.
            nonce=f"{self.contest.election}-{self.station}-version-{version}",
        )
        return Paper(self.station, kind, form, scans)

    def _scan(self, numbers: Numbers, version: int) -> Scan:
        """A picture of the paper, with the numbers that were written on it."""
        sheet = Image.new("L", (420, 594), 236)
        draw = ImageDraw.Draw(sheet)
        lines = [f"SIMULATION  {self.contest}", f"{self.station}  version {version}", ""]
        lines += [f"{option}  {numbers.votes.get(option, 0):>6}" for option, _ in OPTIONS]
        lines += [f"{name:<24}{value:>6}" for name, value in numbers.figures.items()]
        draw.multiline_text((24, 20), "\n".join(lines), fill=30, font=_TYPE, spacing=1)
        held = io.BytesIO()
        sheet.save(held, "JPEG", quality=60)
        return Scan(held.getvalue())


def _numbers(registered: int, chance: random.Random) -> Numbers:
    """A complete paper that adds up."""
    voters = int(registered * chance.uniform(0.62, 0.93))
    invalid = chance.randint(0, 6)
    first = int((voters - invalid) * chance.uniform(0.35, 0.7))
    votes = {OPTIONS[0][0]: first, OPTIONS[1][0]: voters - invalid - first}
    received = registered + registered // 50 + 1
    returned = chance.randint(0, 2)
    figures: dict[str, int] = {}
    for group, people in (
        ("registered.dpt", registered),
        ("registered.dptb", 0),
        ("registered.dpk", 0),
        ("registered", registered),
        ("voters.dpt", voters),
        ("voters.dptb", 0),
        ("voters.dpk", 0),
        ("voters", voters),
        ("disabled.registered", 2),
        ("disabled.voters", 1),
    ):
        figures |= {f"{group}.male": people // 2, f"{group}.female": people - people // 2, f"{group}.total": people}
    figures |= {
        "ballots.received": received,
        "ballots.returned": returned,
        "ballots.unused": received - returned - voters,
        "ballots.used": voters,
        "valid": voters - invalid,
        "invalid": invalid,
        "total": voters,
    }
    return Numbers(votes, figures)
