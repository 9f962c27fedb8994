"""`realcount download`: the bulk files of a contest, checked."""

from __future__ import annotations

import json
from pathlib import Path

import click

from realcount.cli.read_options import BASE, CONTEST, ELECTION, asking, printable
from realcount.cli.terminal import bar


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@BASE
@ELECTION
@CONTEST
@click.option("--only", multiple=True, help="Only files whose names match, such as '*.csv.gz'. May be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: where each file lies.")
def download(
    folder: Path, base: str, election: str | None, contest: str | None, only: tuple[str, ...], as_json: bool
) -> None:
    """Download the newest bulk files of a contest into FOLDER (here, if none is named).

    Each is checked against the index by size and SHA-256 while it comes, and has its name only if it is right. Run it again if
    it broke off: it goes on where it was. What is there already is not fetched again.
    """
    with asking(base) as client, bar() as shown:

        def progress(name: str, there: int, size: int) -> None:
            shown.show(printable(name), there, size)

        files = client.download(folder, contest=contest, election=election, only=only, progress=progress)
    if as_json:
        click.echo(json.dumps({"files": [str(path) for path in files]}, ensure_ascii=False))
    else:
        for path in files:
            click.echo(printable(path))
