"""What the checks let through adds up: tried on thousands of random networks, most of which they must refuse.

The oracle is the simplest there is: give every station one vote, send it up exactly as `Contest.parents_of` says, and
count what arrives where.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

from realcount.cli.election_files import FilesRefused, read_election
from realcount.domain.election import TOP, Contest, Region, Station

NETWORKS = 2_000


def frame(chance: random.Random, regions: list[str]) -> dict[str, object]:
    def contest(name: str) -> dict[str, object]:
        return {
            "id": name,
            "name": name,
            "hierarchies": chance.choice([["a"], ["a"], ["b"], ["a", "b"]]),
            "roots": chance.sample(regions[:3], chance.choice([1, 1, 2]) if len(regions) > 1 else 1),
            "fields": ["valid"],
            "options": [{"id": "1", "number": "1", "name": "One"}],
        }

    return {
        **{"id": "e", "name": "E", "held_on": "2029-04-17", "label": "L", "licence": "L", "attribution": "A"},
        **{"hierarchies": ["a", "b"], "levels": ["x"], "contests": [contest("c1"), contest("c2")]},
    }


def write(folder: Path, seed: int) -> None:
    """A random network, mostly a tree, with now and then a second parent, a hierarchy too many, or a lonely region."""
    chance = random.Random(seed)
    regions = [f"r{i}" for i in range(chance.randint(1, 6))]

    def parents(above: list[str]) -> str:
        if not above:
            return ""
        places = [f"{chance.choice('aaab')}:{chance.choice(above)}"]
        if chance.random() < 0.3:
            places.append(f"{chance.choice('ab')}:{chance.choice(above)}")
        return " ".join(dict.fromkeys(places)) if chance.random() < 0.9 else ""

    rows = [f"{unit},x,{unit},{parents(regions[:i])}" for i, unit in enumerate(regions)]
    lowest = regions[-3:]
    stations = [f"s{i},TPS,s{i},{parents(lowest)},{i}" for i in range(chance.randint(1, 5))]
    (folder / "election.json").write_text(json.dumps(frame(chance, regions)))
    (folder / "regions.csv").write_text("\n".join(["id,level,name,parents", *rows, ""]))
    (folder / "stations.csv").write_text("\n".join(["id,kind,name,parents,registered", *stations, ""]))


def arrivals(contest: Contest, units: dict[str, Region | Station]) -> Counter[str]:
    """How many votes arrive in each region if every station that votes in the contest has one."""
    arrived: Counter[str] = Counter()

    def send(unit: Region | Station) -> None:
        for parent in contest.parents_of(unit):
            if parent != TOP:
                arrived[parent] += 1
                send(units[parent])

    for unit in units.values():
        if isinstance(unit, Station) and contest.covers(unit):
            send(unit)
    return arrived


def test_in_every_accepted_network_every_vote_arrives_once_in_every_region_that_expects_it(tmp_path: Path) -> None:
    accepted = several_parents = 0
    for seed in range(NETWORKS):
        write(tmp_path, seed)
        try:
            files = read_election(tmp_path)
        except FilesRefused:
            continue
        accepted += 1
        units = {unit.id: unit for unit in files.units}
        several_parents += any(len(unit.parents) > 1 for unit in files.units)
        for contest in files.election.contests:
            arrived = arrivals(contest, units)
            covered = [unit for unit in files.units if isinstance(unit, Region) and contest.covers(unit)]
            assert arrived.keys() == {region.id for region in covered}, f"seed {seed}"
            for region in covered:
                assert arrived[region.id] == region.expected, f"seed {seed}, {region.id}"
                assert sum(child.expected for child in region.children_in(contest)) == region.expected
                assert sum(child.registered or 0 for child in region.children_in(contest)) == region.registered
    assert accepted > 60, "too few networks are accepted for this to prove anything"
    assert several_parents > 10, "too few accepted networks have units with several parents"
