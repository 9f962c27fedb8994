"""`realcount review`: what waits for a second official; looking at it; approving it or sending it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx

from realcount.cli.officials_options import JSON, KEY, LANG, PRACTICE, Holder, Voice, nonce, this_instant
from realcount.cli.outbox_sending import TIMEOUT
from realcount.cli.read_options import BASE, CONTEST, ELECTION
from realcount.cli.review_shown import show_missing_scans, show_version, show_waiting, waiting_document
from realcount.cli.terminal import bar
from realcount.client.patience import Patience
from realcount.client.places import contest_page, place_path
from realcount.client.reading import AGAIN, Reader
from realcount.domain.election import ContestKey
from realcount.domain.errors import Refusal, Unavailable
from realcount.domain.ledger import APPROVE, RETURN
from realcount.officials.frame import is_practice
from realcount.officials.official import Official
from realcount.officials.sending import Sender, SendError
from realcount.officials.waiting import Waiting, waiting_at, waiting_below
from realcount.officials.words import say

SCANS = click.option(
    "--scans",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder to find the scans in, by hash.",
)
FORM = click.option("--form", "named", help="The form's SHA-256, or its beginning: decide on no other.")
YES = click.option("--yes", is_flag=True, help="Decide without asking; only with --form.")
SHORTEST_NAME = 12


@click.group()
def review() -> None:
    """What waits for a second official: list it, look at it, approve it or return it."""


@review.command("list")
@click.argument("region", required=False)
@click.option(
    "--corrections", is_flag=True, help="Look at every station: corrections do not show in a region's numbers."
)
@SCANS
@BASE
@ELECTION
@CONTEST
@PRACTICE
@LANG
@JSON
def list_waiting(
    region: str | None,
    corrections: bool,
    scans: Path | None,
    base: str,
    election: str | None,
    contest: str | None,
    practice: bool,
    language: str,
    as_json: bool,
) -> None:
    """List what waits below REGION (an id or a name): how long, with which findings, and the scans' hashes."""
    voice = Voice(language, as_json)
    with Reader(base) as reader:
        page = contest_page(reader, election, contest)
        _banner(page, practice, voice)
        options = {one["id"]: one["name"] for one in page["options"]}
        with bar() as shown:
            path = place_path(reader, page, region)
            looked: Callable[[int], None] = lambda pages: shown.show("pages", pages)  # noqa: E731
            found = list(waiting_below(reader, path, everywhere=corrections, told=looked))
    found.sort(key=lambda one: str(one.version["received_at"]))
    at = this_instant()
    for one in found:
        show_waiting(one, at, options, scans, voice)
    show_missing_scans(found, scans, voice)
    if not found:
        voice.say("nothing-waits", place=region or page["name"])
    documents = [waiting_document(one, at, options, scans, language) for one in found]
    voice.document({"label": page["label"], "practice": is_practice(page["label"]), "waiting": documents})


@review.command()
@click.argument("station")
@SCANS
@BASE
@ELECTION
@CONTEST
@PRACTICE
@LANG
@JSON
def show(
    station: str,
    scans: Path | None,
    base: str,
    election: str | None,
    contest: str | None,
    practice: bool,
    language: str,
    as_json: bool,
) -> None:
    """Show what waits at STATION: every number, what is odd about them, and where its scan is."""
    voice = Voice(language, as_json)
    one, page = _waiting(station, base, election, contest, practice, voice)
    options = {option["id"]: option["name"] for option in page["options"]}
    show_version(one, this_instant(), options, scans, voice)
    voice.document(waiting_document(one, this_instant(), options, scans, language))


@review.command()
@click.argument("station")
@FORM
@YES
@SCANS
@KEY
@BASE
@ELECTION
@CONTEST
@PRACTICE
@LANG
@JSON
def approve(station: str, named: str | None, yes: bool, scans: Path | None, **rest: Any) -> None:
    """Show what waits at STATION, ask, and approve exactly that."""
    _decide(station, named, yes, scans, APPROVE, None, **rest)


@review.command("return")
@click.argument("station")
@click.option("--reason", required=True, help="What is wrong; the official reads it, and so does the public.")
@FORM
@YES
@SCANS
@KEY
@BASE
@ELECTION
@CONTEST
@PRACTICE
@LANG
@JSON
def send_back(station: str, reason: str, named: str | None, yes: bool, scans: Path | None, **rest: Any) -> None:
    """Show what waits at STATION, ask, and send exactly that back, for a reason."""
    _decide(station, named, yes, scans, RETURN, reason, **rest)


def _decide(
    station: str,
    named: str | None,
    yes: bool,
    scans: Path | None,
    decision: str,
    reason: str | None,
    *,
    holder: Holder,
    base: str,
    election: str | None,
    contest: str | None,
    practice: bool,
    language: str,
    as_json: bool,
) -> None:
    voice = Voice(language, as_json)
    if yes and named is None:
        raise click.UsageError(say("yes-needs-form", language))
    if named is not None and len(named) < SHORTEST_NAME:
        raise click.BadParameter(f"give {SHORTEST_NAME} digits of the hash at least", param_hint="--form")
    one, page = _waiting(station, base, election, contest, practice, voice)
    if named is not None and not one.version["hash"].startswith(named):
        raise voice.fail("changed", station=station, hash=one.version["hash"])
    if one.version["submitted_by"] == holder.official.key_id:
        raise voice.refuse([Refusal("same-holder", f"station {station}", say("own", language))])
    show_version(one, this_instant(), {option["id"]: option["name"] for option in page["options"]}, scans, voice)
    if not yes and not voice.ask(f"ask-{decision}"):
        raise click.UsageError(say("yes-needs-form", language))
    said = _send(holder.official, one, decision, reason, base, voice)
    voice.say(decision, station=station, version=one.version["version"], at=said["decided_at"])
    voice.document({**said, "label": page["label"], "practice": is_practice(page["label"])})


def _send(
    official: Official, one: Waiting, decision: str, reason: str | None, base: str, voice: Voice
) -> dict[str, Any]:
    """Sign and send, again and again while the line is the trouble: the same decision is recorded once, however often it comes."""
    patience, tried = Patience(), 0
    with httpx.Client(timeout=TIMEOUT) as http:
        while True:
            tried += 1
            document = official.review(
                ContestKey(one.page["election"], one.page["contest"]),
                one.station,
                version=one.version["version"],
                form_hash=one.version["hash"],
                decision=decision,
                reason=reason,
                now=this_instant(),
                nonce=nonce(),
            )
            retry_after = None
            try:
                return Sender(base.rstrip("/"), http).review(document)
            except httpx.TransportError as error:
                said = f"{type(error).__name__}: {error}"
            except SendError as error:
                if error.status not in AGAIN:
                    refusals = [Refusal(r["code"], r["field"], r["detail"]) for r in error.refusals]
                    whole = Refusal(
                        error.problem or str(error.status), f"station {one.station}", error.detail or str(error)
                    )
                    raise voice.refuse(refusals or [whole]) from None
                said, retry_after = f"the answer is {error.status}", error.headers.get("retry-after")
            if not patience.pause(tried, retry_after):
                raise Unavailable(f"{base} cannot be reached, and nothing is known to be decided: {said}")


def _waiting(
    station: str, base: str, election: str | None, contest: str | None, practice: bool, voice: Voice
) -> tuple[Waiting, dict[str, Any]]:
    """What waits at a station, and the contest's page. Ends the command if nothing does."""
    with Reader(base) as reader:
        page = contest_page(reader, election, contest)
        _banner(page, practice, voice)
        one = waiting_at(reader.document(f"{page['links']['self']}/stations/{station}"))
    if one is None:
        raise voice.fail("not-waiting", station=station)
    return one, page


def _banner(page: dict[str, Any], practice: bool, voice: Voice) -> None:
    if is_practice(page["label"]):
        voice.say("practice", label=page["label"])
    elif practice:
        raise voice.fail("not-practice", election=page["election"], label=page["label"])
