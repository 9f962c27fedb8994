"""Five thousand elections in which everything goes wrong, and not one wrong number.

What goes wrong is in weather.py and streams.py, what must hold in watch.py and recount.py. A seed that fails prints the
command that replays it. `nightly` runs twenty times as many.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.faults.mutants import MUTANTS
from tests.simulation.simulate import Run, SeedFailed, simulate

SEEDS = 600
NIGHTLY_SEEDS = 100_000
CHUNKS = 8


def run_all(seeds: range) -> Iterator[Run]:
    """Each seed leaves a small heap of cycles behind: cleared away every now and then, which is a tenth faster than always."""
    gc.disable()
    try:
        for seed in seeds:
            yield simulate(seed)
            if seed % 50 == 0:
                gc.collect()
    finally:
        gc.enable()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_seed_leads_to_a_wrong_number(chunk: int) -> None:
    size = SEEDS // CHUNKS
    totals: Counter[str] = Counter()
    for run in run_all(range(chunk * size, (chunk + 1) * size)):
        totals.update(faults=run.faults, deaths=run.deaths, races=run.races, events=run.events)
    # The faults that are promised do occur, in every chunk: a quiet simulation proves nothing.
    assert totals["faults"] > 10 * size
    assert totals["deaths"] > 2 * size
    assert totals["races"] > size
    assert totals["events"] > 4 * size


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("chunk", range(20))
def test_no_seed_of_a_hundred_thousand_leads_to_a_wrong_number(chunk: int) -> None:
    size = (NIGHTLY_SEEDS - SEEDS) // 20
    assert sum(1 for _ in run_all(range(SEEDS + chunk * size, SEEDS + (chunk + 1) * size))) == size


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
