"""How large a page is, sent and stored: typical pages of each level, rendered by the code that renders them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from bench.model.inputs import Inputs
from realcount.domain.election import Child, Contest, ContestKey, Crumb, Election, Option, Parent, Region
from realcount.domain.tally import Tally
from realcount.rendering.results import region_page

LEVELS = ("nation", "province", "regency", "district", "village")
ATTRIBUTES = 200
"""Bytes of a stored page that are not its bodies: key, tag, numbers and their names."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes. `sent` is the br body, `stored` the item with all its bodies."""

    sent: int
    stored: int


def sizes(inputs: Inputs, options: int) -> tuple[Size, ...]:
    """The size of a page by level, a station's last, for a contest with so many options."""
    counts = (*inputs.all("regions"), inputs("stations"))
    children = [round(below / level) for level, below in pairwise(counts)]
    sent, stored = inputs.all("station_bytes")
    return (*(_size(level, children[level], options) for level in range(len(LEVELS))), Size(int(sent), int(stored)))


@cache
def _size(level: int, children: int, options: int) -> Size:
    """Numbers are drawn, from a fixed seed: digits that repeat would compress better than the real ones do."""
    chance = random.Random(level)
    key = ContestKey("indonesia-2029", "ppwp")
    contest = Contest(key, "President", _options(options), ("region",), ("1000",), ())
    voters = 250 * 10 ** (len(LEVELS) - level)
    rows = {}
    for child in range(children):
        votes = tuple(chance.randrange(voters // options) for _ in range(options))
        at = f"2029-02-14T{chance.randrange(10, 20)}:{chance.randrange(10, 60)}:00.000Z"
        rows[f"{1000 + child}"] = Tally(chance.randrange(voters), votes, sum(votes), 9, sum(votes) + 9, 9, 8, 1, 0, at)
    region = Region(
        election=key.election,
        id="1000",
        level=LEVELS[level],
        name="A REGION",
        parents=(Parent("region", "1"),) if level else (),
        ancestors=tuple(str(above) for above in range(level)),
        path=tuple(Crumb(str(above), f"REGION {above}", LEVELS[above]) for above in range(level)),
        children=tuple(Child(child, _name(chance), "region", chance.randrange(900), voters) for child in rows),
        holds="regions" if level < len(LEVELS) - 1 else "stations",
        expected=9_999,
        registered=voters * children,
    )
    frame = Election(key.election, "Indonesia", "2029-02-14", "", "", "", ("region",), LEVELS, (contest,), "")
    bodies = region_page(frame, contest, region, rows).bodies
    return Size(len(bodies.get("br") or bodies["identity"]), ATTRIBUTES + sum(map(len, bodies.values())))


def _options(count: int) -> tuple[Option, ...]:
    return tuple(Option(f"{number:02}", str(number), f"Option {number}") for number in range(1, count + 1))


def _name(chance: random.Random) -> str:
    syllables = ("KA", "BU", "PA", "TEN", "SU", "MA", "TE", "RA", "LAM", "PUNG", "JA", "WA", "TI", "MUR", "SE", "LA")
    return "".join(chance.choice(syllables) for _ in range(chance.randrange(3, 7)))
