"""Which benches there are: every module or package in this folder that defines `run` and `table` is one.

They are found by reading their source, not by importing it, so a bench whose libraries are absent is still listed.

A bench `NAME` is `bench/NAME.py` or `bench/NAME/__init__.py` with

- `run(options: Options) -> dict[str, object]`: measures, and returns what JSON can hold. `SystemExit` with one clear line
  if something it needs is absent;
- `table(result) -> str`: the result for a person, as Markdown;
- a docstring whose first line says what it measures;

and, where it needs them,

- `NEEDS: str`, what must be there besides Python (`"varnishd, npm"`);
- `SERVERS: dict[str, tuple[str, ...]]`, commands that print the versions of the servers it starts, by name;
- `add_arguments(parser)`, its own arguments, found in `options.given`;
- `passed(result) -> bool`: whether what it checks holds; the command ends with 1 if not;
- `tentative(options) -> bool`: whether this run is a trial, to be kept where quick runs are and not shown in the document.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench, as its source describes it."""

    name: str
    about: str
    needs: str = ""
    servers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def load(self) -> ModuleType:
        """Its module. Raises `SystemExit` naming the library that is absent."""
        try:
            return importlib.import_module(f"bench.{self.name}")
        except ModuleNotFoundError as absent:
            raise SystemExit(f"bench {self.name} needs the module {absent.name}, which is not installed here") from None


def benches(folder: Path = FOLDER) -> dict[str, Bench]:
    """All benches in a folder, by name, in the order of the alphabet."""
    sources = {path.stem: path for path in folder.glob("*.py")}
    sources |= {path.parent.name: path for path in folder.glob("*/__init__.py")}
    found = (_described(name, ast.parse(path.read_text(encoding="utf-8"))) for name, path in sorted(sources.items()))
    return {bench.name: bench for bench in found if bench is not None}


def _described(name: str, tree: ast.Module) -> Bench | None:
    """The bench a module is, or None if it lacks one of the two functions."""
    offered = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    offered |= {
        name.asname or name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names
    }
    if not {"run", "table"} <= offered:
        return None
    about = (ast.get_docstring(tree) or "").split("\n", 1)[0]
    return Bench(name, about, **_constants(tree))


def _constants(tree: ast.Module) -> dict[str, Any]:
    """The values of `NEEDS` and `SERVERS`, which must be literals."""
    assigned = [
        (target.id, node.value)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    return {name.lower(): ast.literal_eval(value) for name, value in assigned if name in ("NEEDS", "SERVERS")}
