"""Ten thousand elections in which everything goes wrong, and not one wrong number.

What goes wrong is in weather.py and streams.py, what must hold in watch.py and recount.py. A seed that fails prints the
command that replays it. `nightly` runs ten times as many.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.faults.mutants import MUTANTS
from tests.simulation.simulate import Run, SeedFailed, simulate

SEEDS = 10_000
NIGHTLY_SEEDS = 100_000
CHUNKS = 8


def run_all(seeds: range) -> list[Run]:
    gc.collect()
    gc.freeze()  # What is loaded stays; only what a seed makes need be looked at.
    try:
        return [simulate(seed) for seed in seeds]
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_seed_leads_to_a_wrong_number(chunk: int) -> None:
    size = SEEDS // CHUNKS
    runs = run_all(range(chunk * size, (chunk + 1) * size))
    # The faults that are promised do occur, in every chunk: a quiet simulation proves nothing.
    assert sum(run.faults for run in runs) > 10 * size
    assert sum(run.deaths for run in runs) > 2 * size
    assert sum(run.races for run in runs) > size
    assert sum(run.events for run in runs) > 4 * size


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("chunk", range(20))
def test_no_seed_of_a_hundred_thousand_leads_to_a_wrong_number(chunk: int) -> None:
    size = (NIGHTLY_SEEDS - SEEDS) // 20
    for seed in range(SEEDS + chunk * size, SEEDS + (chunk + 1) * size):
        simulate(seed)


@pytest.mark.parametrize("seed", range(20))
def test_the_same_seed_is_the_same_run(seed: int) -> None:
    assert simulate(seed) == simulate(seed)


def test_the_same_seed_is_the_same_run_in_another_process() -> None:
    """Whatever the order of sets may be there: hashing of strings is salted differently."""
    command = [sys.executable, "-m", "tests.simulation", "11"]
    root = Path(__file__).parents[2]
    answers = [
        subprocess.run(command, cwd=root, env=os.environ | {"PYTHONHASHSEED": salt}, capture_output=True, check=True)
        for salt in ("1", "2")
    ]
    digests = {sha256(answer.stdout).hexdigest() for answer in answers}
    assert len(digests) == 1
    trace = "\n".join(simulate(11).trace)
    assert answers[0].stdout.decode().startswith(trace)


def test_different_seeds_are_different_runs() -> None:
    assert len({simulate(seed).trace for seed in range(50)}) == 50


def test_a_failing_seed_says_how_to_replay_it_and_the_replay_fails_alike() -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "blind-put")
    with mutant.applied(), pytest.raises(SeedFailed) as failed:
        for seed in range(100):
            simulate(seed, mutant.parts, mutant=mutant.name)
    command = str(failed.value).splitlines()[-1].split(":  ")[1].split()
    assert command[:3] == ["python", "-m", "tests.simulation"]
    root = Path(__file__).parents[2]
    replay = subprocess.run([sys.executable, *command[1:]], cwd=root, capture_output=True, text=True, check=False)
    assert replay.returncode == 1, replay.stderr
    assert replay.stdout == "\n".join([*failed.value.trace, "", str(failed.value), ""])
