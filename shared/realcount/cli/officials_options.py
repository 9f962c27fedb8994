"""What the officials' commands have in common: their options, the words they speak, and how they end.

0: done, with receipts. 1: something was refused, or is wrong. 2: used wrongly. 3: all is kept, and not all of it could be sent yet.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from realcount.cli.key_files import read_records
from realcount.cli.read_options import printable
from realcount.client.patience import Patience
from realcount.client.reading import Reader
from realcount.domain.errors import Refusal, Rejected
from realcount.domain.instants import to_instant
from realcount.domain.official import OfficialKey
from realcount.officials.finding_words import EN, ID, LANGUAGES
from realcount.officials.frame import Frame
from realcount.officials.official import Official
from realcount.officials.refusal_words import refusal_in_words
from realcount.officials.signing_keys import key_of
from realcount.officials.words import say

KEPT = 3

SHORT_TRIES = 2
"""How often what is good to know, and not needed, is asked for."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An official with a private key, and its public record if that lies beside it."""

    official: Official
    record: OfficialKey | None


class KeyFile(click.ParamType[Holder]):
    """The private key that `realcount key generate` made; the public one is looked for beside it."""

    name = "file"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Holder:
        if isinstance(value, Holder):
            return value
        file = Path(str(value))
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
            secret = base64.b64decode(said["private_key"], validate=True)
            official = Official(str(said["id"]), key_of(said["algorithm"], secret))
        except OSError as error:
            self.fail(f"{file} cannot be read: {error.strerror}", param, ctx)
        except (ValueError, KeyError, TypeError):
            self.fail(f"{file} is no private key as `realcount key generate` makes it", param, ctx)
        beside = file.with_name(f"{official.key_id}.public.json")
        try:
            records = read_records(beside) if beside.is_file() else []
        except (Rejected, OSError) as error:
            self.fail(str(error), param, ctx)
        return Holder(official, next((one for one in records if one.id == official.key_id), None))


def language_of_here() -> str:
    """Indonesian, unless the locale is an English one."""
    spoken = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return EN if spoken.casefold().startswith("en") else ID


KEY = click.option(
    "--key", "holder", type=KeyFile(), envvar="REALCOUNT_KEY", show_envvar=True, required=True, help="Your private key."
)
OUTBOX = click.option(
    "--outbox",
    "root",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="REALCOUNT_OUTBOX",
    show_envvar=True,
    default=lambda: Path(click.get_app_dir("realcount")) / "outbox",
    show_default="a folder of your own",
    help="Where signed forms and receipts are kept.",
)
LANG = click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default=language_of_here,
    show_default="id, or en by your locale",
    help="What you are told in: Indonesian or English.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
PRACTICE = click.option(
    "--practice", is_flag=True, help="Go on only if the election is labelled a simulation or rehearsal."
)


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks to a person; with `as_json` it says nothing but the one object at the end."""

    language: str
    as_json: bool

    def say(self, key: str, **values: object) -> None:
        self.line(say(key, self.language, **values))

    def line(self, text: str) -> None:
        if not self.as_json:
            click.echo(printable(text))

    def banner(self, frame: Frame) -> None:
        """That an election does not count is the first thing that is said, whatever comes after it."""
        if frame.practice:
            self.say("practice", label=frame.label)

    def document(self, document: Mapping[str, object]) -> None:
        if self.as_json:
            click.echo(json.dumps(document, ensure_ascii=False))

    def refuse(self, refusals: Sequence[Refusal], **more: object) -> click.exceptions.Exit:
        """Say every reason, on standard error. The caller raises what is returned."""
        lines = [refusal_in_words(one.code, one.field, one.detail, self.language) for one in refusals]
        self.document({"refusals": [_refusal(one, words) for one, words in zip(refusals, lines, strict=True)], **more})
        for line in lines if not self.as_json else ():
            click.echo(printable(line), err=True)
        click.echo(f"Error: {say('refused', self.language, count=len(refusals))}", err=True)
        return click.exceptions.Exit(1)

    def fail(self, key: str, **values: object) -> click.ClickException:
        return click.ClickException(say(key, self.language, **values))

    def ask(self, key: str) -> bool:
        """Whether there is a person at a terminal to ask; who says no ends the command."""
        if self.as_json or not sys.stdin.isatty():
            return False
        click.confirm(say(key, self.language), abort=True)
        return True

    def insist(self, practice: bool, frame: Frame) -> None:
        """Raises if this must be practice, and is none."""
        if practice and not frame.practice:
            raise self.fail("not-practice", election=frame.key.election, label=frame.label)


def _refusal(refusal: Refusal, words: str) -> dict[str, str]:
    return {"code": refusal.code, "field": refusal.field, "detail": refusal.detail, "words": words}


def now() -> datetime:
    return datetime.now(UTC)


def this_instant() -> str:
    return to_instant(now())


def nonce() -> str:
    return secrets.token_urlsafe(24)


def short_reader(base: str) -> Reader:
    return Reader(base, patience=Patience(tries=SHORT_TRIES))
