"""Where each mutant shows: a seed that catches it, tried before all others. Made, not written:

    python -m tests.faults.first_seeds [MUTANT...]

A seed that no longer catches its mutant, because the code moved on, costs the time of a search and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.faults.mutants import MUTANTS
from tests.faults.mutation import Mutant
from tests.simulation.simulate import SeedFailed, simulate

ENOUGH_SEEDS = 1_500
"""Ten times what the most elusive mutants take on average."""

FILE = Path(__file__).with_suffix(".json")
KNOWN: Mapping[str, int] = json.loads(FILE.read_text(encoding="utf-8"))


def seeds_for(mutant: Mutant) -> Iterator[int]:
    if mutant.name in KNOWN:
        yield KNOWN[mutant.name]
    yield from range(ENOUGH_SEEDS)


def first_seed(mutant: Mutant) -> tuple[str, int | None]:
    with mutant.applied():
        for seed in seeds_for(mutant):
            try:
                simulate(seed, mutant.parts, mutant=mutant.name)
            except SeedFailed:
                return mutant.name, seed
    return mutant.name, None


def main() -> None:
    """Search again for the mutants that are named, or for all."""
    names = sys.argv[1:]
    with ProcessPoolExecutor() as pool:
        found = dict(pool.map(_first_seed_of, [one.name for one in MUTANTS if not names or one.name in names]))
    FILE.write_text(json.dumps({**KNOWN, **found}, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _first_seed_of(name: str) -> tuple[str, int | None]:
    return first_seed(next(mutant for mutant in MUTANTS if mutant.name == name))


if __name__ == "__main__":
    main()
