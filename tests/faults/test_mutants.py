"""Every simplification that looks harmless is caught by the simulation, and by the invariant that is meant to catch it.

Which check caught which, the first seed that did, and how many seeds it takes on average (measured; it may shift by a few
when the code changes, the last column hardly):

    blind-put                   I5                             1       1
    skip-on-conflict            I6                            43      86
    greater-without-lock        I5                           133     150
    eventual-reads              I6, the adapter's assertion    4       3
    own-row-last                the adapter's assertion        2       2
    counters                    I6, ID                         1       1
    write-unchanged             I5                             0       1
    failure-swallowed           I6                            20       7
    one-parent                  I6                             0       2
    advance-without-condition   I5                             1       1
    count-before-approval       I2                             0       1
    stations-one-parent         I6                             2       3
    approve-without-key-check   I2                            16       8
    approve-without-head        I1                             6     100
    receive-without-head        I1                           296     120
    two-keys-one-person         I2                             3       2
    lost-race-is-success        P1                             1      27
    replay-is-refused           P1                             1       2
    ledger-before-evidence      EV                             0       1
    slow-clock                  I5, I7, I6                     1       2
    page-without-edition        I7                             0       1
    one-look                    I7, I5                        58      57
    history-before-head         I7                             1       6
    page-before-copy            CO                             0       1
    copy-without-condition      CO                            21       9
    copy-lost-race-is-success   CO                            23     150
    copy-failure-swallowed      CO                             0       2
    sweep-trusts-rows           I6                             1      20
    sweep-trusts-pages          I6                             3       8
    sweep-top-down              I6                             1       7

The first seven are the variants that an exhaustive search of small models found wrong (tests/simulation/test_model_check.py
does it again); counters are wrong in every run that loses or repeats anything.
"""

from __future__ import annotations

import pytest

from tests.faults.mutants import MUTANTS
from tests.faults.mutation import Edit, Mutant
from tests.simulation import weather
from tests.simulation.simulate import SeedFailed, simulate
from tests.simulation.watch import Violation
from tests.simulation.world import Parts

ENOUGH_SEEDS = 1_500
"""Ten times what the most elusive mutants take."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_simulation_catches(mutant: Mutant) -> None:
    with mutant.applied(), pytest.raises(SeedFailed) as failed:
        for seed in range(ENOUGH_SEEDS):
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
