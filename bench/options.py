"""What every bench is given, and how `python -m bench` reads it from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
QUICK_RESULTS = Path(".realcount/bench")
DATA = Path("../shared/data/situng2019")


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of one run."""

    data: Path = DATA
    """Folder with the files of 2019. Only a bench that needs them looks."""

    quick: bool = False
    """A small run, to see that all of it works. Its figures are no measurement."""

    out: Path = RESULTS
    """Where results are kept, and where a bench finds those of the others."""

    given: Mapping[str, object] = field(default_factory=dict)
    """Arguments of one bench alone, by the names its `add_arguments` gave them."""


def common_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that every bench understands."""
    parser.add_argument("--data", type=Path, default=DATA, help="the files of 2019 (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help=f"a small run; its result goes to {QUICK_RESULTS}/")
    parser.add_argument("--out", type=Path, help="where to keep results (default: bench/results/)")


def options_of(arguments: argparse.Namespace) -> Options:
    """The command line as options: whatever is not common belongs to the bench that asked for it."""
    given = {name: value for name, value in vars(arguments).items() if name not in ("names", "data", "quick", "out")}
    out = arguments.out or (QUICK_RESULTS if arguments.quick else RESULTS)
    return Options(data=arguments.data, quick=arguments.quick, out=out, given=given)
