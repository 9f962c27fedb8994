"""`realcount watch`: the numbers of a place, and again whenever they change."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click
from rich.console import Console

from realcount.cli.read_options import BASE, CONTEST, CSV, ELECTION, JSON, asking, one_shape
from realcount.cli.results_shown import show, to_csv
from realcount.client.client import Client
from realcount.client.following import EVERY
from realcount.client.results import Results


@click.command()
@click.argument("place", required=False)
@BASE
@ELECTION
@CONTEST
@click.option(
    "--every", type=click.FloatRange(min=1), default=EVERY, show_default=True, help="Seconds between two looks, about."
)
@click.option("--count", type=click.IntRange(min=1), help="End after so many editions.  [default: never]")
@JSON
@CSV
def watch(
    place: str | None,
    base: str,
    election: str | None,
    contest: str | None,
    every: float,
    count: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show the results of PLACE now, and each newer edition as it comes, until you interrupt it.

    With --json one object on each line, with --csv a block of lines for each edition; both as soon as they are there.
    """
    one_shape(as_json, as_csv)
    with asking(base) as client:
        tell = _teller(client, as_json, as_csv)
        for number, results in enumerate(client.watch(place, contest=contest, election=election, every=every), 1):
            tell(results)
            sys.stdout.flush()
            if number == count:
                break


def _teller(client: Client, as_json: bool, as_csv: bool) -> Callable[[Results], None]:
    if as_json:
        return lambda results: click.echo(json.dumps(results.document, ensure_ascii=False, separators=(",", ":")))
    if as_csv:
        headers = iter([True])
        return lambda results: click.echo(to_csv(results, header=next(headers, False)), nl=False, color=True)
    console = Console()

    def table(results: Results) -> None:
        if console.is_terminal:
            console.clear()
        show(console, results, client.options(results))
        if not console.is_terminal:
            console.print()

    return table
