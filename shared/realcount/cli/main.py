"""The command `realcount` and its exit codes: 0 done, 1 refused or failed, 2 used wrongly, 130 interrupted.

Subcommands are imported when they are called: `realcount election check` needs neither a database nor a web server.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from realcount.domain.errors import RealcountError

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("realcount.cli.demo", "demo"),
    "election": ("realcount.cli.election_command", "election"),
    "key": ("realcount.cli.key_command", "key"),
    "submit": ("realcount.cli.submit_command", "submit"),
    "outbox": ("realcount.cli.outbox_command", "outbox"),
    "review": ("realcount.cli.review_command", "review"),
    "recount": ("realcount.cli.recount_command", "recount"),
    "results": ("realcount.cli.results_command", "results"),
    "watch": ("realcount.cli.watch_command", "watch"),
    "download": ("realcount.cli.download_command", "download"),
    "replay": ("realcount.cli.replay_command", "replay"),
    "web": ("realcount.cli.web_command", "web"),
    "verify": ("realcount.cli.verify_command", "verify"),
}


class LazyGroup(click.Group):
    """Knows its subcommands by name alone until one is asked for. An error of ours becomes one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # Whoever reads us has seen enough, which click ends with 1 and without a word.
        except (RealcountError, OSError) as error:
            raise click.ClickException(" ".join(str(error).split()) or type(error).__name__) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="realcount")
def cli() -> None:
    """Publish the count of an election while it happens.

    \b
    realcount demo                        the whole system on this machine, counting a small invented election
    realcount results                     the numbers as they are; watch: and whenever they change
    realcount download                    the whole count as files
    realcount submit DISTRICT             an official's forms: checked, signed, kept, sent; outbox, review: and then
    realcount election check FOLDER       are an election's files good? every finding, by file and line
    realcount replay province --data DIR  real forms of 2019 through the signed path on this machine
    realcount replay nation --data DIR    all 806,576 of them through the same use cases, in memory
    """


def main() -> None:
    """Entry point. A polite kill ends the command as Ctrl-C does, so that child processes are ended with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    cli()
