"""Show an election's log to its witnesses, publish what they cosigned, and say on the log's page who has seen what.

The order of the writes: `witnessed` and `checkpoint` with the new cosignatures, then the book of witnesses, then the page's
copy and the page. Whoever dies in between has asked for nothing twice that matters: a witness that has seen the log signs it
again, and says which size it saw if we forgot.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from realcount.domain.election import Election
from realcount.domain.errors import Conflict, Drift, Rejected
from realcount.domain.instants import within
from realcount.domain.log.checkpoints import Checkpoint, read_checkpoint
from realcount.domain.log.notes import Note, NoteKey, Verify, read_note, with_signatures
from realcount.domain.log.witness_book import WitnessBook, after, witness_time
from realcount.domain.log.witnesses import KnownWitness, WitnessList
from realcount.log_ports import BOOK, CHECKPOINT, WITNESSED, Witness, WitnessedLog
from realcount.ports import PageCopies, PageStore
from realcount.rendering.log_page import log_page
from realcount.usecases.witness_dialogue import Agreed, Outcome, Refused, Shown, Silent, show_to
from realcount.usecases.witness_record import known_on, open_book, written_down

logger = logging.getLogger(__name__)

RENEW_SECONDS = 240
"""How old a cosignature of an unchanged log may be before it is asked for again: a witness that has died shows."""

Each: TypeAlias = Callable[[Callable[[KnownWitness], Outcome], Iterable[KnownWitness]], Iterable[Outcome]]
"""How to go over the witnesses: the built-in `map`, or an executor's, for all at once. The results keep their order."""


@dataclass(slots=True)
class Asked:
    """What one call came to. `agreed` counts the witnesses whose cosignature of the log as it is now we hold; `refused` and
    `silent` say by name what was said instead. `quorum_seen_at` is None if there is nobody to ask, or nothing to show."""

    agreed: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    quorum_seen_at: str | None = None


def ask_witnesses(
    election: Election,
    now: str,
    roll: WitnessList,
    *,
    log: WitnessedLog,
    key: NoteKey,
    receipts: NoteKey,
    witness: Witness,
    verify: Verify,
    copies: PageCopies,
    pages: PageStore,
    each: Each = map,
) -> Asked:
    """`key` is the log's, `receipts` that of receipts, for the page. Raises `Drift` if the log's word is not signed by its own key, `Conflict` if another run is at it, `Unavailable`."""
    data, version = log.current(CHECKPOINT)
    before, book_version = open_book(election, log, pages)
    asked = Asked()
    book = replace(before, log=key.to_text(), receipts=receipts.to_text(), quorum=roll.quorum)
    book = replace(book, sightings=known_on(before, roll))
    if data is not None:
        note, checkpoint = _our_word(data, key, verify)
        outcomes = _ask(note, checkpoint, roll, before, now, log, witness, verify, each)
        cosigned = _with_cosignatures(note, outcomes)
        if cosigned != note:
            _publish(cosigned, checkpoint, roll, verify, log, version)
        _tell(election.id, checkpoint, outcomes, asked)
        book = written_down(book, checkpoint, cosigned, roll, outcomes, now, log, verify)
    book = after(before, book, now)
    if book != before or book_version is None:
        log.replace(BOOK, book.to_bytes(), book_version)
    page = log_page(election, book)
    copies.keep(page)
    pages.put(page)
    asked.agreed, asked.quorum_seen_at = len(book.cosigned()), book.quorum_seen_at()
    return asked


def _our_word(data: bytes, key: NoteKey, verify: Verify) -> tuple[Note, Checkpoint]:
    try:
        note = read_note(data)
        checkpoint = read_checkpoint(note.text)
    except Rejected as error:
        raise Drift(
            f"the checkpoint of the log {key.name} cannot be read, and no witness is shown it: {error}"
        ) from None
    if checkpoint.origin != key.name or not note.signed_by(key, verify):
        raise Drift(f"the checkpoint of {checkpoint.origin!r} is not signed by {key.to_text()}; no witness is shown it")
    return note, checkpoint


def _ask(
    note: Note,
    checkpoint: Checkpoint,
    roll: WitnessList,
    book: WitnessBook,
    now: str,
    log: WitnessedLog,
    witness: Witness,
    verify: Verify,
    each: Each,
) -> dict[KnownWitness, Outcome]:
    def size_now() -> int:
        data, _ = log.current(CHECKPOINT)
        return 0 if data is None else read_checkpoint(read_note(data).text).size

    shown = Shown(note, checkpoint, log.file, size_now)

    def ask(known: KnownWitness) -> Outcome:
        seen = book.sighting(known.key.to_text())
        return show_to(known, seen.size if seen else 0, shown, witness=witness, verify=verify)

    due = [known for known in roll.witnesses if not _fresh(note, known.key, now, verify)]
    return dict(zip(due, each(ask, due), strict=True))


def _fresh(note: Note, key: NoteKey, now: str, verify: Verify) -> bool:
    at = note.seen_at(key, verify)
    return at is not None and within(witness_time(at), of=now, seconds=RENEW_SECONDS)


def _with_cosignatures(note: Note, outcomes: Mapping[KnownWitness, Outcome]) -> Note:
    """New cosignatures take the place of older ones by the same key."""
    fresh = [outcome.signature for outcome in outcomes.values() if isinstance(outcome, Agreed)]
    renewed = {(signature.name, signature.key) for signature in fresh}
    kept = tuple(one for one in note.signatures if (one.name, one.key) not in renewed)
    return with_signatures(Note(note.text, kept), fresh)


def _publish(
    cosigned: Note, checkpoint: Checkpoint, roll: WitnessList, verify: Verify, log: WitnessedLog, version: str | None
) -> None:
    held = sum(cosigned.seen_at(known.key, verify) is not None for known in roll.witnesses)
    if held >= roll.quorum:
        _move_forward(cosigned, checkpoint, log)
    with suppress(Conflict):  # The sealer was faster: its newer word is the one to show next.
        log.replace(CHECKPOINT, cosigned.to_bytes(), version)


def _move_forward(cosigned: Note, checkpoint: Checkpoint, log: WitnessedLog) -> None:
    """What a quorum saw stays, whatever the checkpoint does: a log that went back keeps the proof against itself."""
    data, version = log.current(WITNESSED)
    if data is None or _gives_way(data, cosigned, checkpoint):
        log.replace(WITNESSED, cosigned.to_bytes(), version)


def _gives_way(witnessed: bytes, cosigned: Note, checkpoint: Checkpoint) -> bool:
    try:
        note = read_note(witnessed)
        size = read_checkpoint(note.text).size
    except Rejected:
        return True  # It was spoilt; a new quorum mends it.
    return size < checkpoint.size or note.text == cosigned.text


def _tell(election: str, checkpoint: Checkpoint, outcomes: Mapping[KnownWitness, Outcome], asked: Asked) -> None:
    for known, outcome in outcomes.items():
        match outcome:
            case Refused(seen, status, said):
                logger.error(
                    "the witness %s REFUSES the log of %s at %d entries, shown from %d on: %d %s",
                    *(known.name, election, checkpoint.size, seen, status, said),
                )
                asked.refused[known.name] = f"{status} {said}"
            case Silent(why):
                logger.warning("the witness %s has not cosigned the log of %s: %s", known.name, election, why)
                asked.silent[known.name] = why
