"""Replay one seed, step for step: `python -m tests.simulation SEED [--mutant NAME]`."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext

from tests.faults.mutants import MUTANTS
from tests.simulation.simulate import SeedFailed, simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument(
        "--mutant", choices=[mutant.name for mutant in MUTANTS], help="replay it on this broken variant"
    )
    asked = parser.parse_args()
    mutant = next((mutant for mutant in MUTANTS if mutant.name == asked.mutant), None)
    with mutant.applied() if mutant else nullcontext():
        try:
            run = simulate(asked.seed, mutant.parts if mutant else None, mutant=asked.mutant)
        except SeedFailed as failed:
            sys.stdout.write("\n".join([*failed.trace, "", str(failed), ""]))
            return 1
    sys.stdout.write("\n".join(run.trace))
    sys.stdout.write(
        f"\n\nseed {asked.seed} is right: {run.events} things happened to forms in {len(run.trace)} steps, "
        f"with {run.faults} faults, {run.deaths} deaths and {run.races} lost races\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
