"""The model's assumptions: read from inputs.toml, completed from the template and from measured results, set by hand.

Every figure the model uses has a name, a unit, a source and a day. Nothing else in bench/model/ holds a number of the
world outside.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.model.measured import figure
from realcount.rendering.lifetimes import STATION, max_age

FILE = Path(__file__).parent / "inputs.toml"
TEMPLATE = Path(__file__).parents[2] / "template.yaml"


@dataclass(frozen=True, slots=True)
class Input:
    """One assumption. `values` has one member where the figure is a single number; `origin` says how it came here."""

    name: str
    values: tuple[float, ...]
    unit: str
    source: str
    day: str
    origin: str


class Inputs:
    """All assumptions by name: `inputs("zipf")` is a number, `inputs.all("regions")` several."""

    def __init__(self, inputs: Mapping[str, Input]) -> None:
        self._inputs = dict(inputs)

    def __call__(self, name: str) -> float:
        """The one number of this name. Raises `ValueError` if it has several."""
        values = self._inputs[name].values
        if len(values) != 1:
            raise ValueError(f"{name} holds {len(values)} numbers")
        return values[0]

    def all(self, name: str) -> tuple[float, ...]:
        """The numbers of this name."""
        return self._inputs[name].values

    def listed(self) -> list[Input]:
        """All of them, in the order of the file."""
        return list(self._inputs.values())

    def but(self, **changed: float | Sequence[float]) -> Inputs:
        """The same with some set otherwise. Raises `KeyError` for a name there is none of."""
        inputs = dict(self._inputs)
        for name, value in changed.items():
            old = inputs[name]
            values = tuple(map(float, value)) if isinstance(value, Sequence) else (float(value),)
            inputs[name] = Input(name, values, old.unit, old.source, old.day, "set")
        return Inputs(inputs)


def load_inputs(results: Path, settings: Sequence[str] = ()) -> Inputs:
    """The inputs with measured figures from the folder `results` and `NAME=VALUE[,VALUE…]` settings on top.

    Raises `SystemExit` for a setting that names no input or is no number.
    """
    wanted = dict(_setting(text) for text in settings)
    rows = {
        name: row for group in tomllib.loads(FILE.read_text(encoding="utf-8")).values() for name, row in group.items()
    }
    if unknown := wanted.keys() - rows.keys():
        raise SystemExit(f"the model has no input {', '.join(sorted(unknown))}: see {FILE.name} for all there are")
    defaults = _defaults()
    return Inputs({name: _input(name, row, wanted.get(name), results, defaults) for name, row in rows.items()})


def _setting(text: str) -> tuple[str, tuple[float, ...]]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), tuple(float(part) for part in value.split(","))
    except ValueError:
        raise SystemExit(f"--set {text}: write NAME=NUMBER, or NAME=NUMBER,NUMBER") from None


def _input(
    name: str,
    row: Mapping[str, Any],
    wanted: tuple[float, ...] | None,
    results: Path,
    defaults: Mapping[str, float],
) -> Input:
    if wanted is not None:
        values, origin = wanted, "set"
    elif (found := _found(name, row.get("from", ""), results, defaults)) is not None:
        values, origin = found, row["from"].split()[0]
    else:
        values, origin = _numbers(row["value"]), _kind(row)
    return Input(name, values, row["unit"], row["source"], row["day"], origin)


def _found(name: str, text: str, results: Path, defaults: Mapping[str, float]) -> tuple[float, ...] | None:
    """What `from` points at; None if there is no such thing, or it is a bench that has not been run."""
    kind, _, rest = text.partition(" ")
    if kind == "lifetimes":
        return tuple(float(max_age(depth, complete=rest == "complete")) for depth in (*range(STATION + 1), STATION))
    if kind == "template":
        return (defaults[rest],)
    if kind == "bench":
        measured = figure(name, results)
        return None if measured is None else (measured,)
    return None


def _kind(row: Mapping[str, Any]) -> str:
    """A value that is not measured, or not yet, is published by somebody or assumed by us."""
    return "assumed" if row["source"].startswith("assumed") or row.get("from") == "bench" else "published"


def _numbers(value: float | Sequence[float]) -> tuple[float, ...]:
    return tuple(map(float, value)) if isinstance(value, Sequence) else (float(value),)


class _Loader(yaml.SafeLoader):
    """Reads past the template's tags: only the parameters are looked at."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def _defaults() -> dict[str, float]:
    """The defaults of the template's parameters that are numbers."""
    parameters = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)["Parameters"]
    return {
        name: float(row["Default"]) for name, row in parameters.items() if row["Type"] == "Number" and "Default" in row
    }
