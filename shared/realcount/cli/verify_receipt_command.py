"""`realcount verify receipt`: what an official's receipt proves, alone and beside the public log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from realcount.cli.terminal import bar
from realcount.cli.verify_options import JSON, STATE, Key, Slowly, leave, opened, readable, tell_findings
from realcount.domain.errors import NotFound, Rejected
from realcount.domain.instants import to_instant
from realcount.domain.log.notes import NoteKey
from realcount.domain.log.proofs import NotProven
from realcount.domain.log.receipts import MAX_RECEIPT
from realcount.verify.checkpoint import read_word
from realcount.verify.findings import Finding, Findings
from realcount.verify.prove import LogFiles
from realcount.verify.receipt import OVERDUE, PATIENCE, Standing, check_receipt, look_up
from realcount.verify.receipt_words import receipt_in_words
from realcount.verify.sources import KeptSource, TooLarge
from realcount.verify.state import State
from realcount.verify.words import LANGUAGES


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("source", required=False)
@click.option("--key", type=Key(), required=True, help="The receipts' public key: not the log's.")
@click.option("--log-key", type=Key(), help="The log's public key, to look for the form in the log at SOURCE.")
@click.option(
    "--within",
    type=click.FloatRange(min=0),
    default=PATIENCE / timedelta(hours=1),
    show_default=True,
    help="Hours after which a form that is not in the log is overdue.",
)
@STATE
@JSON
def receipt(
    file: Path,
    source: str | None,
    key: NoteKey,
    log_key: NoteKey | None,
    within: float,
    state: Path,
    as_json: bool,
) -> None:
    """Check an official's receipt FILE; with SOURCE, also whether the form is in the log there.

    Without SOURCE it needs no network. Exit code 1 also if the form should be in the log by now, and is not: whether it
    was approved, neither receipt nor log can say.
    """
    if (source is None) != (log_key is None):
        raise click.BadParameter("SOURCE and --log-key belong together", param_hint="--log-key")
    findings, standing, patience = Findings(), None, timedelta(hours=within)
    with readable(), file.open("rb") as opened_file:
        held = check_receipt(opened_file.read(MAX_RECEIPT + 1), key, findings)
    if held is not None and source is not None and log_key is not None:
        with opened(source) as files, bar() as shown, readable():
            kept = KeptSource(files, State(state, log_key).files)
            word = read_word(kept, log_key, (), 0, findings)
            try:
                if word is not None:
                    now = to_instant(datetime.now(UTC))
                    standing = look_up(held, LogFiles(kept, word), now, patience, Slowly(shown), findings)
            except (Rejected, NotFound, NotProven, TooLarge, ValueError) as error:
                findings.add(Finding("missing", files.name, " ".join(str(error).split()), "files of a log"))
    words = {one: receipt_in_words(held, standing, source is not None, one) for one in LANGUAGES}
    overdue = standing is not None and standing.state == OVERDUE
    if as_json:
        document = {
            "holds": held is not None and not findings,
            "overdue": overdue,
            "log": None if standing is None else _document(standing),
            "words": words,
            "findings": [finding.to_document() for finding in findings.kept()],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        tell_findings(findings.kept())
        click.echo("\n\n".join("\n".join(words[language]) for language in LANGUAGES))
    leave(bool(findings) or overdue, None)


def _document(standing: Standing) -> dict[str, object]:
    return {
        "state": standing.state,
        "size": standing.size,
        "entry": standing.index,
        "later_version": standing.later,
    }
