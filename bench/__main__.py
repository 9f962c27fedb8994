"""`python -m bench NAME…`: run benches, keep their results and put their tables into docs/performance.md.

Without a name it lists what there is. `python -m bench NAME --help` shows what one bench takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from bench import records
from bench.options import QUICK_RESULTS, RESULTS, Options, common_arguments, options_of
from bench.registry import Bench, benches


def main(argv: list[str] | None = None) -> int:
    """Run what the command line names. 0 if all went well, 1 if a bench found that something does not hold."""
    words = sys.argv[1:] if argv is None else argv
    known = benches()
    named = _leading(words)
    if unknown := [name for name in named if name not in known]:
        raise SystemExit(f"there is no bench {', '.join(unknown)}; there are {', '.join(known)}")
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    common_arguments(parser)
    modules = {name: known[name].load() for name in named}
    for module in modules.values():
        if hasattr(module, "add_arguments"):
            module.add_arguments(parser)
    arguments = parser.parse_args(words)
    if list(dict.fromkeys(arguments.names)) != named:
        parser.error("name the benches before the options")
    options = options_of(arguments)
    if not named:
        sys.stdout.write(listing(known))
        return 0
    held = [_one(known[name], module, options) for name, module in modules.items()]
    return 0 if all(held) else 1


def listing(known: dict[str, Bench]) -> str:
    """What there is and what each needs, for a person."""
    width = max(map(len, known), default=0)
    lines = [f"{bench.name:<{width}}  {bench.about}" + _needs(bench, width) for bench in known.values()]
    return "\n".join(lines) + "\n"


def _needs(bench: Bench, width: int) -> str:
    return f"\n{'':<{width}}  needs {bench.needs}" if bench.needs else ""


def _leading(words: list[str]) -> list[str]:
    """The words before the first option: the names. Their modules must be known before the rest can be parsed."""
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    return list(dict.fromkeys(words[:first]))


def _one(bench: Bench, module: object, options: Options) -> bool:
    where = records.machine(bench.servers)
    at, began = datetime.now(UTC), time.monotonic()
    result = module.run(options)  # type: ignore[attr-defined]  # every bench has it: the registry looked
    table = module.table(result)  # type: ignore[attr-defined]  # as above
    tentative = getattr(module, "tentative", None)
    out = QUICK_RESULTS if options.out == RESULTS and tentative and tentative(options) else options.out
    path = records.keep(bench.name, result, at, time.monotonic() - began, where, out)
    sys.stdout.write(f"{table}\n\nkept in {path}\n")
    if out == RESULTS and not records.show(bench.name, table):
        sys.stdout.write(f"docs/performance.md has no place for it: add <!-- bench {bench.name} --> and <!-- end -->\n")
    passed = getattr(module, "passed", None)
    return passed is None or bool(passed(result))


if __name__ == "__main__":
    sys.exit(main())
