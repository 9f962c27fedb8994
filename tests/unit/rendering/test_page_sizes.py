"""What pages cost readers: a nation and a village in the middle of a count, with names and numbers drawn from fixed seeds.

Votes and counts are drawn, so they do not compress: on a page of 38 provinces the digits alone come to about 1.3 KB.
"""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from realcount.domain.election import Child, Contest, ContestKey, Crumb, Election, Option, Region
from realcount.domain.page import Page
from realcount.domain.tally import Tally
from realcount.rendering.results import region_page

SYLLABLES = ("KA", "BU", "PA", "TEN", "SU", "MA", "TE", "RA", "LAM", "PUNG", "JA", "WA", "TI", "MUR", "SE", "LA", "NA")
KEY = ContestKey("pilpres-2029", "ppwp")
AT = "2029-02-14T10:00:00.000Z"


def contest_of(pairs: int) -> Contest:
    options = tuple(Option(f"{number:02}", str(number), f"Pair {number}") for number in range(1, pairs + 1))
    return Contest(KEY, "President", options, ("region",), ("0",), ())


def frame(contest: Contest) -> Election:
    return Election(
        KEY.election, "A nation", "2029-02-14", "SIMULATION", "", "", ("region",), ("nation",), (contest,), ""
    )


def name(chance: random.Random) -> str:
    return " ".join("".join(chance.choices(SYLLABLES, k=chance.randrange(2, 4))) for _ in range(chance.randrange(1, 3)))


def votes(chance: random.Random, papers: int, pairs: int) -> tuple[int, ...]:
    cuts = [0.0, *sorted(chance.random() for _ in range(pairs - 1)), 1.0]
    return tuple(int(papers * (high - low)) for low, high in pairwise(cuts))


def nation(seed: int, *, provinces: int, pairs: int) -> Page:
    chance = random.Random(seed)
    weights = [chance.lognormvariate(0, 1.1) for _ in range(provinces)]
    rows, children = {}, []
    for number, weight in enumerate(weights):
        expected = max(900, int(823_000 * weight / sum(weights)))
        received = int(expected * min(1, chance.gauss(0.6, 0.1)))
        approved = int(received * chance.uniform(0.9, 0.99))
        flagged = int(approved * chance.uniform(0.01, 0.03)) + 1
        given = votes(chance, approved * chance.randrange(190, 215), pairs)
        invalid = int(sum(given) * chance.uniform(0.02, 0.03))
        example = str(900_000_000 + chance.randrange(823_000))
        child = str(11 + number)
        rows[child] = Tally(
            received + 2 * approved, given, sum(given), invalid, sum(given) + invalid,
            received, approved, flagged, flagged // 3, AT, (), example,
        )  # fmt: skip
        children.append(Child(child, name(chance), "region", expected, expected * 248 + chance.randrange(248)))
    region = Region(
        KEY.election, "0", "nation", "A NATION", (), (), (), tuple(children), "regions", 823_000, 204_000_000
    )
    contest = contest_of(pairs)
    return region_page(frame(contest), contest, region, rows)


def village(seed: int) -> Page:
    chance = random.Random(seed)
    rows, children = {}, []
    for number in range(1, 31):
        station = str(900_000_000 + chance.randrange(823_000))
        given = votes(chance, chance.randrange(180, 260), 3)
        odd = number % 10 == 0
        flags = (("votes-sum", "total-voters"), station) if odd else ((), None)
        rows[station] = Tally(3, given, sum(given), 4, sum(given) + 4, 1, 1, int(odd), 0, AT, *flags)
        children.append(Child(station, f"TPS {number:03}", "region", 1, chance.randrange(200, 300), "TPS"))
    path = tuple(Crumb(str(unit), name(chance), "level") for unit in (0, 31, 3171, 317101))
    region = Region(
        KEY.election, "3171011001", "village", name(chance), (), ("0",), path, tuple(children), "stations", 30, 7_500
    )
    contest = contest_of(3)
    return region_page(frame(contest), contest, region, rows)


@pytest.mark.parametrize("seed", range(3))
def test_the_nation_of_2019_with_35_provinces_and_two_pairs(seed: int) -> None:
    sizes = {coding: len(body) for coding, body in nation(seed, provinces=35, pairs=2).bodies.items()}
    assert sizes["br"] <= 2_200
    assert sizes["gzip"] <= 3_000


@pytest.mark.parametrize("seed", range(3))
def test_a_nation_of_38_provinces_and_three_pairs(seed: int) -> None:
    sizes = {coding: len(body) for coding, body in nation(seed, provinces=38, pairs=3).bodies.items()}
    assert sizes["br"] <= 2_520
    assert sizes["gzip"] <= 3_450


@pytest.mark.parametrize("seed", range(3))
def test_a_village_of_thirty_stations(seed: int) -> None:
    sizes = {coding: len(body) for coding, body in village(seed).bodies.items()}
    assert max(sizes.values()) <= 3_000
