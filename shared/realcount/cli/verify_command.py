"""`realcount verify`: check the public log from outside, with nothing but its files and the log's public key.

Exit codes of its own, for scripts that watch: 0 all holds, 1 something does not hold, 2 used wrongly, 3 it could not be read.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from realcount.cli.terminal import Bar, bar
from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound, Rejected, Unavailable
from realcount.domain.log.notes import COSIGNATURE, NoteKey, read_key
from realcount.domain.log.proofs import NotProven
from realcount.verify.audit import Audit, Report
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import CODES, LOUDEST, Finding, Findings
from realcount.verify.proof import MAX_PROOF, Shown, check_proof
from realcount.verify.prove import LogFiles, assemble, find_places
from realcount.verify.sources import FolderSource, KeptSource, Source, TooLarge
from realcount.verify.state import State
from realcount.verify.url_source import UrlSource
from realcount.verify.words import LANGUAGES, in_words, no_proof, not_proven

DOES_NOT_HOLD = 1
UNREADABLE = 3

BAR_SECONDS = 0.1


class Key(click.ParamType[NoteKey]):
    """A public key of notes, `name+id+key`, or a file that holds one."""

    name = "key"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> NoteKey:
        if isinstance(value, NoteKey):
            return value
        text = str(value)
        try:
            if "+" not in text and Path(text).is_file():
                text = Path(text).read_text(encoding="utf-8")
            return read_key(text.strip())
        except (Rejected, OSError, UnicodeError) as error:
            self.fail(f"{text[:80]!r} is no key: {error}", param, ctx)


KEY = click.option("--key", type=Key(), required=True, help="The log's public key, as `name+id+key` or in a file.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
STATE = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    default=lambda: Path(click.get_app_dir("realcount")) / "verify",
    show_default="a folder of your own",
    help="What a check remembers: the log's last word, files fetched, signatures checked.",
)


@click.group()
def verify() -> None:
    """Check the public log of an election from outside.

    Exit codes: 0 all holds, 1 something does not hold, 2 used wrongly, 3 it could not be read.
    """


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
    with opened(source) as files, bar() as shown, _readable():
        audit = Audit(files, key, State(state, key), witnesses, wanted, workers, fresh, _Slowly(shown))
        report = audit.run()
        if pages is not None and audit.counting is not None and report.unreadable is None:
            _compare_pages(pages, audit, report, shown)
    if as_json:
        click.echo(json.dumps({**report.to_document(), "seconds": round(time.monotonic() - began, 1)}))
    else:
        _tell(report, time.monotonic() - began)
    _leave(bool(report.findings), report.unreadable)


def _compare_pages(url: str, audit: Audit, report: Report, shown: Bar) -> None:
    from realcount.verify.pages import compare_pages

    assert audit.counting is not None
    try:
        with UrlSource(url) as api:
            outcome = compare_pages(api, audit, report.size, _Slowly(shown))
    except Unavailable as error:
        report.unreadable = str(error)
        return
    report.findings.add_all(outcome.findings)
    report.remarks += outcome.remarks()


@verify.command(context_settings={"ignore_unknown_options": True})  # Ids are opaque: some begin with a dash.
@click.argument("station_id", metavar="ID")
@click.argument("source")
@KEY
@click.option("--contest", help="Contest, as `election/contest`.  [default: the first that has the station]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the proof in this file.")
@STATE
@JSON
def station(
    station_id: str, source: str, key: NoteKey, contest: str | None, out: Path | None, state: Path, as_json: bool
) -> None:
    """Prove that the form of polling station ID is in the log at SOURCE, and its votes in the total that was signed.

    Makes the proof from the log's files, checks it as anybody would, and says in English and Indonesian what it shows.
    """
    wanted = None
    if contest is not None:
        election, divided, name = contest.partition("/")
        if not divided:
            raise click.BadParameter("give it as `election/contest`", param_hint="--contest")
        wanted = ContestKey(election, name)
    findings = Findings()
    with opened(source) as files, bar() as shown_bar, _readable():
        kept = KeptSource(files, State(state, key).files)
        word = read_word(kept, key, (), 0, findings)
        data = None
        if word is not None:
            try:
                log_files = LogFiles(kept, word)
                data = assemble(log_files, find_places(log_files, wanted, station_id, _Slowly(shown_bar))).to_bytes()
            except (Rejected, NotFound, NotProven, TooLarge, ValueError) as error:
                found = " ".join(str(error).split())
                findings.add(Finding("not-proven", files.name, found, "a form that counts", unit=station_id))
    if data is not None and out is not None:
        out.write_bytes(data)
    shown = None if data is None else check_proof(data, key, findings, station_id)
    _tell_shown(shown, findings, as_json, made=data is not None)


@verify.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KEY
@click.option("--station", "station_id", help="The polling station it must be about.")
@JSON
def proof(file: Path, key: NoteKey, station_id: str | None, as_json: bool) -> None:
    """Check a station's proof FILE. Needs the key and nothing else: no network, no log."""
    findings = Findings()
    with _readable(), file.open("rb") as opened_file:
        data = opened_file.read(MAX_PROOF + 1)
    _tell_shown(check_proof(data, key, findings, station_id), findings, as_json)


def _tell_shown(shown: Shown | None, findings: Findings, as_json: bool, made: bool = True) -> None:
    failed = not_proven if made else no_proof
    lines = {language: in_words(shown, language) if shown else [failed(language)] for language in LANGUAGES}
    if as_json:
        document = {
            "holds": shown is not None and not findings,
            "words": lines,
            "findings": [finding.to_document() for finding in findings.kept()],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        tell_findings(findings.kept())
        click.echo("\n\n".join("\n".join(lines[language]) for language in LANGUAGES))
    _leave(bool(findings), None)


@contextmanager
def _readable() -> Iterator[None]:
    """What cannot be read or kept is exit code 3, never 1: nothing was found to be wrong."""
    try:
        yield
    except (Unavailable, OSError) as error:
        click.echo(f"Error: {' '.join(str(error).split())}", err=True)
        raise click.exceptions.Exit(UNREADABLE) from error


@contextmanager
def opened(source: str) -> Iterator[Source]:
    """The source that is meant. What is none is wrong use."""
    if source.startswith(("http://", "https://")):
        try:
            files = UrlSource(source)
        except Unavailable as error:
            raise click.BadParameter(str(error), param_hint="SOURCE") from None
        with files:
            yield files
        return
    if not Path(source).is_dir():
        raise click.BadParameter(f"{source} is neither a URL nor a folder", param_hint="SOURCE")
    yield FolderSource(Path(source))


class _Slowly:
    """Moves a bar a few times a second, however often it is told."""

    def __init__(self, shown: Bar) -> None:
        self._shown = shown
        self._next = 0.0

    def __call__(self, what: str, done: int, of: int | None) -> None:
        now = time.monotonic()
        if now >= self._next or done == of:
            self._next = now + BAR_SECONDS
            self._shown.show(what, done, of)


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


def tell_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.code in LOUDEST:
            click.echo(f"\nTHE LOG CONTRADICTS ITSELF: {CODES[finding.code]}.")
            click.echo("Keep both signed notes and show them to others: together they are proof.\n")
        click.echo(str(finding))


def _leave(found: bool, unreadable: str | None) -> None:
    """What was found counts for more than what could not be read."""
    if found:
        raise click.exceptions.Exit(DOES_NOT_HOLD)
    if unreadable is not None:
        raise click.exceptions.Exit(UNREADABLE)
