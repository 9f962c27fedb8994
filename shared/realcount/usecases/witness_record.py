"""Write down in the book of witnesses who has seen what, and keep the evidence of those who refused."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from realcount.domain.election import Election
from realcount.domain.log.base64_text import to_base64
from realcount.domain.log.checkpoints import Checkpoint
from realcount.domain.log.notes import Note, Verify
from realcount.domain.log.witness_book import LastRefusal, Sighting, WitnessBook, read_book, witness_time
from realcount.domain.log.witnesses import KnownWitness, WitnessList
from realcount.log_ports import BOOK, WitnessedLog
from realcount.ports import PageStore
from realcount.rendering.paths import log_path
from realcount.usecases.witness_dialogue import Outcome, Refused

logger = logging.getLogger(__name__)


def open_book(election: Election, log: WitnessedLog, pages: PageStore) -> tuple[WitnessBook, str | None]:
    """The book and the version to replace it by. The first, or a lost one, goes on from the page's edition: no page goes back."""
    data, version = log.current(BOOK)
    book = None if data is None else read_book(data)
    if book is None:
        if data is not None:
            logger.error("the book of the witnesses of %s cannot be read, and is begun anew", election.id)
        shown = pages.editions([log_path(election.id)]).get(log_path(election.id), (0, 0))
        book = WitnessBook(edition=shown[0])
    return book, version


def written_down(
    before: WitnessBook,
    checkpoint: Checkpoint,
    cosigned: Note,
    roll: WitnessList,
    outcomes: Mapping[KnownWitness, Outcome],
    now: str,
    log: WitnessedLog,
    verify: Verify,
) -> WitnessBook:
    """The book after these answers; a refusal's evidence is kept first. `cosigned` is the note with all we hold by now."""
    root = to_base64(checkpoint.root)
    sightings = []
    for known, one in zip(roll.witnesses, known_on(before, roll), strict=True):
        at, outcome = cosigned.seen_at(known.key, verify), outcomes.get(known)
        if at is not None:
            one = replace(one, size=checkpoint.size, root=root, at=witness_time(at))
        if isinstance(outcome, Refused):
            kept = log.keep_refusal(outcome.evidence)
            one = replace(
                one, refusal=LastRefusal(checkpoint.size, outcome.seen, outcome.status, outcome.said, now, kept)
            )
        sightings.append(one)
    moved = (checkpoint.size, root) != (before.size, before.root)
    return replace(
        before,
        size=checkpoint.size,
        root=root,
        since=now if moved else before.since,
        began_at=(before.began_at or now) if roll.witnesses else None,
        quorum=roll.quorum,
        sightings=tuple(sightings),
    )


def known_on(before: WitnessBook, roll: WitnessList) -> tuple[Sighting, ...]:
    """Those on the roll, with what is known of them; who was taken off it is forgotten."""
    found = [(known, known.key.to_text()) for known in roll.witnesses]
    return tuple(replace(before.sighting(key) or Sighting(known.name, key), name=known.name) for known, key in found)
