"""`realcount replay`: the forms of 2019 once more, through this system, and every number compared with what KPU published."""

from __future__ import annotations

import os
from pathlib import Path

import click

from realcount.cli.replay.outcome import Outcome
from realcount.cli.terminal import bar

DATA = click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder with wilayah_2019.csv.gz and tps_ppwp_2019.csv.xz.",
)
LIMIT = click.option("--limit", type=click.IntRange(min=1), help="Only the first so many forms, in order of arrival.")
JSON = click.option("--json", "as_json", is_flag=True, help="The last line is the outcome as one JSON object.")

MOST_WORKERS = 2
"""More would be faster on a larger machine, and would each need their half gigabyte before the first form."""


@click.group()
def replay() -> None:
    """Put the forms of 2019 through this system again and compare every region's page with what Situng published.

    Exit code 1 if a single number differs.
    """


@replay.command()
@DATA
@click.option("--region", default="928068", show_default=True, help="Situng id; 928068 is Kalimantan Utara.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Times faster than 2019; without it, as fast as possible.",
)
@LIMIT
@JSON
def province(data: Path, region: str, speed: float | None, limit: int | None, as_json: bool) -> None:
    """One province through the whole signed path: HTTP, uploads, two officials, engine and streams, on this machine.

    Officials of every regency sign with keys of their own, upload the form with a scan, and approve each other's forms.
    Takes minutes: every step is the real one.
    """
    from realcount.cli.replay.province import replay_province

    with bar() as shown:
        outcome = replay_province(data, region, limit=limit, speed=speed, on_stage=shown.show)
    _finish(outcome, as_json)


@replay.command()
@DATA
@LIMIT
@click.option(
    "--workers",
    type=click.IntRange(1, 16),
    default=min(MOST_WORKERS, os.cpu_count() or 1),
    show_default=True,
    help="Processes; provinces are dealt out to them.",
)
@JSON
def nation(data: Path, limit: int | None, workers: int, as_json: bool) -> None:
    """All of Indonesia through the same use cases, with the stores in memory.

    Signatures are pre-verified and scans are no images; everything else is the real thing. Needs about 4 GiB.
    """
    from realcount.cli.replay.nation import replay_nation

    with bar() as shown:
        outcome = replay_nation(data, limit=limit, workers=workers, on_stage=shown.show)
    _finish(outcome, as_json)


def _finish(outcome: Outcome, as_json: bool) -> None:
    click.echo(outcome.to_text())
    if as_json:
        click.echo(outcome.to_json())
    if not outcome.good:
        raise click.ClickException(f"{outcome.regions_wrong:,} of {outcome.regions_checked:,} regions are wrong")
