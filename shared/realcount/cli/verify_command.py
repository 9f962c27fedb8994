"""`realcount verify`: check the public log from outside, with nothing but its files and the log's public key."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from realcount.cli.terminal import Bar, bar
from realcount.cli.verify_options import JSON, KEY, STATE, Key, Slowly, leave, opened, readable, tell_findings
from realcount.cli.verify_receipt_command import receipt
from realcount.cli.verify_station_command import proof, station
from realcount.domain.errors import Unavailable
from realcount.domain.log.notes import COSIGNATURE, NoteKey
from realcount.verify.audit import Audit, Report
from realcount.verify.state import State
from realcount.verify.url_source import UrlSource


@click.group()
def verify() -> None:
    """Check the public log of an election from outside.

    Exit codes: 0 all holds, 1 something does not hold, 2 used wrongly, 3 it could not be read.
    """


verify.add_command(station)
verify.add_command(proof)
verify.add_command(receipt)


@verify.command()
@click.argument("source")
@KEY
@click.option("--witness", "witnesses", type=Key(), multiple=True, help="A witness's public key; may be repeated.")
@click.option("--quorum", type=click.IntRange(min=0), help="Cosignatures needed.  [default: of all witnesses given]")
@STATE
@click.option(
    "--workers", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default=True, help="Processes."
)
@click.option("--fresh", is_flag=True, help="Fetch and check everything again, whatever was checked before.")
@click.option("--pages", metavar="URL", help="Also compare every region's page of the public API at this address.")
@JSON
def log(
    source: str,
    key: NoteKey,
    witnesses: tuple[NoteKey, ...],
    quorum: int | None,
    state: Path,
    workers: int,
    fresh: bool,
    pages: str | None,
    as_json: bool,
) -> None:
    """Check a whole log: SOURCE is its URL or a folder with its files.

    Every tile, every entry, both signatures of every form, every sum, and that the log goes on from what it was when it
    was checked last. May be stopped and started again.
    """
    if any(witness.kind != COSIGNATURE for witness in witnesses):
        raise click.BadParameter("this is no witness's key", param_hint="--witness")
    wanted = len(witnesses) if quorum is None else quorum
    if wanted > len({witness.to_text() for witness in witnesses}):
        raise click.BadParameter(f"{wanted} of {len(witnesses)} witnesses cannot be had", param_hint="--quorum")
    began = time.monotonic()
    with opened(source) as files, bar() as shown, readable():
        audit = Audit(files, key, State(state, key), witnesses, wanted, workers, fresh, Slowly(shown))
        report = audit.run()
        if pages is not None and audit.counting is not None and report.unreadable is None:
            _compare_pages(pages, audit, report, shown)
    if as_json:
        click.echo(json.dumps({**report.to_document(), "seconds": round(time.monotonic() - began, 1)}))
    else:
        _tell(report, time.monotonic() - began)
    leave(bool(report.findings), report.unreadable)


def _compare_pages(url: str, audit: Audit, report: Report, shown: Bar) -> None:
    from realcount.verify.pages import compare_pages

    assert audit.counting is not None
    try:
        with UrlSource(url) as api:
            outcome = compare_pages(api, audit, report.size, Slowly(shown))
    except Unavailable as error:
        report.unreadable = str(error)
        return
    report.findings.add_all(outcome.findings)
    report.remarks += outcome.remarks()


def _tell(report: Report, seconds: float) -> None:
    click.echo(f"{report.source}: {report.size:,} entries, root {report.to_document()['root']}")
    click.echo(
        f"  {report.files:,} files hashed, {report.forms:,} stations' forms and {report.keys:,} keys, "
        f"{report.snapshots:,} snapshots and {report.nodes:,} nodes added up, in {seconds:.0f} s"
    )
    for contest, unit, options, sums in report.totals:
        votes = ", ".join(f"{option} {count:,}" for option, count in zip(options[:8], sums.votes[:8], strict=False))
        more = f" and {len(options) - 8} more" if len(options) > 8 else ""
        click.echo(f"  {contest} in {unit}: {sums.stations:,} stations, {votes}{more}")
    for name, at in report.witnesses:
        click.echo(f"  seen by {name} at {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC")
    for remark in report.remarks:
        click.echo(f"  {remark}")
    tell_findings(report.findings.kept())
    for code, count in report.findings.counts.items():
        if count > 1:
            click.echo(f"{code}: {count:,} in all")
    if report.unreadable is not None:
        click.echo(f"not everything could be read: {report.unreadable}")
    if report.holds:
        click.echo("All holds.")
    elif report.findings:
        click.echo("SOMETHING DOES NOT HOLD.")
