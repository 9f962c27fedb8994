"""Draws the model's curves: what reaches the origin and what an hour costs, by readers, with and without the edge.

Needs matplotlib, which the project does not: `make plots` runs it in its own environment. Reads bench/results/model.json,
writes docs/model.svg, and a PNG beside it if asked to (`--png FILE`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

ROOT = Path(__file__).parents[2]
INK, FAINT = "#222222", "#8a8a8a"

# Okabe and Ito's colours, which differ for every kind of colour blindness; each line also has a dash of its own.
LINES = {
    "no edge": ("#d55e00", (0, (1, 1.2))),
    "edge without shield": ("#0072b2", (0, (5, 2))),
    "edge with shield": ("#000000", "solid"),
}
NAMES = {
    "no edge": "no edge",
    "edge without shield": "edge without\nshield",
    "edge with shield": "edge with\norigin shield",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--png", type=Path)
    arguments = parser.parse_args()
    result = json.loads((ROOT / "bench" / "results" / "model.json").read_text(encoding="utf-8"))["result"]
    inputs = {each["name"]: each["values"] for each in result["inputs"]}
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "realcount", "font.size": 10})
    plt.rcParams["font.family"] = ["DejaVu Sans", "sans-serif"]
    figure, (load, cost) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
    draw_load(load, result["curve"], inputs)
    draw_cost(cost, result["curve"], inputs)
    # What it was drawn from, so that a test can tell a drawing of yesterday's model.
    drawn = hashlib.sha256(json.dumps(result["curve"]).encode()).hexdigest()
    figure.savefig(ROOT / "docs" / "model.svg", metadata={"Date": None, "Description": f"curve {drawn}"})
    if arguments.png:
        figure.savefig(arguments.png, dpi=110)


def draw_load(axes: Axes, curve: list[dict], inputs: dict[str, list[float]]) -> None:
    """Requests that no cache answers, and the limits they meet."""
    readers = [point["viewers"] for point in curve]
    frame(
        axes,
        "What reaches the origin",
        "requests per second to the origin",
        readers,
        inputs["cloudfront_rate"][0],
    )
    axes.set_ylim(100, 4e6)
    axes.yaxis.set_major_formatter(FuncFormatter(short))
    for name, (colour, dash) in LINES.items():
        values = [point["origin"][name] for point in curve]
        axes.plot(readers, values, color=colour, linestyle=dash, linewidth=2.2)
        axes.annotate(
            NAMES[name], (readers[-1], values[-1]), (6, 0), textcoords="offset points", va="center", color=colour
        )
    for name, text in (
        ("api_quota", "API Gateway"),
        ("s3_reads", "a prefix of S3"),
        ("api_quota_jakarta", "API Gateway in Jakarta"),
    ):
        limit = inputs[name][0]
        axes.axhline(limit, color=FAINT, linewidth=0.9)
        label = f"{text}: {limit:,.0f}"
        axes.annotate(
            label, (readers[-1], limit), (6, 0), textcoords="offset points", va="center", fontsize=8, color=INK
        )


def draw_cost(axes: Axes, curve: list[dict], inputs: dict[str, list[float]]) -> None:
    """List prices; without an edge only as far as API Gateway would go."""
    readers = [point["viewers"] for point in curve]
    frame(axes, "What an hour of it costs", "US dollars per hour", readers, inputs["cloudfront_rate"][0])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"${short(value, None)}"))
    for name in ("no edge", "edge with shield"):
        colour, dash = LINES[name]
        axes.plot(readers, [point["hour"][name] for point in curve], color=colour, linestyle=dash, linewidth=2.2)
    most = inputs["api_quota"][0]
    last = max((point for point in curve if point["viewers"] <= most), key=lambda point: point["viewers"])
    axes.plot([last["viewers"]], [last["hour"]["no edge"]], "o", color=LINES["no edge"][0], markersize=7)
    axes.annotate(
        "without an edge API Gateway\nstops here; beyond, only a price",
        (last["viewers"], last["hour"]["no edge"]),
        (-66, 105),
        textcoords="offset points",
        fontsize=8.5,
        arrowprops={"arrowstyle": "-", "color": FAINT},
    )
    end = curve[-1]["hour"]
    axes.annotate(
        NAMES["edge with shield"],
        (readers[-1], end["edge with shield"]),
        (6, 8),
        textcoords="offset points",
        va="center",
    )
    axes.annotate(
        "no edge",
        (readers[-1], end["no edge"]),
        (6, -8),
        textcoords="offset points",
        va="center",
        color=LINES["no edge"][0],
    )


def frame(axes: Axes, title: str, label: str, readers: list[float], quota: float) -> None:
    """Axes, title, and the quota of one distribution."""
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set(
        xscale="log", yscale="log", xlabel="readers' requests per second", ylabel=label, xlim=(readers[0], readers[-1])
    )
    axes.xaxis.set_major_formatter(FuncFormatter(short))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())
    axes.grid(True, which="major", color="#e4e4e4", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.axvline(quota, color=FAINT, linewidth=0.9, linestyle=(0, (2, 2)))
    where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "fontsize": 8, "color": INK}
    axes.annotate(f"CloudFront: {quota:,.0f}", (quota, 0.02), (-3, 0), rotation=90, ha="right", **where)


def short(value: float, _: object) -> str:
    """1000 as 1k, 1000000 as 1M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


if __name__ == "__main__":
    main()
