"""What the commands that read the count have in common: whom they ask, which contest is meant, and how they end.

0: done. 1: it could not be read, or does not exist. 2: used wrongly. 130: interrupted. A reader of our output who has seen
enough (`| head`) ends us quietly, with 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from realcount.client.client import Client
from realcount.domain.instants import to_instant

INTERRUPTED = 130

BASE = click.option(
    "--base",
    envvar="REALCOUNT_BASE",
    default="http://127.0.0.1:8019",
    show_default="where `realcount demo` listens",
    show_envvar=True,
    help="Address of the API or its edge, such as https://count.example.",
)
ELECTION = click.option("--election", help="Its id.  [default: the latest]")
CONTEST = click.option("--contest", help="Its id.  [default: the first of the election]")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on a line: the page as the API has it.")
CSV = click.option("--csv", "as_csv", is_flag=True, help="The place and everything directly below it, as CSV.")


class Time(click.ParamType[str]):
    """A time with its zone, `2029-04-17T20:15+07:00`; without one it is UTC."""

    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            moment = datetime.fromisoformat(value)
            return to_instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; give it as 2029-04-17T20:15+07:00, or as UTC without a zone", param, ctx)


@contextmanager
def asking(base: str) -> Iterator[Client]:
    """A client; an interruption in the block ends the command as shells expect it, without a word."""
    try:
        with Client(base) as client:
            yield client
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def one_shape(as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(text: object) -> str:
    """Text of others without what would move a terminal's cursor."""
    return _UNPRINTABLE.sub("?", str(text))
