"""`realcount key`: make an official's key, and enter it into or strike it off the registry.

A key is two files: the private one stays with the official, the public one is what the registry is told. The registry
learns no private key, and no command prints one.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from realcount.cli.aws_clients import dynamodb_client
from realcount.cli.key_files import read_record, read_records
from realcount.domain import strict
from realcount.domain.canonical import sha256_hex
from realcount.domain.instants import to_instant
from realcount.domain.official import ALGORITHMS, ED25519, ROLES
from realcount.ports import KeyRegistry
from realcount.usecases.revoke_key import revoke_key

TABLE = click.option("--keys-table", envvar="TABLE_KEYS", required=True, help="DynamoDB table.  [env: TABLE_KEYS]")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def key() -> None:
    """Make, register and revoke officials' keys.

    The registry is the table of the AWS account, region and endpoint of the environment (AWS_PROFILE, AWS_REGION,
    AWS_ENDPOINT_URL …).
    """


@key.command()
@click.option("--election", required=True, help="Id of the election the key is for.")
@click.option(
    "--holder", required=True, help="Opaque id of the person. Two keys of one person never make a counted form."
)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--region", "regions", multiple=True, required=True, help="Unit the key speaks for; may be repeated.")
@click.option("--contest", "contests", multiple=True, default=("*",), show_default=True, help="May be repeated.")
@click.option(
    "--algorithm",
    type=click.Choice(ALGORITHMS),
    default=ED25519,
    show_default=True,
    help="p256 for devices that cannot do Ed25519.",
)
@click.option("--valid-from", required=True, help="Instant, like 2019-04-17T00:00:00.000Z.")
@click.option("--valid-until", required=True, help="Instant; from then on the key is expired.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the two files."
)
@JSON
def generate(
    election: str,
    holder: str,
    role: str,
    regions: tuple[str, ...],
    contests: tuple[str, ...],
    algorithm: str,
    valid_from: str,
    valid_until: str,
    out: Path,
    as_json: bool,
) -> None:
    """Make a new key pair: <id>.private.json for the official alone, <id>.public.json to be registered."""
    from realcount.officials.signing_keys import new_key, public_of, secret_of

    private = new_key(algorithm)
    public = public_of(private)
    record: dict[str, object] = {
        "id": "key-" + sha256_hex(public)[:16],
        "holder": holder,
        "election": election,
        "algorithm": algorithm,
        "public_key": base64.b64encode(public).decode("ascii"),
        "role": role,
        "regions": list(regions),
        "contests": list(contests),
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    made = read_record(record)
    out.mkdir(parents=True, exist_ok=True)
    secret, shown = out / f"{made.id}.private.json", out / f"{made.id}.public.json"
    # Created unreadable for others, not made so afterwards: there is no moment in which somebody else could read it.
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        seed = base64.b64encode(secret_of(private)).decode("ascii")
        file.write(json.dumps({"id": made.id, "algorithm": algorithm, "private_key": seed}) + "\n")
    shown.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json:
        click.echo(json.dumps({"id": made.id, "private": str(secret), "public": str(shown)}))
    else:
        click.echo(f"{made.id}: register {shown}; {secret} is the official's and nobody else's")


@key.command()
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True)
@TABLE
@JSON
def register(files: tuple[Path, ...], keys_table: str, as_json: bool) -> None:
    """Enter public keys (FILES, one key or a list of keys each) into the registry. All are checked before any is entered."""
    records = [record for file in files for record in read_records(file)]  # Raises before anything is entered.
    registry = _registry(keys_table)
    for record in records:
        registry.register(record)
        if not as_json:
            click.echo(f"{record.id}: {record.role} of {', '.join(record.regions)} in {record.election}")
    if as_json:
        click.echo(json.dumps({"registered": [record.id for record in records]}))


@key.command()
@click.argument("key_id")
@click.option("--at", help="Instant of the revocation.  [default: now]")
@click.option(
    "--effect-from", help="Instant from which on its signatures do not stand: what it signed since goes back to review."
)
@click.option("--reason", help="Why they do not stand, for everybody to read. With --effect-from.")
@TABLE
@JSON
def revoke(
    key_id: str, at: str | None, effect_from: str | None, reason: str | None, keys_table: str, as_json: bool
) -> None:
    """Strike a key off: from then on nothing it signs is accepted.

    What it signed before stays counted, unless --effect-from says since when it is not to be trusted: then every form that it
    approved or submitted since ceases to count, in public, within five minutes, until another official has approved it. It
    can be said of a key that is revoked already, and once: look well at the time.
    """
    when = to_instant(datetime.now(UTC)) if at is None else at
    _require(strict.instant, when, "--at")
    if (effect_from is None) != (reason is None):
        raise click.UsageError("--effect-from and --reason go together: what is recalled is recalled for a reason")
    if effect_from is not None:
        _require(strict.instant, effect_from, "--effect-from")
        _require(strict.text, reason, "--reason")
    revoke_key(key_id, when, effect_from, reason, keys=_registry(keys_table))
    if as_json:
        said = {} if effect_from is None else {"effect_from": effect_from, "reason": reason}
        click.echo(json.dumps({"revoked": key_id, "at": when, **said}))
    else:
        more = "" if effect_from is None else f"; what it signed from {effect_from} on goes back to review"
        click.echo(f"{key_id}: revoked from {when} on{more}")


def _require(check: Callable[[object], object], value: object, option: str) -> None:
    try:
        check(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _registry(table: str) -> KeyRegistry:
    from realcount.aws.keys_dynamodb import DynamoDBKeys

    return DynamoDBKeys(dynamodb_client(), table)
