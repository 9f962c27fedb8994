"""Sending what lies in an outbox, with a bar; what is said of it after, and how that ends a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import click
import httpx

from realcount.cli.officials_options import KEPT, Voice, nonce, now
from realcount.cli.terminal import bar
from realcount.client.patience import TRIES, Patience
from realcount.officials.delivery import Delivery, NoLine
from realcount.officials.official import Official
from realcount.officials.outbox import ACCEPTED, HELD, READY, REJECTED, SENDING, Item, Outbox
from realcount.officials.refusal_words import refusal_in_words
from realcount.officials.sending import Sender
from realcount.officials.words import say

LINES = 20
"""Forms of which each has a line. Of more, those that are neither ready nor done."""

FOR_EVER = 10**9
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


class Outcome(Enum):
    """Whether all that could be sent was (`SENT`), or it was kept for later."""

    SENT = 0
    KEPT = KEPT


def send_outbox(
    outbox: Outbox, official: Official, base: str, voice: Voice, *, wait: float = 60.0, for_ever: bool = False
) -> Outcome:
    """Send what `official` signed. A line that is not there is said, and no error: everything is kept."""
    with outbox.sending() as free, bar() as shown, httpx.Client(timeout=TIMEOUT) as http:
        if not free:
            raise click.ClickException(f"another realcount is sending from {outbox.root}: let it go on")
        delivery = Delivery(
            outbox,
            Sender(base.rstrip("/"), http),
            official,
            Patience(tries=FOR_EVER if for_ever else TRIES),
            now,
            nonce,
            lambda what, done, of: shown.show(what, done, of),
        )
        try:
            delivery.send_all(wait)
        except NoLine as error:
            key = "closed" if error.closed else "no-line"
            said = " ".join(str(error).split())
            click.echo(say(key, voice.language, base=base, said=said, outbox=outbox.root), err=True)
            return Outcome.KEPT
    return Outcome.SENT


def short_hash(digest: str) -> str:
    """What a person can copy by hand: sixteen digits in fours, by which a form is known again."""
    return " ".join(digest[i : i + 4] for i in range(0, 16, 4))


def state_in_words(item: Item, language: str) -> str:
    """Where a form in the outbox stands, in a sentence."""
    outcome = item.notes.get("outcome", {})
    if item.state == REJECTED:
        return say("rejected", language, why=_whys(outcome.get("refusals") or [], language))
    if item.state == HELD:
        held = item.notes["held"]
        whys = held["refusals"] or [{"code": held["code"], "field": "", "detail": held["detail"]}]
        return say("held", language, why=_whys(whys, language))
    if item.state == ACCEPTED:
        return say("accepted", language, at=outcome["at"])
    if item.state == SENDING:
        return say("sending", language, posted=len(item.posted), files=len(item.files))
    return say(item.state, language)


def _whys(refusals: Sequence[Mapping[str, str]], language: str) -> str:
    return "; ".join(refusal_in_words(one["code"], one["field"], one["detail"], language) for one in refusals)


def item_document(item: Item, language: str) -> dict[str, object]:
    form = item.form
    return {
        "election": form.election,
        "contest": form.contest,
        "station": form.station,
        "version": form.version,
        "hash": form.hash,
        "signed_at": form.signed_at,
        "state": item.state,
        "words": state_in_words(item, language),
        "folder": str(item.folder),
        "receipt": str(item.folder / "receipt") if item.receipt is not None else None,
    }


def outcome_of(
    outbox: Outbox,
    items: Sequence[Item],
    outcome: Outcome,
    voice: Voice,
    about: Mapping[str, object],
    more: Sequence[Mapping[str, object]] = (),
) -> None:
    """Say how the named items and the whole outbox stand, and end as that is: 0, 1 or 3."""
    everything = outbox.current()
    done = sum(item.state == ACCEPTED for item in everything)
    trouble = sum(item.state in (HELD, REJECTED) for item in everything)
    waiting = len(everything) - done - trouble
    quiet = len(items) > LINES
    for item in items:
        if quiet and item.state in (ACCEPTED, READY):
            continue
        voice.line(f"{item.form.station} v{item.form.version}: {state_in_words(item, voice.language)}")
    if done == len(everything):
        voice.say("all-done", total=done, outbox=outbox.root)
    else:
        voice.say("not-done", done=done, total=len(everything), waiting=waiting, trouble=trouble)
    extra = more or [{}] * len(items)
    forms = [{**item_document(item, voice.language), **one} for item, one in zip(items, extra, strict=True)]
    counts = {"total": len(everything), "accepted": done, "waiting": waiting, "trouble": trouble}
    voice.document({**about, **counts, "outbox": str(outbox.root), "line": outcome is Outcome.SENT, "forms": forms})
    if trouble:
        raise click.exceptions.Exit(1)
    if waiting:
        raise click.exceptions.Exit(KEPT)
