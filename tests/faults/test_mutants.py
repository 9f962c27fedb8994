"""Every simplification that looks harmless is caught by the simulation, and by the invariant that is meant to catch it.

Most are caught by one seed in a few, the most elusive by one in 150 (`copy-lost-race-is-success`, `greater-without-lock`). The seeds
that do are known (first_seeds.json) and tried first, so that a landing does not wait for a search.

The first seven mutants are the variants that an exhaustive search of small models found wrong (tests/simulation/test_model_check.py
does it again); counters are wrong in every run that loses or repeats anything.
"""

from __future__ import annotations

import pytest

from tests.faults.first_seeds import seeds_for
from tests.faults.mutants import MUTANTS
from tests.faults.mutation import Edit, Mutant
from tests.simulation import weather
from tests.simulation.simulate import SeedFailed, simulate
from tests.simulation.watch import Violation
from tests.simulation.world import Parts


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_simulation_catches(mutant: Mutant) -> None:
    with mutant.applied(), pytest.raises(SeedFailed) as failed:
        for seed in seeds_for(mutant):
            simulate(seed, mutant.parts, mutant=mutant.name)
    cause = failed.value.cause
    found = str(cause).split(":")[0] if isinstance(cause, Violation) else type(cause).__name__
    assert found in mutant.caught_by, str(failed.value)
    # The fault is the mutant's: the product, on the same seed in the same weather, is right.
    simulate(failed.value.seed, Parts(weather=mutant.parts.weather))


def test_an_edit_that_no_longer_fits_says_so() -> None:
    stale = Mutant("stale", "names a line that is gone", (), (Edit(weather, "a line that was never there", ""),))
    with pytest.raises(AssertionError, match="a mutant no longer fits: bring it up to date"), stale.applied():
        pass


def test_a_mutant_leaves_nothing_behind() -> None:
    for mutant in MUTANTS:
        with mutant.applied():
            pass
    for seed in range(20):
        simulate(seed)
