"""`realcount election`: check an election's files, load them, rebuild what was lost, or write those of a real election."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from realcount.cli.aws_clients import dynamodb_client, s3_client
from realcount.cli.election_files import ElectionFiles, FilesRefused, read_election
from realcount.cli.recount_command import rebuild
from realcount.cli.terminal import Watched, bar
from realcount.domain.election import Region
from realcount.log_ports import LogFiles
from realcount.ports import ElectionStore, PageCopies, PageStore
from realcount.publishing_ports import EditionStore

AT_ONCE = 32
"""Copies on their way to S3 at the same time: one process cannot keep more of them busy."""

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def election() -> None:
    """Check, load and write the files of an election (docs/election-files.md)."""


@election.command()
@FOLDER
@JSON
def check(folder: Path, as_json: bool) -> None:
    """Are the files in FOLDER an election? Lists every finding by file and line; exit code 1 if there is one."""
    files = _read(folder, as_json)
    if as_json:
        click.echo(json.dumps({"ok": True, **_summary(files)}))
    else:
        _describe(files)


@election.command()
@FOLDER
@click.option(
    "--elections-table", envvar="TABLE_ELECTIONS", required=True, help="DynamoDB table.  [env: TABLE_ELECTIONS]"
)
@click.option("--pages-table", envvar="TABLE_PAGES", required=True, help="DynamoDB table.  [env: TABLE_PAGES]")
@click.option(
    "--published-bucket", envvar="BUCKET_PUBLISHED", required=True, help="S3 bucket.  [env: BUCKET_PUBLISHED]"
)
@JSON
def load(folder: Path, elections_table: str, pages_table: str, published_bucket: str, as_json: bool) -> None:
    """Check FOLDER and make the election exist: its units, every page with zeros and its copy for the edge, and its tree
    among the files of its public log.

    Goes to the AWS account, region and endpoint of the environment (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL …). A load
    that was interrupted is finished by running it again; an id that other files took is refused.
    """
    from realcount.aws.copies_s3 import S3Copies
    from realcount.aws.editions_s3 import S3Editions
    from realcount.aws.elections_dynamodb import DynamoDBElections
    from realcount.aws.log_s3 import S3LogFiles
    from realcount.aws.pages_dynamodb import DynamoDBPages

    files = _read(folder, as_json)
    client, s3 = dynamodb_client(), s3_client(AT_ONCE)
    state = load_with_bar(
        files,
        DynamoDBElections(client, elections_table),
        S3Editions(s3, published_bucket, AT_ONCE),
        S3Copies(s3, published_bucket, AT_ONCE),
        DynamoDBPages(client, pages_table),
        S3LogFiles(s3, published_bucket, files.election.id),
    )
    if as_json:
        click.echo(json.dumps({"state": state, **_summary(files)}))
    else:
        _describe(files)
        click.echo({"new": "loaded", "resumed": "finished an earlier load", "complete": "was loaded already"}[state])


election.add_command(rebuild)


@election.command("make-situng2019")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder of the 2019 files.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A new folder.")
@click.option("--region", help="Only this region, what is below it, and what is above it (its Situng id).")
@JSON
def make_situng2019(data: Path, out: Path, region: str | None, as_json: bool) -> None:
    """Write the files of Indonesia's presidential election of 2019, as Situng published it."""
    from realcount.cli.situng2019 import Situng2019
    from realcount.cli.situng2019_election import write_election

    with bar() as shown:
        shown.show("writing")
        counts = write_election(Situng2019(data), out, region)
    if as_json:
        click.echo(json.dumps({"folder": str(out), **counts}))
    else:
        click.echo(f"{out}: {counts['regions']:,} regions, {counts['stations']:,} polling stations")


def load_with_bar(
    files: ElectionFiles,
    elections: ElectionStore,
    editions: EditionStore,
    copies: PageCopies,
    pages: PageStore,
    log: LogFiles,
) -> str:
    """`load_election`, showing how far it is. Returns what that returns."""
    from realcount.local.described import describe
    from realcount.local.places import checkout
    from realcount.usecases.load_election import load_election

    with bar() as shown:
        # The loader walks over the units to write their list, to store them, to find the upper regions, and for every
        # contest to render first pages.
        shown.show("loading", total=len(files.units) * (3 + len(files.election.contests)))
        state = load_election(
            files.election,
            Watched(files.units, shown),
            elections=elections,
            editions=editions,
            copies=copies,
            pages=pages,
            log=log,
        )
    describe(checkout(), copies=copies, pages=pages)
    return state


def _read(folder: Path, as_json: bool) -> ElectionFiles:
    try:
        with bar() as shown:
            shown.show(f"reading {folder}")
            return read_election(folder)
    except FilesRefused as refused:
        if as_json:
            findings = [finding._asdict() for finding in refused.findings]
            click.echo(json.dumps({"ok": False, "findings": findings}, ensure_ascii=False))
        else:
            for finding in refused.findings:
                click.echo(str(finding))
        count = len(refused.findings)
        raise click.ClickException(f"{folder} is refused: {count:,} finding{'s' if count > 1 else ''}") from None


def _summary(files: ElectionFiles) -> dict[str, object]:
    kinds = Counter(unit.level if isinstance(unit, Region) else "station" for unit in files.units)
    return {
        "election": files.election.id,
        "digest": files.election.digest,
        "contests": {contest.key.contest: len(contest.options) for contest in files.election.contests},
        "units": {kind: kinds[kind] for kind in (*files.election.levels, "station") if kinds[kind]},
    }


def _describe(files: ElectionFiles) -> None:
    summary = _summary(files)
    click.echo(f"{files.election.name} ({files.election.id}), held on {files.election.held_on}")
    for contest in files.election.contests:
        click.echo(f"  contest {contest.key.contest}: {contest.name}, {len(contest.options)} options")
    units = summary["units"]
    assert isinstance(units, dict), "made above"
    click.echo("  " + ", ".join(f"{count:,} {kind}" for kind, count in units.items()))
    click.echo(f"  digest {files.election.digest}")
