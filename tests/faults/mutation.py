"""The product with one thing wrong: every simplification that looks harmless, as an edit of the real source.

A mutant names the exact lines it changes; when the code moves on, it no longer applies and says so, so a mutant never
tests a copy that has gone stale. Applied, it replaces the code of the living functions, for every importer at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType

from tests.simulation.world import Parts


@dataclass(frozen=True, slots=True)
class Edit:
    module: ModuleType
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """`caught_by` are the invariants (see tests/simulation/watch.py) that may notice; whichever is first depends on the seed."""

    name: str
    story: str
    caught_by: tuple[str, ...]
    edits: tuple[Edit, ...] = ()
    parts: Parts = field(default_factory=Parts)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The mutant in place of the product, for as long as the block lasts."""
        before: list[tuple[FunctionType, CodeType]] = []
        try:
            for module in dict.fromkeys(edit.module for edit in self.edits):
                mutated = _mutated(module, [edit for edit in self.edits if edit.module is module])
                for name, function in _functions(module).items():
                    before.append((function, function.__code__))
                    function.__code__ = mutated[name].__code__
            yield
        finally:
            for function, code in before:
                function.__code__ = code


def _mutated(module: ModuleType, edits: Sequence[Edit]) -> dict[str, FunctionType]:
    source = inspect.getsource(module)
    for edit in edits:
        found = source.count(edit.old)
        assert found == 1, (
            f"a mutant no longer fits: bring it up to date ({module.__name__} has {found} times):\n{edit.old}"
        )
        source = source.replace(edit.old, edit.new)
    mutated = ModuleType(module.__name__)
    exec(compile(source, module.__file__ or "", "exec"), vars(mutated))
    return _functions(mutated)


def _functions(module: ModuleType) -> dict[str, FunctionType]:
    """The functions and methods that a module defines itself, by qualified name."""
    found = {}
    for owner in (module, *(thing for thing in vars(module).values() if inspect.isclass(thing))):
        if owner is module or owner.__module__ == module.__name__:
            for thing in vars(owner).values():
                if isinstance(thing, FunctionType) and thing.__module__ == module.__name__:
                    found[thing.__qualname__] = thing
    return found
