"""`realcount recount` and `realcount election rebuild`: hold everything against the public log, and make again what was lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from realcount.cli.standing_stores import with_stores
from realcount.cli.terminal import bar
from realcount.cli.verify_options import JSON, KEY
from realcount.domain.errors import RealcountError
from realcount.domain.instants import to_instant
from realcount.domain.log.notes import NoteKey
from realcount.evidence.signatures import holds
from realcount.usecases.rebuild_tally import Stores, rebuild_tally
from realcount.usecases.recount import Standing
from realcount.usecases.recount import recount as recount_once
from realcount.usecases.recount_report import Recounted

EVERY_REGION = 10**9


@click.command()
@click.argument("election_id", metavar="ELECTION")
@KEY
@with_stores
@JSON
def recount(election_id: str, key: NoteKey, stores: Stores, as_json: bool) -> None:
    """Hold every row, head, form and page of ELECTION against its public log, once and all of it.

    Changes nothing. KEY is the log's public key, which a recount should not take from whom it checks. Exit code 1 if
    anything differs or could not be read. Goes to the AWS account, region and endpoint of the environment.
    """
    with bar() as shown:
        standing = Standing(election_id)

        def goes_on() -> bool:
            shown.show("entries counted", standing.count.fold.size)
            return True

        done = recount_once(
            standing, to_instant(datetime.now(UTC)), 0, elections=stores.elections, forms=stores.forms,
            tallies=stores.tallies, pages=stores.pages, log=stores.log, key=key, holds=holds, goes_on=goes_on,
            share=EVERY_REGION,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(_document(done), ensure_ascii=False))
    else:
        _tell(done)
    if done.differences or done.failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("election_id", metavar="ELECTION")
@KEY
@with_stores
@JSON
def rebuild(election_id: str, key: NoteKey, stores: Stores, as_json: bool) -> None:
    """Make again the rows, pages and copies of ELECTION that are not there: numbers from its public log.

    Stops at the first form on which log and ledger do not agree. Replaces nothing: delete first what is wrong. May be
    stopped and started again. Goes to the AWS account, region and endpoint of the environment.
    """
    with bar() as shown:
        shown.show("reading the log")
        done = rebuild_tally(
            election_id, stores, key=key, holds=holds, on_region=lambda n, of: shown.show("regions", n, of)
        )
    if as_json:
        found = {"entries": done.entries, "stations": done.stations, "regions": done.regions, "pages": done.pages}
        click.echo(json.dumps(found))
    else:
        click.echo(
            f"{election_id}: {done.entries:,} entries; written were the rows of {done.stations:,} stations and "
            f"{done.regions:,} regions, and {done.pages:,} pages. Now run `realcount recount {election_id}`."
        )


def _document(done: Recounted) -> dict[str, object]:
    return {
        "entries": done.size,
        "rows": done.rows,
        "regions": done.regions,
        "differences": [difference.to_document() for difference in done.differences],
        "failed": {where: _words(error) for where, error in done.failed.items()},
        "unsealed": done.unsealed,
    }


def _tell(done: Recounted) -> None:
    click.echo(f"{done.size:,} entries counted, {done.rows:,} rows compared, {done.regions:,} regions looked at")
    for difference in done.differences:
        click.echo(f"drift: {difference}")
    for where, error in done.failed.items():
        click.echo(f"not judged: {where}: {_words(error)}")
    for waits in done.unsealed:
        click.echo(f"approved and not sealed: {waits}")
    if not done.differences and not done.failed:
        click.echo("All of it is as the log says.")


def _words(error: RealcountError) -> str:
    return " ".join(str(error).split())
