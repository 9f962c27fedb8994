"""Results for people (a table) and for spreadsheets (CSV)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from realcount.cli.read_options import printable
from realcount.client.results import Results

WIDEST = 5
"""Options that are columns beside each other. More of them are rows, of the place alone."""

COUNTS = ("expected", "received", "approved", "flagged", "incomplete")

Document = Mapping[str, Any]


def place_of(document: Document) -> Document:
    """What names the place: of a region or of a station."""
    found: Document = document["region"] if "region" in document else document["station"]
    return found


def rows_of(document: Document, flagged: bool) -> Iterator[tuple[str, str, Document]]:
    """(id, name, numbers) of the place, and of what lies directly below it; only what is flagged, if that is wanted."""
    place = place_of(document)
    yield place["id"], place["name"], document
    for child in document.get("children", []):
        if not flagged or child["stations"]["flagged"]:
            yield child["id"], child["name"], child


def to_csv(results: Results, flagged: bool = False, header: bool = True) -> str:
    """One line for the place, one for each thing below it. Figures that are not known are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    options = list(results.document["votes"])
    figures = ("valid", "invalid", "voters", "registered")
    if header:
        writer.writerow(["id", "name", "edition", *(f"votes.{option}" for option in options), *figures, *COUNTS])
    for known, name, numbers in rows_of(results.document, flagged):
        votes = [numbers["votes"][option] for option in options]
        stations = [numbers["stations"][count] for count in COUNTS]
        writer.writerow([known, name, numbers["edition"], *votes, *(numbers[figure] for figure in figures), *stations])
    return out.getvalue()


def show(
    console: Console,
    results: Results,
    names: Mapping[str, str],
    flagged: bool = False,
    listed: Document | None = None,
) -> None:
    """The table that people read, `names` those of the options. Plain text where nobody looks at it. `listed` is what is
    flagged below the region, if there is such a list."""
    document = results.document
    place = place_of(document)
    way = " / ".join([*(crumb["name"] for crumb in document.get("path", [])), place["name"]])
    _say(console, f"{way}  ({document['election']}/{document['contest']})", style="bold")
    said = document["updated_at"]
    _say(
        console,
        f"{document['label']}  Edition {results.edition}, {f'as of {said}' if said else 'nothing counted yet'}.",
    )
    options = list(document["votes"])
    wide = len(options) > WIDEST
    if not wide:
        _say(console, ", ".join(f"{option}: {names[option]}" for option in options))
    console.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for option in [] if wide else options:
        table.add_column(printable(option), justify="right")
    for heading in ("valid", "invalid", "stations", "flagged"):
        table.add_column(heading, justify="right")
    for known, name, numbers in rows_of(document, flagged):
        stations = numbers["stations"]
        table.add_row(
            Text(printable(f"{name} ({known})")),
            *([] if wide else [_number(numbers["votes"][option]) for option in options]),
            _number(numbers["valid"]),
            _number(numbers["invalid"]),
            f"{_number(stations['approved'])} of {_number(stations['expected'])}",
            _number(stations["flagged"]),
            style="bold" if numbers is document else None,
        )
    console.print(table)
    if wide:
        _show_options(console, document["votes"], names)
    if flagged and listed is not None:
        _show_list(console, document, listed)
    elif flagged:
        _show_flags(console, document)


def _show_options(console: Console, votes: Mapping[str, int], names: Mapping[str, str]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("option")
    table.add_column("votes", justify="right")
    for option, number in sorted(votes.items(), key=lambda one: -one[1]):
        table.add_row(Text(printable(f"{names[option]} ({option})")), _number(number))
    console.print()
    console.print(table)


def _show_flags(console: Console, document: Document) -> None:
    """Why: the findings of a station; of a region where to look further, and a station to look at."""
    console.print()
    for child in document.get("children", []):
        if child["stations"]["flagged"]:
            reason = ", ".join(child["findings"]) if child.get("findings") else f"see {child['link']}"
            _say(console, f"{child['name']}: {reason}")
    if (example := document.get("example")) and document["holds"] == "regions":
        _say(console, f"such as {example['station']}, {example['link']}")


def _show_list(console: Console, document: Document, listed: Document) -> None:
    """Each flagged station and why; of a region of regions how many there are below each child, and where its list is."""
    console.print()
    for child in listed["children"]:
        if child["flagged"]:
            codes = ", ".join(f"{code} {count:,}" for code, count in child["by_finding"].items())
            waiting = f" ({child['waiting']:,} do not count yet)" if child["waiting"] else ""
            _say(console, f"{child['name']}: {child['flagged']:,} flagged{waiting}: {codes}; see {child['link']}")
    for station in listed["stations"]:
        place = " / ".join([*(crumb["name"] for crumb in station["path"]), station["name"]])
        waits = "" if station["counts"] else " (does not count yet)"
        _say(console, f"{place}: {', '.join(station['findings'])}{waits}; see {station['link']}")
    if listed["edition"] != document["edition"]:
        _say(console, f"As listed at edition {listed['edition']}; it is looked for every five minutes.")


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _say(console: Console, text: str, style: str | None = None) -> None:
    console.print(Text(printable(text), style=style or ""), soft_wrap=True)
