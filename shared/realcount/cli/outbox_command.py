"""`realcount outbox`: what lies in it and how it stands; sending it; its receipts, held against key, page and public log."""

from __future__ import annotations

from pathlib import Path

import click

from realcount.cli.officials_options import (
    JSON,
    KEPT,
    KEY,
    LANG,
    OUTBOX,
    PRACTICE,
    Holder,
    Voice,
    now,
    short_reader,
    this_instant,
)
from realcount.cli.outbox_receipts import Held, held_receipts
from realcount.cli.outbox_sending import item_document, outcome_of, send_outbox, state_in_words
from realcount.cli.read_options import BASE, CONTEST, ELECTION
from realcount.cli.terminal import bar
from realcount.cli.verify_options import Key
from realcount.domain.errors import Unavailable
from realcount.domain.instants import from_instant
from realcount.domain.log.notes import NoteKey
from realcount.officials.frame import Frame, Frames
from realcount.officials.outbox import Item, Outbox
from realcount.officials.words import age_in_words


@click.group(invoke_without_command=True)
@OUTBOX
@LANG
@JSON
@click.pass_context
def outbox(ctx: click.Context, root: Path, language: str, as_json: bool) -> None:
    """List what is kept: each form with its state and age, and what is wrong with it. Asks nobody."""
    if ctx.invoked_subcommand is not None:
        before = {"root": root, "language": language, "as_json": as_json}  # May be said before or after `send`.
        ctx.default_map = dict.fromkeys(("send", "receipts", "prepare"), before)
        return
    box, voice = Outbox(root), Voice(language, as_json)
    items = box.current()
    _banners(items, root, voice)
    for item in items:
        age = age_in_words(max(0, int((now() - from_instant(item.form.signed_at)).total_seconds())), language)
        state = _standing(item, language) or state_in_words(item, language)
        voice.line(f"{item.form.station} v{item.form.version}  {age:>9}  {state}")
    if not items:
        voice.say("empty", outbox=root)
    voice.document({"outbox": str(root), "forms": [_document(item, root, language) for item in items]})


@outbox.command()
@KEY
@BASE
@click.option("--until-sent", is_flag=True, help="Go on for as long as it takes, however long there is no line.")
@click.option(
    "--wait", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds to wait for answers."
)
@PRACTICE
@OUTBOX
@LANG
@JSON
def send(
    holder: Holder, base: str, until_sent: bool, wait: float, practice: bool, root: Path, language: str, as_json: bool
) -> None:
    """Send whatever has no receipt yet. Again and again does no harm: every step may be repeated."""
    box, voice = Outbox(root), Voice(language, as_json)
    items = [item for item in box.items() if not item.settled]
    about = _insist(items, root, practice, voice)
    outcome = send_outbox(box, holder.official, base, voice, wait=wait, for_ever=until_sent)
    outcome_of(box, [box.item(item.folder) for item in items], outcome, voice, about)


@outbox.command()
@BASE
@click.option("--receipts-key", type=Key(), help="The receipts' key.  [default: the one that was seen first]")
@click.option("--log-key", type=Key(), help="The log's key.  [default: the one that was seen first]")
@OUTBOX
@LANG
@JSON
def receipts(
    base: str,
    receipts_key: NoteKey | None,
    log_key: NoteKey | None,
    root: Path,
    language: str,
    as_json: bool,
) -> None:
    """Check every receipt: its signature; the station's page; the public log. What is missing there is said loudly."""
    box, voice = Outbox(root), Voice(language, as_json)
    items = [item for item in box.current() if item.receipt is not None]
    _banners(items, root, voice)
    found: list[tuple[Item, Held]] = []
    with bar() as shown:
        for frame in _frames(items, root, base):
            of = [item for item in items if item.contest == frame.key]
            found += held_receipts(of, frame, base, root, receipts_key, log_key, shown, this_instant())
    for item, held in found:
        box.note(item, "standing", held.to_document())
        voice.line(f"{item.form.station} v{item.form.version}: {held.in_words(language)}")
    for why in dict.fromkeys(held.log for _, held in found if held.log):
        voice.say("log-unread", why=why)
    if not found:
        voice.say("empty", outbox=root)
    voice.document({
        "outbox": str(root),
        "forms": [{**_document(item, root, language), **held.to_document(), "words": held.in_words(language)} for item, held in found],
    })  # fmt: skip
    if any(held.verdict.loud or held.verdict.code == "returned" for _, held in found):
        raise click.exceptions.Exit(1)
    if any(held.verdict.code in ("unread", "unpinned") for _, held in found):
        raise click.exceptions.Exit(KEPT)


@outbox.command()
@click.option("--region", "regions", multiple=True, required=True, help="Id of a region; may be repeated.")
@ELECTION
@CONTEST
@BASE
@PRACTICE
@OUTBOX
@LANG
@JSON
def prepare(
    regions: tuple[str, ...],
    election: str | None,
    contest: str | None,
    base: str,
    practice: bool,
    root: Path,
    language: str,
    as_json: bool,
) -> None:
    """Keep what is needed to work without a line: options and figures of a contest, and the stations of regions."""
    voice, frames = Voice(language, as_json), Frames(_made(root))
    with short_reader(base) as reader, bar() as shown:
        frame = frames.fetch(reader, election, contest)
        voice.banner(frame)
        voice.insist(practice, frame)
        frame = frames.fetch_regions(reader, frame, regions, lambda done: shown.show("stations", done))
    options, stations = len(frame.options), len(frame.said["stations"])
    voice.say("prepared", contest=frame.key, options=options, stations=stations)
    voice.document({
        "election": frame.key.election, "contest": frame.key.contest, "label": frame.label, "practice": frame.practice,
        "options": options, "stations": stations, "receipts_key": frame.said["receipts_key"],
    })  # fmt: skip


def _made(root: Path) -> Path:
    return Outbox(root).root


def _frames(items: list[Item], root: Path, base: str) -> list[Frame]:
    """The frames of the forms' contests, made anew if there is a line: keys are published some time after the polls open."""
    kept, found = Frames(root), []
    with short_reader(base) as reader:
        for key in dict.fromkeys(item.contest for item in items):
            frame = kept.find(*key)
            try:
                frame = kept.fetch(reader, *key)
            except Unavailable:
                if frame is None:
                    raise
            found.append(frame)
    return found


def _insist(items: list[Item], root: Path, practice: bool, voice: Voice) -> dict[str, object]:
    frames = _banners(items, root, voice)
    for frame in frames:
        voice.insist(practice, frame)
    return {"label": [frame.label for frame in frames], "practice": all(frame.practice for frame in frames)}


def _banners(items: list[Item], root: Path, voice: Voice) -> list[Frame]:
    frames = [frame for key in dict.fromkeys(item.contest for item in items) if (frame := Frames(root).find(*key))]
    for frame in frames:
        voice.banner(frame)
    return frames


def _standing(item: Item, language: str) -> str | None:
    """What was found when receipts were checked last."""
    note = item.notes.get("standing")
    held = None if note is None else Held.of_document(note)
    return held.in_words(language) if held is not None and held.lasting else None


def _document(item: Item, root: Path, language: str) -> dict[str, object]:
    frame = Frames(root).find(*item.contest)
    about = {} if frame is None else {"label": frame.label, "practice": frame.practice}
    return {**item_document(item, language), "standing": item.notes.get("standing"), **about}
