"""`realcount submit`: an official's forms are checked, signed, kept, and sent as soon as there is a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from realcount.cli.officials_options import (
    JSON,
    KEY,
    LANG,
    OUTBOX,
    PRACTICE,
    Holder,
    Voice,
    nonce,
    short_reader,
    this_instant,
)
from realcount.cli.outbox_sending import Outcome, outcome_of, send_outbox, short_hash
from realcount.cli.read_options import BASE, CONTEST, ELECTION
from realcount.client.reading import Reader
from realcount.domain.errors import Conflict, NotFound, Refusal, Rejected, Unavailable
from realcount.officials.checking import Before, Checked, check_draft, check_key, outside
from realcount.officials.drafts import Draft, one_form, read_forms
from realcount.officials.finding_words import all_in_words, in_words, number
from realcount.officials.frame import Frame, Frames
from realcount.officials.outbox import Item, Outbox

FEW = 5
"""Forms that are shown one by one. Of more, those that somebody should look at."""


class Counts(click.ParamType[tuple[str, str]]):
    name = "name=number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, sign, count = str(value).partition("=")
        if not sign or not name:
            self.fail(f"{value!r} is not of the form name=number", param, ctx)
        return name, count


@click.command()
@click.argument("forms", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--station", help="Id of the polling station, for one form.")
@click.option("--votes", multiple=True, type=Counts(), help="Votes for an option, `01=150`; may be repeated.")
@click.option("--figure", "figures", multiple=True, type=Counts(), help="A figure, `valid=270`; may be repeated.")
@click.option("--scan", "scans", multiple=True, type=click.Path(path_type=Path), help="A photograph, page by page.")
@click.option("--correction", metavar="REASON", help="It corrects the form before it, for this reason.")
@click.option("--withdrawal", metavar="REASON", help="It says that the station has no valid form, for this reason.")
@KEY
@ELECTION
@CONTEST
@BASE
@OUTBOX
@click.option("--offline", is_flag=True, help="Sign and keep; ask nobody, send nothing.")
@click.option("--yes", is_flag=True, help="Sign flagged forms without asking.")
@PRACTICE
@LANG
@JSON
def submit(
    forms: Path | None,
    station: str | None,
    votes: tuple[tuple[str, str], ...],
    figures: tuple[tuple[str, str], ...],
    scans: tuple[Path, ...],
    correction: str | None,
    withdrawal: str | None,
    holder: Holder,
    election: str | None,
    contest: str | None,
    base: str,
    root: Path,
    offline: bool,
    yes: bool,
    practice: bool,
    language: str,
    as_json: bool,
) -> None:
    """Check, sign, keep and send FORMS (a CSV, or a folder with one and the scans beside it), or one form by options.

    \b
    realcount submit --station S1 --votes 01=150 --votes 02=120 --figure valid=270 --scan S1.jpg
    realcount submit district/ --offline; realcount outbox send

    Nothing is signed if anything would be refused. What was signed is kept in the outbox, and is not signed again.
    """
    voice = Voice(language, as_json)
    if (forms is None) == (station is None):
        raise click.UsageError("give FORMS, or --station with the numbers of one form")
    if correction is not None and withdrawal is not None:
        raise click.UsageError("--correction and --withdrawal exclude each other")
    try:
        if forms is not None:
            drafts = read_forms(forms)
        else:
            kind = "correction" if correction is not None else "withdrawal" if withdrawal is not None else "form"
            numbers = dict(figures) | {f"votes.{option}": count for option, count in votes}
            drafts = [one_form(str(station), numbers, scans, kind, correction or withdrawal)]
    except Rejected as refused:
        for kept in Frames(Outbox(root).root).all():
            voice.banner(kept)
        raise voice.refuse(refused.refusals) from None

    outbox = Outbox(root)
    sight = look(Frames(root), holder, election, contest, base, drafts, offline, voice)
    voice.banner(sight.frame)
    voice.insist(practice, sight.frame)
    checked = [check(draft, sight, holder, outbox) for draft in drafts]
    refusals = check_key(holder.record, sight.frame, this_instant()) if holder.record else []
    refusals += sight.refusals + [refusal for one in checked for refusal in one.refusals]
    beyond = outside(holder.record, sight.frame, [draft.station for draft in drafts]) if holder.record else []
    new = [one for one in checked if one.there is None]
    doubtful = [one for one in new if one.findings or not one.known or one.draft.station in beyond]
    for one in new if len(new) <= FEW else doubtful:
        show_draft(one, sight.frame, beyond, voice)
    if refusals:
        raise voice.refuse(refusals, practice=sight.frame.practice, label=sight.frame.label)
    confirm(bool(doubtful) and not yes, voice)
    items = [keep(one, sight.frame, outbox, voice) for one in checked]
    if len(checked) > FEW and len(new) < len(checked):
        voice.say("all-there", count=len(checked) - len(new))
    outcome = Outcome.KEPT if offline else send_outbox(outbox, holder.official, base, voice)
    tell(items, checked, sight.frame, outbox, outcome, voice)


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known beforehand: the frame, the newest public form of each station that could be asked, what does not exist."""

    frame: Frame
    public: Mapping[str, Before]
    refusals: list[Refusal]


def look(
    frames: Frames,
    holder: Holder,
    election: str | None,
    contest: str | None,
    base: str,
    drafts: Sequence[Draft],
    offline: bool,
    voice: Voice,
) -> Sight:
    """The frame, from what is kept and, as far as there is a line, from the public pages."""
    election = election or (holder.record.election if holder.record else None)
    frame = frames.find(election, contest)
    public: dict[str, Before] = {}
    refusals: list[Refusal] = []
    if not offline:
        with short_reader(base) as reader:
            try:
                if frame is None or frame.said["receipts_key"] is None:
                    frame = frames.fetch(reader, election, contest)
                for draft in drafts:
                    frame = _ask_station(reader, frames, frame, draft, public, refusals)
            except Unavailable:
                pass  # No line: what is kept must do, and `frame` says whether it does.
    if frame is None:
        raise voice.fail("no-frame")
    return Sight(frame, public, refusals)


def _ask_station(
    reader: Reader, frames: Frames, frame: Frame, draft: Draft, public: dict[str, Before], refusals: list[Refusal]
) -> Frame:
    try:
        if frame.station(draft.station) is None:
            frame = frames.fetch_station(reader, frame, draft.station)
        path = f"/v1/elections/{frame.key.election}/contests/{frame.key.contest}/stations/{draft.station}"
        versions = reader.document(path)["versions"]
    except NotFound as error:
        refusals.append(Refusal("not-found", f"{draft.where}: station {draft.station}", str(error)))
        return frame
    if versions:
        public[draft.station] = Before(versions[-1]["version"], versions[-1]["hash"])
    return frame


def check(draft: Draft, sight: Sight, holder: Holder, outbox: Outbox) -> Checked:
    live = outbox.live(sight.frame.key, draft.station)
    return check_draft(
        draft,
        sight.frame,
        holder.official,
        live,
        sight.public.get(draft.station),
        now=this_instant(),
        nonce=nonce(),
    )


def show_draft(one: Checked, frame: Frame, beyond: Sequence[str], voice: Voice) -> None:
    draft = one.draft
    said = frame.station(draft.station) or {"name": "?", "where": "?"}
    voice.say("form", station=draft.station, name=said["name"], where=said["where"], contest=frame.key.contest)
    if draft.kind != "withdrawal":
        votes = ", ".join(f"{option} {number(count, voice.language)}" for option, count in draft.votes.items())
        valid, invalid = (draft.figures.get(name, "–") for name in ("valid", "invalid"))
        voice.say("numbers", votes=votes, valid=valid, invalid=invalid)
        voice.say("scans", count=len(draft.scans))
    for said_of_it in all_in_words(one.findings, voice.language, frame.options):
        voice.say("finding", said=said_of_it)
    if not one.known:
        voice.say("unknown")
    if draft.station in beyond:
        voice.say("outside")


def confirm(needed: bool, voice: Voice) -> None:
    """Ask the person who is there. Where nobody is, nothing is signed."""
    if needed and not voice.ask("ask"):
        raise voice.fail("not-asked")


def keep(one: Checked, frame: Frame, outbox: Outbox, voice: Voice) -> Item:
    """Put the signed form into the outbox, unless another was put there while a person was reading."""
    if one.there is not None:
        return one.there
    assert one.document is not None and one.form is not None
    with outbox.adding():
        if any(item.form.version >= one.form.version for item in outbox.live(frame.key, one.draft.station)):
            raise Conflict(f"station {one.draft.station}: another form came into the outbox just now; run this again")
        item = outbox.add(one.document, [scan.content for scan in one.draft.scans])
    voice.say("kept", station=one.draft.station, version=one.form.version, hash=short_hash(one.form.hash))
    return item


def tell(
    items: Sequence[Item], checked: Sequence[Checked], frame: Frame, outbox: Outbox, outcome: Outcome, voice: Voice
) -> None:
    """The end: the forms of this call as they stand, and the exit code of the whole outbox."""
    now = [outbox.item(item.folder) for item in items]
    found = [[(f.code, in_words(f, voice.language, frame.options)) for f in one.findings] for one in checked]
    outcome_of(
        outbox,
        now,
        outcome,
        voice,
        {"label": frame.label, "practice": frame.practice},
        [{"findings": [{"code": code, "words": words} for code, words in one]} for one in found],
    )
