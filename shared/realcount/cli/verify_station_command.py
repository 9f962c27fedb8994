"""`realcount verify station` and `proof`: one citizen, one polling station, and the photographs of its paper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from realcount.cli.terminal import bar
from realcount.cli.verify_options import JSON, KEY, STATE, Slowly, leave, opened, readable, tell_findings
from realcount.domain.election import ContestKey
from realcount.domain.errors import NotFound, Rejected
from realcount.domain.log.notes import NoteKey
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.station_proofs import assemble
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Finding, Findings
from realcount.verify.proof import MAX_PROOF, Shown, check_proof
from realcount.verify.prove import LogFiles, find_places
from realcount.verify.scans import check_scans
from realcount.verify.sources import KeptSource, TooLarge
from realcount.verify.state import State
from realcount.verify.words import LANGUAGES, in_words, no_proof, not_proven, scan_in_words

SCAN = click.option(
    "--scan",
    "scans",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A photograph of the paper: is it one that both officials signed for? May be repeated.",
)
MAX_SCAN = 64 * 1024 * 1024


@click.command(context_settings={"ignore_unknown_options": True})  # Ids are opaque: some begin with a dash.
@click.argument("station_id", metavar="ID")
@click.argument("source")
@KEY
@click.option("--contest", help="Contest, as `election/contest`.  [default: the first that has the station]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the proof in this file.")
@SCAN
@STATE
@JSON
def station(
    station_id: str,
    source: str,
    key: NoteKey,
    contest: str | None,
    out: Path | None,
    scans: tuple[Path, ...],
    state: Path,
    as_json: bool,
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
    with opened(source) as files, bar() as shown_bar, readable():
        kept = KeptSource(files, State(state, key).files)
        word = read_word(kept, key, (), 0, findings)
        data = None
        if word is not None:
            try:
                log_files = LogFiles(kept, word)
                data = assemble(log_files, find_places(log_files, wanted, station_id, Slowly(shown_bar))).to_bytes()
            except (Rejected, NotFound, NotProven, TooLarge, ValueError) as error:
                found = " ".join(str(error).split())
                findings.add(Finding("not-proven", files.name, found, "a form that counts", unit=station_id))
    if data is not None and out is not None:
        out.write_bytes(data)
    shown = None if data is None else check_proof(data, key, findings, station_id)
    _tell_shown(shown, findings, as_json, scans, made=data is not None)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KEY
@click.option("--station", "station_id", help="The polling station it must be about.")
@SCAN
@JSON
def proof(file: Path, key: NoteKey, station_id: str | None, scans: tuple[Path, ...], as_json: bool) -> None:
    """Check a station's proof FILE. Needs the key and nothing else: no network, no log."""
    findings = Findings()
    with readable(), file.open("rb") as opened_file:
        data = opened_file.read(MAX_PROOF + 1)
    _tell_shown(check_proof(data, key, findings, station_id), findings, as_json, scans)


def _tell_shown(
    shown: Shown | None, findings: Findings, as_json: bool, scans: Sequence[Path], made: bool = True
) -> None:
    same = [] if shown is None else check_scans(shown, _read_scans(scans), findings)
    failed = not_proven if made else no_proof
    lines = {language: in_words(shown, language) if shown else [failed(language)] for language in LANGUAGES}
    for language, said in lines.items():
        said += [scan_in_words(name, language) for name in same]
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
    leave(bool(findings), None)


def _read_scans(scans: Sequence[Path]) -> dict[str, bytes]:
    """No scan that was accepted is so large; the rest of one that is would not make it another."""
    read = {}
    with readable():
        for path in scans:
            with path.open("rb") as file:
                read[str(path)] = file.read(MAX_SCAN)
    return read
