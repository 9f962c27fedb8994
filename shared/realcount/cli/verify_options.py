"""What the commands of `realcount verify` have in common: their options, how a source is opened, how they end.

Exit codes of their own, for scripts that watch: 0 all holds, 1 something does not hold, 2 used wrongly, 3 it could not be read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from realcount.cli.terminal import Bar
from realcount.domain.errors import Rejected, Unavailable
from realcount.domain.log.notes import NoteKey, read_key
from realcount.verify.findings import CODES, LOUDEST, Finding
from realcount.verify.sources import FolderSource, Source
from realcount.verify.url_source import UrlSource

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


@contextmanager
def readable() -> Iterator[None]:
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


class Slowly:
    """Moves a bar a few times a second, however often it is told."""

    def __init__(self, shown: Bar) -> None:
        self._shown = shown
        self._next = 0.0

    def __call__(self, what: str, done: int, of: int | None) -> None:
        now = time.monotonic()
        if now >= self._next or done == of:
            self._next = now + BAR_SECONDS
            self._shown.show(what, done, of)


def tell_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.code in LOUDEST:
            click.echo(f"\nTHE LOG CONTRADICTS ITSELF: {CODES[finding.code]}.")
            click.echo("Keep both signed notes and show them to others: together they are proof.\n")
        click.echo(str(finding))


def leave(found: bool, unreadable: str | None) -> None:
    """What was found counts for more than what could not be read."""
    if found:
        raise click.exceptions.Exit(DOES_NOT_HOLD)
    if unreadable is not None:
        raise click.exceptions.Exit(UNREADABLE)
