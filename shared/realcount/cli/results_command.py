"""`realcount results`: the numbers of a place, now or as they were."""

from __future__ import annotations

import json

import click
from rich.console import Console

from realcount.cli.read_options import BASE, CONTEST, CSV, ELECTION, JSON, Time, asking, one_shape
from realcount.cli.results_shown import show, to_csv


@click.command()
@click.argument("place", required=False)
@BASE
@ELECTION
@CONTEST
@click.option("--at", type=Time(), help="As it was at this time, such as 2029-04-17T20:15+07:00.")
@click.option("--edition", type=click.IntRange(min=0), help="As it was at this edition.")
@click.option("--flagged", is_flag=True, help="Only what has flagged forms below it, and why.")
@JSON
@CSV
def results(
    place: str | None,
    base: str,
    election: str | None,
    contest: str | None,
    at: str | None,
    edition: int | None,
    flagged: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show the results of PLACE, the id of a region or station or the name of a region; of the whole contest without it.

    \b
    realcount results
    realcount results "Province 1" --csv | column -ts,
    realcount results --at 2029-04-17T20:15+07:00 --json | jq .votes
    """
    one_shape(as_json, as_csv)
    if at is not None and edition is not None:
        raise click.UsageError("--at and --edition exclude each other")
    with asking(base) as client:
        found = client.results(place, contest=contest, election=election, edition=edition, at=at)
        names = {} if as_json or as_csv else client.options(found)
        of_now = at is None and edition is None
        listed = client.flagged(found) if flagged and of_now and not (as_json or as_csv) else None
    if as_json:
        document = dict(found.document)
        if flagged and "children" in document:
            document["children"] = [child for child in document["children"] if child["stations"]["flagged"]]
        click.echo(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    elif as_csv:
        click.echo(to_csv(found, flagged), nl=False, color=True)  # as it is, whatever is in a name
    else:
        show(Console(), found, names, flagged, listed)
