"""Figures that other benches measured: in place of assumptions, and to hold the formula against.

The names are those of inputs.toml; a bench that has not been run, or not that part of it, leaves the assumption in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.read_path import OURS
from bench.records import kept


def figure(name: str, results: Path) -> float | None:
    """What was measured for this input, or None. Raises `KeyError` for an input that no bench measures."""
    bench, of = FIGURES[name]
    result = kept(bench, results)
    try:
        return None if result is None else float(of(result))
    except (KeyError, ValueError):
        return None  # an older result, or a part of one


def against_spike(results: Path) -> list[dict[str, float]]:
    """Fetches per second that were counted behind the edge, and what the formula makes of the same readers and lifetimes.

    One row per crowd; none as long as the bench `spike` has not been run.
    """
    crowds: Any = (kept("spike", results) or {}).get("crowds", [])
    return [
        {
            "readers": crowd["viewers_per_second"],
            "measured": crowd["origin_per_second"],
            "formula": crowd["expected_per_second"],
        }
        for crowd in crowds
    ]


def _regions(kind: str) -> Callable[[Mapping[str, Any]], float]:
    """The dearest story of a kind: rows written above the station for each form."""
    return lambda result: max(row["regions_per_form"] for row in result["writes"] if row["kind"] == kind)


FIGURES: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], float]]] = {
    "start_ms": ("cold", lambda result: result["rows"][OURS]["cpu_ms"]),
    "read_cpu_ms": ("warm", lambda result: result["rows"][OURS]["miss"] / 1000),
    "region_steps": ("nation", _regions("live")),
    "backlog_steps": ("nation", _regions("backlog")),
}
