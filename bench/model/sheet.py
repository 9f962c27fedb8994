"""The model's result for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def table(result: dict[str, Any]) -> str:
    """All tables, as Markdown."""
    parts = [
        _reading(result),
        _remedies(result["remedies"]),
        _otherwise(result),
        _bills(result["bills"]),
        _forms(result["forms"]),
        _anchors(result),
        _spike(result["spike"]),
        _inputs(result["inputs"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _reading(result: dict[str, Any]) -> str:
    rows = [
        (
            f"{row['viewers']:,.0f}",
            row["arrangement"],
            f"{row['origin']:,.0f}",
            f"{row['hits']:.1%}",
            f"{row['environments']:,.0f}",
            f"{row['seconds_to_scale']:,.0f}",
            f"{row['gbit']:,.1f}",
            f"${row['hour']:,.0f}",
            f"${row['night']:,.0f}",
            _too_little(row["checks"]),
        )
        for row in result["reading"]
    ]
    head = "readers/s|between them and the pages|origin/s|hits|environments|s to scale|Gbit/s|an hour|the night|too small for it"
    return f"**Reading**, {result['bytes_per_answer']:,} bytes per answer:\n\n" + _lines(head, rows)


def _too_little(checks: Iterable[dict[str, Any]]) -> str:
    """The limits that do not hold, each with its size."""
    return "; ".join(f"{check['what']} {check['limit']:,.0f}" for check in checks if not check["holds"]) or "–"


def _remedies(remedies: Iterable[dict[str, Any]]) -> str:
    rows = [
        (
            f"{row['viewers']:,.0f}",
            f"{row['quota']:,.0f}",
            f"{row['public_rate']:,.0f}, {row['station_rate']:,.0f}",
            _factor(row["stretch"]),
            _factor(row["stretch_jakarta"]),
            f"{row['prefixes']:,.1f}",
        )
        for row in remedies
    ]
    head = (
        "readers/s|API Gateway quota to ask for|and PublicRate, StationRate|or, at a quota of 10,000, lifetimes longer"
        "|at 2,500 (Jakarta)|or PrimaryOrigin=copies: prefixes that S3 must have split"
    )
    return "**What makes it hold**, with the shield, one of them at a time, a fifth left free:\n\n" + _lines(head, rows)


def _factor(factor: float | None) -> str:
    return "does not help" if factor is None else f"× {factor:.1f}"


def _otherwise(result: dict[str, Any]) -> str:
    viewers = [row["viewers"] for row in result["remedies"]]
    rows = [(row["name"], *(f"{origin:,.0f}" for origin in row["origin"])) for row in result["otherwise"]]
    head = "|".join(["if", *(f"origin/s at {count:,.0f}" for count in viewers)])
    return "**If the assumptions are wrong**, with the shield:\n\n" + _lines(head, rows)


def _bills(bills: dict[str, dict[str, float]]) -> str:
    parts = list(dict.fromkeys(part for bill in bills.values() for part in bill))
    rows = [(part, *(f"${bill.get(part, 0):,.0f}" for bill in bills.values())) for part in parts]
    head = "|".join(["one hour at the peak, with the shield", *(f"{int(viewers):,} readers/s" for viewers in bills)])
    return _lines(head, rows)


def _forms(forms: dict[str, Any]) -> str:
    costs = [(part, f"${dollars:,.0f}") for part, dollars in forms["bill"].items()]
    costs.append(("all of it", f"${sum(forms['bill'].values()):,.0f}"))
    costs.append(("first pages and their copies, once", f"${sum(forms['first_load'].values()):,.0f}"))
    stages = [
        (
            stage["name"],
            f"{stage['now']:,.0f}",
            "the account's" if stage["ceiling"] is None else f"{stage['ceiling']:,.0f}",
            stage["parameter"] or "–",
            "yes" if stage["now"] >= forms["rate"] else "no",
        )
        for stage in forms["stages"]
    ]
    return (
        f"**Forms**: {forms['forms']:,.0f}, {forms['rate']:,.0f} per second, {forms['units_per_form']:.0f} write units each.\n\n"
        + _lines("part|dollars", costs)
        + "\n\n"
        + _lines("stage|forms/s as deployed|with quotas' defaults used up|parameter|enough", stages)
        + f"\n\nNarrowest is {forms['narrowest']}: all forms in {forms['hours_at_narrowest']:.1f} hours. If counting has stood still and"
        f" every form waits, {forms['backlog_narrowest']} is, and the nation is up to date after"
        f" {forms['backlog_seconds'] / 3600:.1f} hours."
    )


def _anchors(result: dict[str, Any]) -> str:
    rows = [
        (
            row["who"],
            row["figure"],
            row["published"],
            _range(row["model"], row["shown"]),
            "yes" if row["holds"] else "no",
        )
        for row in result["anchors"]
    ]
    ours = result["sirekap_with_our_pages"]
    return (
        "**What others published**:\n\n"
        + _lines("who|figure|published|the model: likely (few to many pages)|near", rows)
        + f"\n\nSirekap's accesses of 2024 as accesses to our pages, evenly over their days: {ours['tb']:.1f} TB,"
        f" {ours['origin']:,.0f} requests per second to the origin, ${ours['dollars']:,.0f}."
    )


def _range(values: Sequence[float], shown: str) -> str:
    low, likely, high = (format(value, shown) for value in values)
    return likely if low == high else f"{likely} ({low} to {high})"


def _spike(rows: Iterable[dict[str, float]]) -> str:
    lines = [
        (
            f"{row['readers']:,.0f}",
            f"{row['measured']:,.1f}",
            f"{row['formula']:,.1f}",
            f"{row['measured'] / row['formula']:.2f}",
        )
        for row in rows
    ]
    if not lines:
        return ""
    head = "readers/s|fetches/s counted behind the edge|by the formula|of it"
    return "**The formula against `make bench-spike`**:\n\n" + _lines(head, lines)


def _inputs(inputs: Iterable[dict[str, Any]]) -> str:
    rows = [
        (
            f"`{row['name']}`",
            ", ".join(f"{value:,.10g}" for value in row["values"]),
            row["unit"],
            row["origin"],
            row["source"],
        )
        for row in inputs
    ]
    lines = _lines("input|value|unit|what it is|source", rows)
    return f"<details><summary>All inputs</summary>\n\n{lines}\n\n</details>"


def _lines(head: str, rows: Iterable[Sequence[str]]) -> str:
    columns = head.split("|")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
